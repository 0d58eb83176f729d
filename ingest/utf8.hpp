// Writes UTF-8: one code point, or bytes of which some are no characters. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wxpipe::ingest {

inline constexpr uint32_t kReplacementCharacter = 0xFFFD;
inline constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // the same in UTF-8

// The bytes, with U+FFFD for each one that belongs to no character.
std::string with_replaced_bytes(std::string_view bytes);

// code: at most 0x10FFFF and not a surrogate. Returns the position after the 1 to 4 bytes written.
inline char* put_utf8(char* out, uint32_t code) {
  const auto put = [&](uint32_t byte) { *out++ = static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 63));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 63));
    put(0x80 | (code & 63));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 63));
    put(0x80 | (code >> 6 & 63));
    put(0x80 | (code & 63));
  }
  return out;
}

inline bool is_surrogate(uint32_t code) { return code >= 0xD800 && code < 0xE000; }

}  // namespace wxpipe::ingest
