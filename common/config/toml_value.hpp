// From toml++'s nodes to our values and places: the only header here that needs toml++. Pure; any thread.
#pragma once

#include <toml++/toml.h>

#include <string>

#include "common/config/value.hpp"

namespace wxpipe::config {

// Where something stands. Line 0: not in a file; `source` then says it all.
struct Place {
  std::string source;
  unsigned line = 0, column = 0;
  auto operator<=>(const Place&) const = default;
};
std::string to_string(const Place& place);  // "wxpipe.toml:14:11"
Place place_of(const std::string& file, const toml::source_region& region);

// Scalars in arrays and tables become text. Nested tables are flattened with dots, because `linger.ms = 5` under
// [kafka.properties] is a table `linger` to TOML and a property to everybody else.
Value value_of(const toml::node& node);

}  // namespace wxpipe::config
