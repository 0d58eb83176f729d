// Counting in wxpipe.ledger what is stored, in the transaction that stores it: both become visible together. Every
// writer has rows of its own there, so writers never wait for each other.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "common/clock.hpp"
#include "common/postgres/connection.hpp"

// In the statement that inserts the rows, so that what isn't inserted isn't counted: follows a
// `with fresh as (insert … returning account, received_at)`.
#define WXPIPE_COUNT_IN_LEDGER(column, time, family, writer)                                                    \
  "counted as (insert into wxpipe.ledger as l (minute, account, family, writer, " column                        \
  ") select date_trunc('minute', f." time "), coalesce(f.account, ''), " family ", " writer                     \
  "::text, count(*) from fresh f group by 1, 2 order by 1, 2 on conflict (minute, account, family, writer) do " \
  "update set " column " = l." column " + excluded." column ", updated_at = now())"

namespace wxpipe::sinks {

// For rows that are known to be fresh: counted here, one statement for all of them.
class StoredByMinute {
 public:
  void add(Timestamp received_at, std::string_view account);
  // Throws what Transaction::execute throws.
  void count(postgres::Transaction& transaction, std::string_view family, std::string_view writer) const;
  void clear();

 private:
  std::map<std::pair<Timestamp, std::string>, int64_t> counts_;  // by minute and account
  decltype(counts_)::iterator last_ = counts_.end();             // mostly meant again
};

}  // namespace wxpipe::sinks
