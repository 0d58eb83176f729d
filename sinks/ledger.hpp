// Counts stored rows in wxpipe.ledger, in the transaction that stores them: both become visible together. Every writer
// has its own rows in the ledger, so writers never wait for each other.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "common/clock.hpp"
#include "common/postgres/connection.hpp"

namespace wxpipe::sinks {

// The writer. Each process has its own ledger rows for each family.
struct Writer {
  std::string_view family, name;
};

// For rows that are known to be new: counts them here, then writes all counts in one statement.
class StoredByMinute {
 public:
  void add(Timestamp received_at, std::string_view account);
  // column: stored or dead_letters. Throws what Transaction::execute throws.
  void count(postgres::Transaction& transaction, const Writer& writer, std::string_view column) const;
  void clear();

 private:
  std::map<std::pair<Timestamp, std::string>, int64_t> counts_;  // by minute and account
  decltype(counts_)::value_type* last_ = nullptr;                // mostly the next one too; map nodes don't move
};

}  // namespace wxpipe::sinks
