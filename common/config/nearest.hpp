// "Did you mean …?": the known word with the fewest typing mistakes from what was typed. Pure; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace wxpipe::config {

// The number of insertions, deletions, replacements and swaps of neighbours.
size_t edit_distance(std::string_view typed, std::string_view known);

// The first of the nearest words; empty only when no word is known.
std::string_view nearest(std::string_view typed, std::span<const std::string_view> known);

// For words of a closed list: throws UsageError with the nearest one if what was given to `option` is none of them.
void require_known(std::string_view option, std::string_view typed, std::span<const std::string_view> known);

}  // namespace wxpipe::config
