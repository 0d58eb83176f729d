// A person asks to be forgotten: what names them is taken out of every table, or masked where a row has to stay
// (schemas/erasure.hpp), and wxpipe.erasures remembers a hash of their ids, so that no replay brings them back
// (sinks/erased_people.hpp). Two steps, each a transaction in which no sink writes:
//
//   1. everything that a key or an index leads to, and what is merged from it; from here on sinks know
//   2. rows that only name the person somewhere inside: each table of the accounts is searched, without a lock, and
//      what was found is masked
//
// After step 1 alone (the command was killed) it goes on when it is told the same ids again. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.hpp"
#include "common/postgres/connection.hpp"
#include "sinks/erased_people.hpp"

namespace wxpipe::operate {

// A person, as one account knows them.
struct Known {
  std::string account, subject;
  auto operator<=>(const Known&) const = default;
};

struct ErasedRows {
  std::map<std::string, int64_t> tables;  // table -> rows changed or deleted
  Timestamp until;                        // what was received until then is erased
};

// What would be erased. Changes nothing.
ErasedRows count_of(postgres::Connection& connection, const std::vector<Known>& people);

struct Done {
  ErasedRows rows;
  std::vector<sinks::Erasure> erasures;  // one for each of the people
};
// decided: what production has, for a side schema. Throws UsageError: one of them can't be erased. Unavailable: the
// tables are locked by somebody else.
Done erase(postgres::Connection& connection, const std::vector<Known>& people, const std::string& reason,
           std::span<const sinks::Erasure> decided = {});

}  // namespace wxpipe::operate
