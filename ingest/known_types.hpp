// All types that wxpipe gives to events by itself (docs/event-types.md), but for unknown.*. For those who check what a
// person wrote. Pure.
#pragma once

#include <string_view>
#include <vector>

namespace wxpipe::ingest {

// Sorted, each once. One that ends in a dot stands for all types that begin so: the body names the rest.
std::vector<std::string_view> known_types();

}  // namespace wxpipe::ingest
