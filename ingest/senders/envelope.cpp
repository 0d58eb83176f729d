#include "ingest/senders/envelope.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "common/crypto/base64.hpp"
#include "common/crypto/digest.hpp"
#include "common/json/write.hpp"
#include "ingest/words.hpp"

namespace wxpipe::ingest::senders {
namespace {

constexpr size_t kBlock = 16, kMostPadding = 32;  // some pad to blocks of 32

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

std::string decrypt(const EVP_CIPHER* cipher, std::string_view key, std::string_view iv, std::string_view ciphertext) {
  const std::unique_ptr<EVP_CIPHER_CTX, FreeContext> context(EVP_CIPHER_CTX_new());
  if (!context) throw std::bad_alloc();
  const auto bytes = [](std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); };
  std::string out(ciphertext.size() + kBlock, '\0');
  int written = 0;
  if (EVP_DecryptInit_ex(context.get(), cipher, nullptr, bytes(key), bytes(iv)) != 1 ||
      EVP_CIPHER_CTX_set_padding(context.get(), 0) != 1 ||
      EVP_DecryptUpdate(context.get(), reinterpret_cast<unsigned char*>(out.data()), &written, bytes(ciphertext),
                        static_cast<int>(ciphertext.size())) != 1)
    throw std::runtime_error("OpenSSL cannot decrypt");
  out.resize(static_cast<size_t>(written));
  return out;
}

bool remove_padding(std::string& text) {
  if (text.empty()) return false;
  const auto padding = static_cast<unsigned char>(text.back());
  if (padding == 0 || padding > kMostPadding || padding > text.size()) return false;
  if (!std::all_of(text.end() - padding, text.end(), [&](char c) { return static_cast<unsigned char>(c) == padding; }))
    return false;
  text.resize(text.size() - padding);
  return true;
}

std::string first_half_of_sha256(std::string_view text) {
  return std::string(crypto::bytes_of(crypto::sha256({&text, 1})).substr(0, kBlock));
}

Rejection undecryptable(std::string detail) { return {Reason::undecryptable, std::move(detail)}; }

Result<std::string> decrypted(const Sender& sender, Incoming& incoming, std::string_view base64) {
  std::string ciphertext;
  if (!crypto::decode_base64(trimmed(base64), ciphertext)) return undecryptable("the document isn't base64");
  if (sender.cipher == Cipher::aes_256_cbc && (ciphertext.empty() || ciphertext.size() % kBlock != 0))
    return undecryptable("the document's length is no multiple of 16");
  std::string iv;
  if (sender.cipher == Cipher::aes_128_ctr) {
    const auto part = incoming.value(*sender.iv);
    if (!part.found()) return undecryptable("the part for the IV is missing");
    // An appId is the corp id, `_` and some letters. A text is the corp id itself.
    const bool is_corp_id = sender.iv->from == Part::From::text;
    iv = first_half_of_sha256(is_corp_id ? part.text : part.text.substr(0, part.text.rfind('_')));
  }
  for (const Secret& key : sender.keys) {
    std::string text;
    if (sender.cipher == Cipher::aes_256_cbc) {
      text = decrypt(EVP_aes_256_cbc(), key.reveal(), std::string_view(key.reveal()).substr(0, kBlock), ciphertext);
      if (!remove_padding(text)) continue;
    } else {
      text = decrypt(EVP_aes_128_ctr(), first_half_of_sha256(key.reveal()), iv, ciphertext);
    }
    // Without a check of its own, a wrong key gives bytes that are no text.
    if (json::is_utf8(text)) return text;
  }
  return undecryptable("no key gives a text");
}

}  // namespace

Result<std::string> document_text(const Sender& sender, Incoming& incoming) {
  if (sender.document.from == Part::From::body && sender.cipher == Cipher::none && incoming.is_form()) {
    if (!incoming.form_is_readable()) return Rejection{Reason::malformed_json, "the form can't be decoded"};
    return incoming.form_as_json();
  }
  const auto part = incoming.value(sender.document);
  if (!part.found()) return Rejection{Reason::missing_field, sender.document.name + " (the document)"};
  if (sender.cipher != Cipher::none) return decrypted(sender, incoming, part.text);
  return std::string(part.text);
}

}  // namespace wxpipe::ingest::senders
