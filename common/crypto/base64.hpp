// Base64 of RFC 4648, both alphabets, in one place. Decoding is strict about characters, white space and padding: its
// input is signed text, which nobody had a reason to change. Only the unused bits of the last group are ignored. Pure;
// any thread.
#pragma once

#include <string>
#include <string_view>

namespace wxpipe::crypto {

// Appends the standard alphabet with padding.
void append_base64(std::string& out, std::string_view bytes);
// Appends the URL alphabet (- and _) without padding.
void append_base64url(std::string& out, std::string_view bytes);

// Decodes `text` into `bytes`; false: the text isn't padded standard base64. `bytes` keeps its capacity.
bool decode_base64(std::string_view text, std::string& bytes);
bool decode_base64url(std::string_view text, std::string& bytes);

}  // namespace wxpipe::crypto
