// The platforms' signature: SHA-1 over the strings sorted by bytes and joined without separators, in lower-case hex.
// Pure; any thread.
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace wxpipe::ingest::wxcrypt {

using SignatureText = std::array<char, 40>;

// Over {token, timestamp, nonce} (signature), or {token, timestamp, nonce, encrypt} (msg_signature); at most 4 parts.
SignatureText sign(std::span<const std::string_view> parts);

// Whether `claimed` is the signature of the parts. Compares in constant time.
bool signature_fits(std::string_view claimed, std::span<const std::string_view> parts);

}  // namespace wxpipe::ingest::wxcrypt
