#include "common/crypto/sealer.hpp"

#include <openssl/evp.h>

#include <array>
#include <memory>
#include <stdexcept>

#include "common/crypto/base64.hpp"
#include "common/crypto/digest.hpp"
#include "common/result.hpp"

namespace wxpipe::crypto {
namespace {

constexpr std::string_view kPrefix = "sealed:v1:";
constexpr size_t kKeySize = 32, kNonceSize = 12, kTagSize = 16;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

EVP_CIPHER_CTX* thread_context() {
  thread_local const std::unique_ptr<EVP_CIPHER_CTX, FreeContext> context(EVP_CIPHER_CTX_new());
  if (!context) throw std::bad_alloc();
  return context.get();
}

const EVP_CIPHER* aes_256_gcm() {
  static EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  if (cipher == nullptr) throw std::runtime_error("OpenSSL offers no AES-256-GCM");
  return cipher;
}

const unsigned char* unsigned_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* unsigned_bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

Secret derive(const Secret& key, std::string_view purpose) {
  Sha256 derived = hmac_sha256(key.reveal(), {&purpose, 1});
  Secret out{std::string(bytes_of(derived))};
  wipe(derived);
  return out;
}

Sha256 synthetic_nonce(const Secret& nonce_key, std::string_view text) {
  return hmac_sha256(nonce_key.reveal(), {&text, 1});
}

Secret decode_key(const Secret& key, std::string_view which) {
  std::string bytes;
  // A key read from a file often ends in a newline.
  std::string_view text = key.reveal();
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  if (text.empty())
    throw UsageError(
        std::string(which) +
        " is missing: set WXPIPE_SEALING_KEY or [sealing] key_file; make one with: openssl rand -base64 32");
  const bool decoded = decode_base64(text, bytes);
  Secret out(std::move(bytes));
  if (!decoded || out.reveal().size() != kKeySize)
    throw UsageError(std::string(which) +
                     " is not 32 bytes in base64 (44 characters); make one with: openssl rand -base64 32");
  return out;
}

}  // namespace

Sealer::Sealer(const Secret& key, const std::vector<Secret>& previous_keys) {
  const auto add = [this](const Secret& bytes) {
    keys_.push_back({derive(bytes, "wxpipe sealing: encryption"), derive(bytes, "wxpipe sealing: nonce")});
  };
  keys_.reserve(1 + previous_keys.size());
  add(decode_key(key, "sealing.key:"));
  for (const auto& previous : previous_keys) add(decode_key(previous, "sealing.previous_keys: one of them"));
}

std::string Sealer::seal(std::string_view text) const {
  if (text.empty()) return {};
  const Keys& keys = keys_.front();
  const Sha256 nonce = synthetic_nonce(keys.nonce, text);

  std::string box(bytes_of(nonce).substr(0, kNonceSize));
  box.resize(kNonceSize + text.size() + kTagSize);
  unsigned char* const out = unsigned_bytes(box) + kNonceSize;
  EVP_CIPHER_CTX* const context = thread_context();
  int written = 0, rest = 0;
  if (EVP_EncryptInit_ex2(context, aes_256_gcm(), unsigned_bytes(std::string_view(keys.encryption.reveal())),
                          nonce.data(), nullptr) != 1 ||
      EVP_EncryptUpdate(context, out, &written, unsigned_bytes(text), static_cast<int>(text.size())) != 1 ||
      EVP_EncryptFinal_ex(context, out + written, &rest) != 1 ||
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTagSize, out + text.size()) != 1)
    throw std::runtime_error("OpenSSL cannot seal");

  std::string sealed(kPrefix);
  append_base64url(sealed, box);
  return sealed;
}

std::optional<std::string> Sealer::open(std::string_view sealed) const {
  std::string box;
  if (!sealed.starts_with(kPrefix) || !decode_base64url(sealed.substr(kPrefix.size()), box) ||
      box.size() <= kNonceSize + kTagSize)
    return std::nullopt;
  const std::string_view nonce = std::string_view(box).substr(0, kNonceSize);
  const std::string_view body = std::string_view(box).substr(kNonceSize, box.size() - kNonceSize - kTagSize);
  unsigned char* const tag = unsigned_bytes(box) + kNonceSize + body.size();

  for (const Keys& keys : keys_) {
    std::string text(body.size(), '\0');
    EVP_CIPHER_CTX* const context = thread_context();
    int written = 0, rest = 0;
    if (EVP_DecryptInit_ex2(context, aes_256_gcm(), unsigned_bytes(std::string_view(keys.encryption.reveal())),
                            unsigned_bytes(nonce), nullptr) == 1 &&
        EVP_DecryptUpdate(context, unsigned_bytes(text), &written, unsigned_bytes(body),
                          static_cast<int>(body.size())) == 1 &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kTagSize, tag) == 1 &&
        EVP_DecryptFinal_ex(context, unsigned_bytes(text) + written, &rest) == 1)
      return text;
  }
  return std::nullopt;
}

std::string Sealer::open_all(std::string_view text) const {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string opened;
  opened.reserve(text.size());
  for (size_t at = text.find(kPrefix); at != std::string_view::npos; at = text.find(kPrefix)) {
    opened.append(text.substr(0, at));
    text.remove_prefix(at);
    const std::string_view seal = text.substr(0, text.find_first_not_of(kLetters, kPrefix.size()));
    opened.append(open(seal).value_or(std::string(seal)));
    text.remove_prefix(seal.size());
  }
  return opened.append(text);
}

}  // namespace wxpipe::crypto
