// A person asks to be forgotten: what names them is taken out of every table, or masked where a row has to stay
// (schemas/erasure.hpp), and wxpipe.erasures remembers a hash of their ids, so that no replay brings them back
// (sinks/erased_people.hpp). Two steps, each a transaction in which no sink writes:
//
//   1. everything that a key or an index leads to, and what is merged from it; from here on sinks know
//   2. rows that only name the person somewhere inside: each table of the accounts is searched, without a lock, and
//      what was found is masked
//
// After step 1 alone (the command was killed) it goes on when it is told the same ids again; until it has ended,
// wxpipe.erasures keeps the words by which operators may have named the person. One thread.
//
// With several databases ([postgres.families]) all of them know the same erasures under the same key, so each keeps out
// by itself whoever was erased. The one that has the messages decides; the others are erased from between its two
// steps. So if one of them fails, the whole goes on when it is said again.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
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

// What was decided of one person, and by which words operators may have named them: for side schemas and the other
// databases, which have the same erasures and can't know all of these words.
struct Decided {
  sinks::Erasure erasure;
  std::set<std::string> words;
};
struct Done {
  ErasedRows rows;
  std::vector<Decided> decided;  // one for each of the people
};
// decided: by the database that has the messages; empty: this is it. elsewhere(decided) runs between the two steps.
// Throws UsageError: one of them can't be erased. Unavailable: the tables are locked by somebody else.
Done erase(postgres::Connection& connection, const std::vector<Known>& people, const std::string& reason,
           std::span<const Decided> decided = {},
           const std::function<void(const std::vector<Decided>&)>& elsewhere = {});

// Gives all of them the same key, and the erasures that any of them has. Also connections to side schemas. Throws
// UsageError: two have erasures under different keys. Unavailable: the tables are locked by somebody else.
void share_erasures(const std::vector<postgres::Connection*>& databases);

}  // namespace wxpipe::operate
