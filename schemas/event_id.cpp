#include "schemas/event_id.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>

namespace wxpipe::schemas {
namespace {

// SHA-256 with a context per thread and the algorithm fetched once: OpenSSL 3 looks up the algorithm again on every
// EVP_sha256(), which costs more than the hash.
class Sha256 {
 public:
  Sha256() : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
    if (!algorithm_ || !context_) throw std::runtime_error("OpenSSL has no SHA-256");
  }
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  ~Sha256() {
    EVP_MD_CTX_free(context_);
    EVP_MD_free(algorithm_);
  }
  void begin() { EVP_DigestInit_ex2(context_, algorithm_, nullptr); }
  void update(const void* bytes, size_t size) { EVP_DigestUpdate(context_, bytes, size); }
  std::array<uint8_t, 32> finish() {
    std::array<uint8_t, 32> digest;
    EVP_DigestFinal_ex(context_, digest.data(), nullptr);
    return digest;
  }

 private:
  EVP_MD* algorithm_;
  EVP_MD_CTX* context_;
};

Sha256& threads_hash() {
  thread_local Sha256 hash;
  return hash;
}

Uuid stamped(uint64_t milliseconds, const std::array<uint8_t, 32>& digest) {
  Uuid id;
  for (size_t i = 0; i < 6; ++i) id.bytes[i] = static_cast<uint8_t>(milliseconds >> (40 - 8 * i));
  for (size_t i = 6; i < 16; ++i) id.bytes[i] = digest[i];
  id.bytes[6] = static_cast<uint8_t>(0x80 | (id.bytes[6] & 0x0f));
  id.bytes[8] = static_cast<uint8_t>(0x80 | (id.bytes[8] & 0x3f));
  return id;
}
}  // namespace

Uuid content_id(std::optional<Timestamp> platform_time, std::span<const std::string_view> parts) {
  auto& hash = threads_hash();
  hash.begin();
  for (const auto part : parts) {
    const uint64_t size = part.size();
    hash.update(&size, sizeof size);  // little-endian on every machine wxpipe builds for
    hash.update(part.data(), part.size());
  }
  uint64_t milliseconds = 0;
  if (platform_time) {
    const auto since_epoch = std::chrono::floor<std::chrono::milliseconds>(platform_time->time_since_epoch()).count();
    milliseconds = since_epoch > 0 ? static_cast<uint64_t>(since_epoch) : 0;
  }
  return stamped(milliseconds, hash.finish());
}

Uuid event_id(std::string_view account, std::string_view tenant, std::string_view identity, std::string_view decrypted,
              std::optional<Timestamp> platform_time) {
  const std::array<std::string_view, 4> parts{account, tenant, identity, decrypted};
  return content_id(platform_time, parts);
}

Uuid eid(std::string_view kind, std::span<const std::string_view> key) {
  auto& hash = threads_hash();
  hash.begin();
  hash.update(kind.data(), kind.size());
  for (const auto part : key) {
    hash.update("\x1f", 1);
    hash.update(part.data(), part.size());
  }
  const auto digest = hash.finish();
  Uuid id;
  std::copy_n(digest.begin(), id.bytes.size(), id.bytes.begin());
  return id;
}

Uuid derived_id(const Uuid& event_id, std::string_view maker) {
  const std::array<std::string_view, 2> parts{
      std::string_view(reinterpret_cast<const char*>(event_id.bytes.data()), event_id.bytes.size()), maker};
  Uuid id = content_id(std::nullopt, parts);
  for (size_t i = 0; i < 6; ++i) id.bytes[i] = event_id.bytes[i];
  return id;
}

}  // namespace wxpipe::schemas
