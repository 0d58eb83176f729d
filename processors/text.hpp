// Comparing text in steps. Platforms have changed the case of their own words, so these are compared without case.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace wxpipe::processors {

// ASCII only; other bytes stay as they are.
constexpr char lower(char c) { return 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

inline std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return lower(c); });
  return out;
}

// At most so many bytes; never cuts inside a character.
inline std::string_view head(std::string_view text, size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
  return text.substr(0, most);
}

}  // namespace wxpipe::processors
