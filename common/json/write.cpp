#include "common/json/write.hpp"

#include <simdjson.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace wxpipe::json {
namespace {
constexpr char kHex[] = "0123456789abcdef";
constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// How each byte is written: itself, or its escape.
struct Written {
  char bytes[7];
  uint8_t size;
};
constexpr auto kWritten = [] {
  std::array<Written, 256> table{};
  for (unsigned c = 0; c < 256; ++c) {
    char(&bytes)[7] = table[c].bytes;  // not a structured binding: clang before 16 lets no lambda have those
    uint8_t& size = table[c].size;
    const auto write = [&](char a, char b) { bytes[0] = a, bytes[1] = b, size = 2; };
    switch (c) {
      case '"':
        write('\\', '"');
        break;
      case '\\':
        write('\\', '\\');
        break;
      case '\n':
        write('\\', 'n');
        break;
      case '\r':
        write('\\', 'r');
        break;
      case '\t':
        write('\\', 't');
        break;
      default:
        if (c < 0x20) {
          const char escape[] = {'\\', 'u', '0', '0', kHex[c >> 4], kHex[c & 15]};
          for (size = 0; size < 6; ++size) bytes[size] = escape[size];
        } else {
          bytes[0] = static_cast<char>(c), size = 1;
        }
    }
  }
  return table;
}();
}  // namespace

// Sixteen bytes at a time are copied to a small buffer and looked at; what has to be escaped is rare and overwrites its copy.
void append_string(std::string& out, std::string_view text) {
  constexpr size_t kRoom = 512, kWidth = 16;
  char buffer[kRoom + 2 * kWidth];
  char* to = buffer;
  const char* from = text.data();
  const char* const end = from + text.size();
  *to++ = '"';
  const auto make_room = [&] {
    if (to < buffer + kRoom) return;
    out.append(buffer, to);
    to = buffer;
  };
  const auto write = [&](char c) {
    const auto& written = kWritten[static_cast<unsigned char>(c)];
    std::memcpy(to, &written, sizeof written);
    to += written.size;
  };
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), last_control = _mm_set1_epi8(0x1f);
  // Copies 16 bytes, and answers how many of them need no escape.
  const auto copy = [&](const char* bytes) {
    const __m128i chunk = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), chunk);
    const __m128i hits = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(chunk, quote), _mm_cmpeq_epi8(chunk, backslash)),
                                      _mm_cmpeq_epi8(_mm_min_epu8(chunk, last_control), chunk));
    return static_cast<size_t>(__builtin_ctz(static_cast<unsigned>(_mm_movemask_epi8(hits)) | 1u << kWidth));
  };
  while (static_cast<size_t>(end - from) >= kWidth) {
    const size_t clean = copy(from);
    to += clean;
    from += clean;
    if (clean < kWidth) write(*from++);
    make_room();
  }
  if (from < end) {
    char rest[kWidth] = {};  // its zeros count as to be escaped, behind the text
    std::memcpy(rest, from, static_cast<size_t>(end - from));
    const size_t clean = copy(rest);
    to += clean;
    from += clean;
  }
#endif
  while (from < end) {
    write(*from++);
    make_room();
  }
  *to++ = '"';
  out.append(buffer, to);
}

void append_base64(std::string& out, std::string_view bytes) {
  out += '"';
  size_t i = 0;
  const auto byte = [&](size_t at) { return static_cast<uint32_t>(static_cast<unsigned char>(bytes[at])); };
  for (; i + 3 <= bytes.size(); i += 3) {
    const uint32_t v = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    out += kAlphabet[v >> 18];
    out += kAlphabet[v >> 12 & 63];
    out += kAlphabet[v >> 6 & 63];
    out += kAlphabet[v & 63];
  }
  if (const size_t rest = bytes.size() - i; rest > 0) {
    const uint32_t v = byte(i) << 16 | (rest == 2 ? byte(i + 1) << 8 : 0);
    out += kAlphabet[v >> 18];
    out += kAlphabet[v >> 12 & 63];
    out += rest == 2 ? kAlphabet[v >> 6 & 63] : '=';
    out += '=';
  }
  out += '"';
}

bool decode_base64(std::string_view text, std::string& bytes) {
  static const auto values = [] {
    std::array<int8_t, 256> table;
    table.fill(-1);
    for (int i = 0; i < 64; ++i) table[static_cast<unsigned char>(kAlphabet[i])] = static_cast<int8_t>(i);
    return table;
  }();
  bytes.clear();
  if (text.size() % 4 != 0) return false;
  size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  bytes.reserve(text.size() / 4 * 3);
  for (size_t i = 0; i < text.size(); i += 4) {
    uint32_t v = 0;
    const size_t pads = i + 4 == text.size() ? padding : 0;
    for (size_t j = 0; j < 4; ++j) {
      const int value = j >= 4 - pads ? 0 : values[static_cast<unsigned char>(text[i + j])];
      if (value < 0) return false;
      v = v << 6 | static_cast<uint32_t>(value);
    }
    bytes += static_cast<char>(v >> 16);
    if (pads < 2) bytes += static_cast<char>(v >> 8);
    if (pads < 1) bytes += static_cast<char>(v);
    if ((pads == 1 && (v & 0xff) != 0) || (pads == 2 && (v & 0xffff) != 0)) return false;
  }
  return true;
}

bool is_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

}  // namespace wxpipe::json
