#include "ingest/wxcrypt/cipher.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <stdexcept>

#include "common/crypto/base64.hpp"
#include "common/secret.hpp"

namespace wxpipe::ingest::wxcrypt {
namespace {

constexpr size_t kBlock = 32, kRandom = 16, kHead = kRandom + 4;

const EVP_CIPHER* aes_256_cbc() {
  static EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr);
  if (cipher == nullptr) throw std::runtime_error("OpenSSL offers no AES-256-CBC");
  return cipher;
}

// One direction of the cipher. Keeps its last key: the next message under the same key only sets the IV.
class Engine {
 public:
  explicit Engine(int encrypting) : context_(EVP_CIPHER_CTX_new()), encrypting_(encrypting) {
    if (!context_) throw std::bad_alloc();
  }
  ~Engine() { wipe(key_); }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // In place. The size must be a multiple of the cipher's block.
  void run(const AesKey& key, unsigned char* bytes, size_t size) {
    const bool same = ready_ && key == key_;
    ready_ = false;
    const EVP_CIPHER* const cipher = same ? nullptr : aes_256_cbc();
    int written = 0;
    if (EVP_CipherInit_ex2(context_.get(), cipher, same ? nullptr : key.data(), key.data(), encrypting_, nullptr) !=
            1 ||
        EVP_CIPHER_CTX_set_padding(context_.get(), 0) != 1 ||
        EVP_CipherUpdate(context_.get(), bytes, &written, bytes, static_cast<int>(size)) != 1 ||
        static_cast<size_t>(written) != size)
      throw std::runtime_error("OpenSSL cannot run AES-256-CBC");
    key_ = key;
    ready_ = true;
  }

 private:
  struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
  };
  std::unique_ptr<EVP_CIPHER_CTX, FreeContext> context_;
  int encrypting_;
  AesKey key_{};
  bool ready_ = false;
};

unsigned char* unsigned_bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

uint32_t big_endian(const char* at) {
  const auto byte = [at](int i) { return static_cast<uint32_t>(static_cast<unsigned char>(at[i])); };
  return byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3);
}

}  // namespace

std::string_view to_string(CipherFault fault) {
  switch (fault) {
    case CipherFault::none:
      return "none";
    case CipherFault::base64:
      return "the ciphertext isn't base64";
    case CipherFault::length:
      return "the ciphertext isn't a whole number of blocks";
    case CipherFault::padding:
      return "the padding is wrong: most likely another AES key";
    case CipherFault::message_length:
      return "the length inside is wrong: most likely another AES key";
  }
  return "";
}

std::optional<AesKey> decode_aes_key(std::string_view encoding_aes_key) {
  const auto legal = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
  if (encoding_aes_key.size() != 43 || !std::all_of(encoding_aes_key.begin(), encoding_aes_key.end(), legal))
    return std::nullopt;
  std::string text, bytes;
  text.reserve(encoding_aes_key.size() + 1);
  text.append(encoding_aes_key).append(1, '=');
  std::optional<AesKey> key;
  if (crypto::decode_base64(text, bytes) && bytes.size() == 32)
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(key.emplace().data()));
  wipe(text);
  wipe(bytes);
  return key;
}

bool may_be_ciphertext(std::string_view base64) {
  while (base64.ends_with('=')) base64.remove_suffix(1);
  return base64.size() * 6 / 8 >= kBlock;
}

CipherFault decrypt(const AesKey& key, std::string_view base64, std::string& buffer, Plaintext& plaintext) {
  plaintext = {};
  if (!crypto::decode_base64(base64, buffer)) return CipherFault::base64;
  if (buffer.empty() || buffer.size() % kBlock != 0 || buffer.size() > std::numeric_limits<int>::max())
    return CipherFault::length;
  thread_local Engine engine(0);
  engine.run(key, unsigned_bytes(buffer), buffer.size());

  const std::string_view bytes = buffer;
  const auto pad = static_cast<unsigned char>(bytes.back());
  if (pad < 1 || pad > kBlock) return CipherFault::padding;
  const std::string_view padding = bytes.substr(bytes.size() - pad);
  if (!std::all_of(padding.begin(), padding.end(), [&](char c) { return static_cast<unsigned char>(c) == pad; }))
    return CipherFault::padding;
  const size_t size = bytes.size() - pad;
  if (size < kHead) return CipherFault::message_length;
  const size_t length = big_endian(bytes.data() + kRandom);
  if (length > size - kHead) return CipherFault::message_length;
  plaintext = {bytes.substr(kHead, length), bytes.substr(kHead + length, size - kHead - length)};
  return CipherFault::none;
}

std::string_view behind_message(std::string_view bytes) {
  if (bytes.size() < kHead) return {};
  const size_t length = big_endian(bytes.data() + kRandom);
  return length > bytes.size() - kHead ? std::string_view() : bytes.substr(kHead + length);
}

std::string encrypt(const AesKey& key, const Random16& random16, std::string_view message, std::string_view receiveid) {
  const size_t size = kHead + message.size() + receiveid.size();
  const size_t pad = kBlock - size % kBlock;
  if (size + pad > std::numeric_limits<int>::max()) throw std::length_error("the message is too large to encrypt");
  std::string bytes;
  bytes.reserve(size + pad);
  bytes.append(reinterpret_cast<const char*>(random16.data()), random16.size());
  for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(message.size() >> shift & 255);
  bytes.append(message).append(receiveid).append(pad, static_cast<char>(pad));

  thread_local Engine engine(1);
  engine.run(key, unsigned_bytes(bytes), bytes.size());
  std::string base64;
  crypto::append_base64(base64, bytes);
  return base64;
}

}  // namespace wxpipe::ingest::wxcrypt
