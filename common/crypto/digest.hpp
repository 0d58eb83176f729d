// MD5, SHA-1, SHA-256 and the HMAC of the latter two, over several parts, without joining them into one string.
// OpenSSL's algorithms are fetched once per program, and contexts are kept per thread: both cost more than hashing a
// callback. Any thread may call; nothing is shared between threads. Throws std::runtime_error only when OpenSSL itself
// cannot work (no memory, no default provider).
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace wxpipe::crypto {

using Md5 = std::array<unsigned char, 16>;
using Sha1 = std::array<unsigned char, 20>;
using Sha256 = std::array<unsigned char, 32>;

Md5 md5(std::span<const std::string_view> parts);  // only where a sender of webhooks signs with it
Sha1 sha1(std::span<const std::string_view> parts);
Sha256 sha256(std::span<const std::string_view> parts);
// At most seven parts.
Sha1 hmac_sha1(std::string_view key, std::span<const std::string_view> parts);
Sha256 hmac_sha256(std::string_view key, std::span<const std::string_view> parts);

// Compares in a time that depends only on the lengths.
bool equal_in_constant_time(std::string_view left, std::string_view right);

template <size_t N>
std::string_view bytes_of(const std::array<unsigned char, N>& digest) {
  return {reinterpret_cast<const char*>(digest.data()), N};
}

}  // namespace wxpipe::crypto
