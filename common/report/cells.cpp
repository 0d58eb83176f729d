#include "common/report/cells.hpp"

#include <algorithm>
#include <span>

#include "common/json/write.hpp"

namespace wxpipe::report {
namespace {
constexpr std::string_view kReplacement = "\uFFFD";

// Ranges of code points, in order: [first, end).
bool in(std::span<const char32_t> ranges, char32_t code) {
  return (std::upper_bound(ranges.begin(), ranges.end(), code) - ranges.begin()) % 2 == 1;
}
// Wide and full-width characters of Unicode's EastAsianWidth.txt, in blocks.
constexpr char32_t kWide[] = {0x1100,  0x1160,  0x2E80,  0x303F,  0x3041,  0xA4D0,  0xA960,  0xA980, 0xAC00, 0xD7A4,
                              0xF900,  0xFB00,  0xFE10,  0xFE1A,  0xFE30,  0xFE70,  0xFF01,  0xFF61, 0xFFE0, 0xFFE7,
                              0x1F300, 0x1F650, 0x1F680, 0x1F700, 0x1F900, 0x1FB00, 0x20000, 0x3FFFE};
constexpr char32_t kMarks[] = {0x0300, 0x0370, 0x200B, 0x200E, 0x20D0, 0x2100,
                               0xFE00, 0xFE10, 0xFE20, 0xFE30, 0xFEFF, 0xFF00};
// C0, DEL and C1, and characters that change the direction of the text.
constexpr char32_t kControls[] = {0x00, 0x20, 0x7F, 0xA0, 0x200E, 0x2010, 0x202A, 0x202F, 0x2066, 0x206A};

struct Character {
  std::string_view bytes;  // of the text, or kReplacement
  char32_t code;
  bool valid;
};

// Removes and returns the first character of a text that isn't empty.
Character take(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  const auto bytes = text.substr(0, size);
  if (!json::is_utf8(bytes)) {
    text.remove_prefix(1);
    return {kReplacement, 0xFFFD, false};
  }
  text.remove_prefix(size);
  char32_t code = size == 1 ? lead : lead & (0x7Fu >> size);
  for (const char byte : bytes.substr(1)) code = code << 6 | (static_cast<unsigned char>(byte) & 0x3F);
  return {bytes, code, true};
}

size_t columns(char32_t code) { return in(kMarks, code) ? 0 : in(kWide, code) ? 2 : 1; }
}  // namespace

size_t width_of(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) width += columns(take(text).code);
  return width;
}

std::vector<std::string> lines_of(std::string_view text, size_t width, size_t indent) {
  std::vector<std::string> lines{""};
  size_t used = 0;
  // Words that don't fit on this line begin the next one.
  const auto break_line = [&](bool at_space) {
    auto& full = lines.back();
    const auto space = at_space ? full.size() : full.rfind(' ');
    std::string next(indent, ' ');
    if (space != std::string::npos && space > (lines.size() > 1 ? indent : 0)) {
      if (space < full.size()) next += full.substr(space + 1);
      full.resize(space);
    }
    used = width_of(next);
    lines.push_back(std::move(next));
  };
  while (!text.empty()) {
    auto character = take(text);
    if (character.code == '\n' || character.code == '\r' || character.code == '\t')
      character = {" ", ' ', true};
    else if (in(kControls, character.code))
      character = {kReplacement, 0xFFFD, true};
    const size_t more = columns(character.code);
    if (width > indent && used + more > width) {
      break_line(character.code == ' ');
      if (character.code == ' ') continue;
    }
    lines.back() += character.bytes;
    used += more;
  }
  return lines;
}

std::string with_valid_utf8(std::string_view text) {
  std::string out;
  while (!text.empty()) out += take(text).bytes;
  return out;
}

}  // namespace wxpipe::report
