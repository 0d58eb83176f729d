// Base64 of RFC 4648, both alphabets, in one place. Decoding is strict about characters, white space and padding, since
// what it reads is signed text that nobody had a reason to touch; only the unused bits of a last group may be anything.
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace wxpipe::crypto {

// Appends the standard alphabet with padding.
void append_base64(std::string& out, std::string_view bytes);
// Appends the URL alphabet (- and _) without padding.
void append_base64url(std::string& out, std::string_view bytes);

// Replaces `bytes` by what the text says; false when the text isn't padded standard base64. `bytes` keeps its capacity.
bool decode_base64(std::string_view text, std::string& bytes);
bool decode_base64url(std::string_view text, std::string& bytes);

}  // namespace wxpipe::crypto
