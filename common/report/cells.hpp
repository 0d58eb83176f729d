// Text for a terminal: its width, line breaks, and removing what must not reach a terminal. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wxpipe::report {

// The text's width in columns. East Asian wide characters take two, combining marks none.
size_t width_of(std::string_view text);

// Lines of at most `width` columns (0: one line), broken at spaces where there are any. Lines after the first begin
// with `indent` spaces. Line breaks and tabs in the text become spaces. Other control characters, which could steer the
// terminal, and bytes that aren't UTF-8 become U+FFFD.
std::vector<std::string> lines_of(std::string_view text, size_t width, size_t indent = 0);

// Each byte that isn't UTF-8 becomes U+FFFD; nothing else changes.
std::string with_valid_utf8(std::string_view text);

}  // namespace wxpipe::report
