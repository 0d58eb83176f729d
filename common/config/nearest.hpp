// "Did you mean …?": the known word that is the fewest slips away from what was typed. Pure; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace wxpipe::config {

// Insertions, deletions, replacements and swaps of neighbours, each counting one.
size_t edit_distance(std::string_view typed, std::string_view known);

// The first of the closest; empty only when nothing is known.
std::string_view nearest(std::string_view typed, std::span<const std::string_view> known);

}  // namespace wxpipe::config
