// What must come of a callback, as people write it down in expected/*.txt:
//
//   == a new follower, by a code                                what it is; `#` begins a comment between cases
//   to shop                                                     the account; with a tenant shop/wx77, a query
//   shop?key=… <xml>…</xml>                                                the body, to the next blank line
//
//   messages -> type=follower.subscribed subject=oAnna reply=-  a row that must be there, with these values
//   followers subject=oAnna -> state=following                  which row it is, if the event alone doesn't say it
//     scene=1001                                                a line that begins with blanks goes on with the one
//     before
//   wework.contacts wxid=oAnna -> none                          a row that must not be there
//
// A table or view that has the event's id shows only rows of this event, any other one only rows of the account.
// Exactly one row may fit. A name with dots leads into a jsonb column: attributes.data.tags.0. A value is text as
// Postgres writes it; `-` is null, `*` anything else, `a*` and `*a*` what begins with a or has it inside. In quotes, a
// value is what it is, blanks and all. In quotes, a table is a query.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace wxpipe::whole_path {

struct ExpectedValue {
  std::string name, value;
  bool quoted = false;
};

struct ExpectedRow {
  int line = 0;
  std::string table;
  std::vector<ExpectedValue> key, values;
  bool none = false;
};

struct ExpectedCase {
  std::string file;
  int line = 0;
  std::string what, account, tenant, query, body;
  std::vector<ExpectedRow> rows;
};

// All cases of all files of the folder, in order. Throws std::runtime_error with file and line.
std::vector<ExpectedCase> read_expected(const std::filesystem::path& folder);

}  // namespace wxpipe::whole_path
