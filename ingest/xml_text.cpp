#include "ingest/xml_text.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "ingest/utf8.hpp"

namespace wxpipe::ingest {
namespace {

struct Named {
  std::string_view name;
  char character;
};
constexpr std::array<Named, 5> kNamed{{{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}}};

bool is_xml_character(uint32_t code) {
  return code == '\t' || code == '\n' || code == '\r' || (code >= 0x20 && code <= 0x10FFFF && !is_surrogate(code));
}

// The character for "#38" or "#x26". A number too large to read counts as one that doesn't exist.
bool numbered(std::string_view reference, uint32_t& code) {
  const bool hex = reference.starts_with("#x");
  reference.remove_prefix(hex ? 2 : 1);
  const auto* const end = reference.data() + reference.size();
  const auto [stop, error] = std::from_chars(reference.data(), end, code, hex ? 16 : 10);
  if (reference.empty() || stop != end || error == std::errc::invalid_argument) return false;
  if (error == std::errc::result_out_of_range) code = 0;
  return true;
}

}  // namespace

XmlText resolve_xml_references(char* text, size_t size) {
  XmlText result;
  const char* const end = text + size;
  const auto next_ampersand = [end](const char* from) {
    const void* const found = std::memchr(from, '&', static_cast<size_t>(end - from));
    return found == nullptr ? end : static_cast<const char*>(found);
  };
  const char* in = next_ampersand(text);
  char* out = text + (in - text);
  while (in != end) {
    // Leading zeros can make a reference long, but no sensible one is longer than this.
    constexpr size_t kLongest = 16;
    const std::string_view rest(in + 1, static_cast<size_t>(end - in - 1));
    const size_t semicolon = rest.substr(0, kLongest).find(';');
    const std::string_view reference =
        semicolon == std::string_view::npos ? std::string_view() : rest.substr(0, semicolon);
    const char* const begin = in;
    uint32_t code = 0;
    if (reference.starts_with('#') && numbered(reference, code)) {
      if (!is_xml_character(code)) {
        code = kReplacementCharacter;
        result.replaced = true;
      }
      out = put_utf8(out, code);
      in += reference.size() + 2;
    } else {
      for (const auto& named : kNamed)
        if (reference == named.name) {
          *out++ = named.character;
          in += reference.size() + 2;
          break;
        }
    }
    if (in == begin) *out++ = *in++;
    const char* const next = next_ampersand(in);
    std::memmove(out, in, static_cast<size_t>(next - in));
    out += next - in;
    in = next;
  }
  result.size = static_cast<size_t>(out - text);
  return result;
}

}  // namespace wxpipe::ingest
