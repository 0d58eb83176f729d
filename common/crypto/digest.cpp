#include "common/crypto/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace wxpipe::crypto {
namespace {

// Fetched once and kept for the program's life: an implicit fetch for each call costs about a microsecond.
struct Algorithm {
  explicit Algorithm(const char* name) : md(EVP_MD_fetch(nullptr, name, nullptr)) {
    if (md == nullptr) throw std::runtime_error(std::string("OpenSSL offers no ") + name);
  }
  EVP_MD* md;
};

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

EVP_MD_CTX* thread_context() {
  thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  if (!context) throw std::bad_alloc();
  return context.get();
}

template <class Digest>
Digest digest(const EVP_MD* algorithm, std::span<const std::string_view> parts) {
  EVP_MD_CTX* const context = thread_context();
  Digest out;
  bool worked = EVP_DigestInit_ex2(context, algorithm, nullptr) == 1;
  for (const auto part : parts) worked = worked && EVP_DigestUpdate(context, part.data(), part.size()) == 1;
  if (!worked || EVP_DigestFinal_ex(context, out.data(), nullptr) != 1) throw std::runtime_error("OpenSSL cannot hash");
  return out;
}

// RFC 2104 on the kept context: EVP_MAC would fetch and allocate for each key.
template <class Digest>
Digest hmac(const EVP_MD* algorithm, std::string_view key, std::span<const std::string_view> parts) {
  std::array<unsigned char, 64> pad{};
  if (key.size() <= pad.size()) {
    std::copy(key.begin(), key.end(), pad.begin());
  } else {
    const auto hashed = digest<Digest>(algorithm, {&key, 1});
    std::copy(hashed.begin(), hashed.end(), pad.begin());
  }
  for (auto& byte : pad) byte ^= 0x36;

  constexpr size_t kMostParts = 8;
  if (parts.size() >= kMostParts) throw std::invalid_argument("an HMAC takes at most 7 parts");
  std::array<std::string_view, kMostParts> all;
  all[0] = bytes_of(pad);
  std::copy(parts.begin(), parts.end(), all.begin() + 1);
  const Digest inner = digest<Digest>(algorithm, std::span(all).first(parts.size() + 1));

  for (auto& byte : pad) byte ^= 0x36 ^ 0x5c;
  const std::array<std::string_view, 2> outer{bytes_of(pad), bytes_of(inner)};
  const Digest out = digest<Digest>(algorithm, outer);
  OPENSSL_cleanse(pad.data(), pad.size());
  return out;
}

const EVP_MD* sha1_algorithm() {
  static const Algorithm algorithm("SHA1");
  return algorithm.md;
}
const EVP_MD* sha256_algorithm() {
  static const Algorithm algorithm("SHA256");
  return algorithm.md;
}

}  // namespace

Md5 md5(std::span<const std::string_view> parts) {
  static const Algorithm algorithm("MD5");
  return digest<Md5>(algorithm.md, parts);
}

Sha1 sha1(std::span<const std::string_view> parts) { return digest<Sha1>(sha1_algorithm(), parts); }

Sha256 sha256(std::span<const std::string_view> parts) { return digest<Sha256>(sha256_algorithm(), parts); }

Sha1 hmac_sha1(std::string_view key, std::span<const std::string_view> parts) {
  return hmac<Sha1>(sha1_algorithm(), key, parts);
}

Sha256 hmac_sha256(std::string_view key, std::span<const std::string_view> parts) {
  return hmac<Sha256>(sha256_algorithm(), key, parts);
}

bool equal_in_constant_time(std::string_view left, std::string_view right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace wxpipe::crypto
