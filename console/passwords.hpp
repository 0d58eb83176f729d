// Passwords and tokens as the configuration has them: scrypt of a password, SHA-256 of a random token. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "common/secret.hpp"

namespace wxpipe::console {

// "scrypt:16384:8:5:<salt>:<hash>", in base64. Takes 16 MB and a good tenth of a second, on purpose.
std::string hash_password(std::string_view password);
// False as well: the hash can't be read.
bool is_password(std::string_view password, const Secret& hash);

// A new token, and what the configuration has of it: "sha256:<hash>".
Secret make_token();
std::string hash_token(std::string_view token);

}  // namespace wxpipe::console
