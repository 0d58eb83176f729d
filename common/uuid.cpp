#include "common/uuid.hpp"

namespace wxpipe {
namespace {
constexpr char kHex[] = "0123456789abcdef";

int nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}
}  // namespace

void append_uuid(std::string& out, const Uuid& id) {
  char text[36];
  char* p = text;
  for (size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *p++ = '-';
    *p++ = kHex[id.bytes[i] >> 4];
    *p++ = kHex[id.bytes[i] & 15];
  }
  out.append(text, 36);
}

std::string to_string(const Uuid& id) {
  std::string out;
  append_uuid(out, id);
  return out;
}

bool parse_uuid(std::string_view text, Uuid& id) {
  if (text.size() != 36) return false;
  size_t at = 0;
  for (size_t i = 0; i < 16; ++i) {
    if ((i == 4 || i == 6 || i == 8 || i == 10) && text[at++] != '-') return false;
    const int high = nibble(text[at]), low = nibble(text[at + 1]);
    if (high < 0 || low < 0) return false;
    id.bytes[i] = static_cast<uint8_t>(high << 4 | low);
    at += 2;
  }
  return true;
}

}  // namespace wxpipe
