// Patterns where * stands for any text and every other character for itself.
#pragma once

#include <string_view>

#include "processors/text.hpp"

namespace wxpipe::processors {

// Linear in practice: it goes back only to the last *. `seen` maps each byte of the text before it is compared.
template <class Seen>
constexpr bool matches(std::string_view pattern, std::string_view text, Seen seen) {
  size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == seen(text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

constexpr bool matches(std::string_view pattern, std::string_view text) {
  return matches(pattern, text, [](char c) { return c; });
}

// The pattern must be in lower case; the text may have any case (ASCII).
constexpr bool matches_in_any_case(std::string_view pattern, std::string_view text) {
  return matches(pattern, text, [](char c) { return lower(c); });
}

}  // namespace wxpipe::processors
