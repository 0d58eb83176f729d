// Writing JSON into a kept buffer: simdjson only reads. Appends; allocates only when the buffer grows.
#pragma once

#include <string>
#include <string_view>

namespace wxpipe::json {

// Text as a quoted, escaped JSON string. The text must be valid UTF-8 (is_utf8); nothing else is checked.
void append_string(std::string& out, std::string_view text);

// Any bytes as a quoted base64 string, and back. decode is false on anything but canonical padded base64.
void append_base64(std::string& out, std::string_view bytes);
bool decode_base64(std::string_view text, std::string& bytes);

bool is_utf8(std::string_view text);

}  // namespace wxpipe::json
