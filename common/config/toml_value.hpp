// From toml++'s nodes to our values and places: the only header here that needs toml++. Pure; any thread.
#pragma once

#include <toml++/toml.h>

#include <string>

#include "common/config/value.hpp"

namespace wxpipe::config {

// Where a value comes from. Line 0: not from a file; then `source` alone says it.
struct Place {
  std::string source;
  unsigned line = 0, column = 0;
  auto operator<=>(const Place&) const = default;
};
std::string to_string(const Place& place);  // "wxpipe.toml:14:11"
Place place_of(const std::string& file, const toml::source_region& region);

// Scalars in arrays and tables become text. Nested tables are flattened with dots, because `linger.ms = 5` under
// [kafka.properties] is a table `linger` for TOML, but the property `linger.ms` for librdkafka.
Value value_of(const toml::node& node);

}  // namespace wxpipe::config
