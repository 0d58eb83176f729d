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

// Copies sixteen bytes at a time and checks them. Bytes that need an escape are rare; the escape overwrites the copy.
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
  // Copies 16 bytes and returns how many at the start need no escape.
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
    char rest[kWidth] = {};  // the zeros after the text count as bytes to escape, so they end it
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
  crypto::append_base64(out, bytes);
  out += '"';
}

bool is_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

}  // namespace wxpipe::json
