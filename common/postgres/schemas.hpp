// Which two schemas hold the tables. SQL is written for `wxpipe` and `public`; on a connection to a side schema the
// same SQL runs in two others (docs/decisions/0018-side-schemas.md). Pure.
#pragma once

#include <string>
#include <string_view>

namespace wxpipe::postgres {

struct Schemas {
  std::string business = "public";  // found by search_path
  std::string own = "wxpipe";       // named in the SQL
  bool operator==(const Schemas&) const = default;
};

// The two schemas of a side schema: `name` and `name_wxpipe`.
Schemas side_schemas(std::string_view name);

// The SQL with these schemas in the place of wxpipe and public. Values that are passed as parameters stay as they are.
std::string placed(std::string_view sql, const Schemas& schemas);

}  // namespace wxpipe::postgres
