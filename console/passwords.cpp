#include "console/passwords.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <charconv>
#include <span>
#include <stdexcept>
#include <vector>

#include "common/crypto/base64.hpp"
#include "common/crypto/digest.hpp"

namespace wxpipe::console {
namespace {
constexpr size_t kSalt = 16, kHash = 32, kToken = 32;
constexpr uint64_t kMostMemory = 64 << 20;

struct Cost {
  uint64_t n = 16384, r = 8, p = 5;
};

std::string random_bytes(size_t count) {
  std::string bytes(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1)
    throw std::runtime_error("OpenSSL has no random bytes");
  return bytes;
}

// Empty: this cost is none that we would pay.
std::string scrypt(std::string_view password, std::string_view salt, const Cost& cost, size_t length) {
  std::string out(length, '\0');
  const int done =
      EVP_PBE_scrypt(password.data(), password.size(), reinterpret_cast<const unsigned char*>(salt.data()), salt.size(),
                     cost.n, cost.r, cost.p, kMostMemory, reinterpret_cast<unsigned char*>(out.data()), out.size());
  return done == 1 ? out : std::string();
}

bool read_number(std::string_view text, uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}
}  // namespace

std::string hash_password(std::string_view password) {
  const Cost cost;
  const auto salt = random_bytes(kSalt);
  const auto hash = scrypt(password, salt, cost, kHash);
  if (hash.empty()) throw std::runtime_error("OpenSSL has no scrypt");
  auto out = fmt::format("scrypt:{}:{}:{}:", cost.n, cost.r, cost.p);
  crypto::append_base64(out, salt);
  out += ':';
  crypto::append_base64(out, hash);
  return out;
}

bool is_password(std::string_view password, const Secret& stored) {
  std::vector<std::string_view> parts;
  const std::string_view text = stored.reveal();  // taken apart here, and not kept
  for (size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find(':', at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  Cost cost;
  std::string salt, hash;
  if (parts.size() != 6 || parts[0] != "scrypt" || !read_number(parts[1], cost.n) || !read_number(parts[2], cost.r) ||
      !read_number(parts[3], cost.p) || cost.p > 16 || !crypto::decode_base64(parts[4], salt) ||
      !crypto::decode_base64(parts[5], hash) || hash.size() < kHash)
    return false;
  return crypto::equal_in_constant_time(scrypt(password, salt, cost, hash.size()), hash);
}

Secret make_token() {
  std::string token = "wxp_";
  auto bytes = random_bytes(kToken);
  crypto::append_base64url(token, bytes);
  wipe(bytes);
  return Secret(std::move(token));
}

std::string hash_token(std::string_view token) {
  const std::array<std::string_view, 1> parts{token};
  std::string out = "sha256:";
  crypto::append_base64(out, crypto::bytes_of(crypto::sha256(parts)));
  return out;
}

}  // namespace wxpipe::console
