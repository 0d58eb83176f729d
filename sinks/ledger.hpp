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

namespace wxpipe::sinks {

// Who writes: in the ledger, each process has rows of its own for each family.
struct Writer {
  std::string_view family, name;
};

// For rows that are known to be fresh: counted here, one statement for all of them.
class StoredByMinute {
 public:
  void add(Timestamp received_at, std::string_view account);
  // column: stored or dead_letters. Throws what Transaction::execute throws.
  void count(postgres::Transaction& transaction, const Writer& writer, std::string_view column) const;
  void clear();

 private:
  std::map<std::pair<Timestamp, std::string>, int64_t> counts_;  // by minute and account
  decltype(counts_)::value_type* last_ = nullptr;  // mostly meant again; a map's nodes stay where they are
};

}  // namespace wxpipe::sinks
