#include "ingest/utf8.hpp"

#include <algorithm>

namespace wxpipe::ingest {
namespace {

// The length of the character that begins the text (RFC 3629); 0: none does.
size_t character(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned first = byte(0);
  const size_t size = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
  for (size_t i = 1; i < size; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  // Forms that are too long, surrogates, and what is beyond the last code point.
  const bool illegal = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F) ||
                       (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F);
  return illegal ? 0 : size;
}

}  // namespace

std::string with_replaced_bytes(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + 64);
  while (!bytes.empty()) {
    const size_t size = character(bytes);
    out += size == 0 ? kReplacement : bytes.substr(0, size);
    bytes.remove_prefix(std::max<size_t>(size, 1));
  }
  return out;
}

}  // namespace wxpipe::ingest
