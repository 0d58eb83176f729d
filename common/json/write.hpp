// Writing JSON into a kept buffer: simdjson only reads. Appends; allocates only when the buffer grows.
#pragma once

#include <string>
#include <string_view>

#include "common/crypto/base64.hpp"

namespace wxpipe::json {

// Text as a quoted, escaped JSON string. The text must be valid UTF-8 (is_utf8); nothing else is checked.
void append_string(std::string& out, std::string_view text);

// Any bytes as a quoted base64 string, and back (without the quotes).
void append_base64(std::string& out, std::string_view bytes);
using crypto::decode_base64;

bool is_utf8(std::string_view text);

}  // namespace wxpipe::json
