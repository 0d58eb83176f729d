#include "ingest/json_text.hpp"

#include <cstdint>
#include <cstring>

#include "ingest/utf8.hpp"

namespace wxpipe::ingest {
namespace {

constexpr uint32_t kNone = 0xFFFFFFFF;

// Four hex digits, or kNone.
uint32_t code_unit(const char* at, const char* end) {
  if (end - at < 4) return kNone;
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = at[i];
    uint32_t digit;
    if (c >= '0' && c <= '9')
      digit = static_cast<uint32_t>(c - '0');
    else if (c >= 'a' && c <= 'f')
      digit = static_cast<uint32_t>(c - 'a') + 10;
    else if (c >= 'A' && c <= 'F')
      digit = static_cast<uint32_t>(c - 'A') + 10;
    else
      return kNone;
    value = value << 4 | digit;
  }
  return value;
}

char simple_escape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return c;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

}  // namespace

JsonText resolve_json_escapes(char* text, size_t size) {
  JsonText result;
  const char* const end = text + size;
  const auto next_backslash = [end](const char* from) {
    const void* const found = std::memchr(from, '\\', static_cast<size_t>(end - from));
    return found == nullptr ? end : static_cast<const char*>(found);
  };
  const char* in = next_backslash(text);
  char* out = text + (in - text);
  while (in != end) {
    if (++in == end) return result;
    if (*in == 'u') {
      uint32_t code = code_unit(++in, end);
      if (code == kNone) return result;
      in += 4;
      if (code >= 0xD800 && code < 0xDC00) {
        const bool paired = end - in >= 6 && in[0] == '\\' && in[1] == 'u';
        const uint32_t low = paired ? code_unit(in + 2, end) : kNone;
        if (low >= 0xDC00 && low < 0xE000) {
          code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
          in += 6;
        }
      }
      if (code == 0 || is_surrogate(code)) {
        code = kReplacementCharacter;
        result.replaced = true;
      }
      out = put_utf8(out, code);
    } else {
      const char c = simple_escape(*in++);
      if (c == 0) return result;
      *out++ = c;
    }
    const char* const next = next_backslash(in);
    std::memmove(out, in, static_cast<size_t>(next - in));
    out += next - in;
    in = next;
  }
  result.size = static_cast<size_t>(out - text);
  result.legal = true;
  return result;
}

}  // namespace wxpipe::ingest
