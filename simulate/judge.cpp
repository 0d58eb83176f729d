#include "simulate/judge.hpp"

#include <array>

#include "ingest/document.hpp"
#include "ingest/wxcrypt/cipher.hpp"
#include "ingest/wxcrypt/signature.hpp"

namespace wxpipe::simulate {
namespace {
using ingest::AccountKind;
namespace wxcrypt = ingest::wxcrypt;

std::string_view first(const ingest::Document& document, std::string_view upper, std::string_view lower) {
  return document.has(upper) ? document.value(upper) : document.value(lower);
}

// Without encryption a reply is a message. With encryption, the account's token must sign it and its key must open it.
bool is_legal_reply(const ingest::Account& account, std::string_view body) {
  const auto reply = ingest::parse_document(body);
  if (!reply) return false;
  if (account.mode == ingest::EncryptionMode::plain) return reply->has("MsgType");
  const std::string_view encrypt = first(*reply, "Encrypt", "encrypt");
  const std::string_view timestamp = first(*reply, "TimeStamp", "timestamp"), nonce = first(*reply, "Nonce", "nonce");
  for (const auto& token : account.tokens) {
    const std::array<std::string_view, 4> parts{token.reveal(), timestamp, nonce, encrypt};
    if (!wxcrypt::signature_fits(first(*reply, "MsgSignature", "msgsignature"), parts)) continue;
    for (const auto& key : account.aes_keys) {
      std::string buffer;
      wxcrypt::Plaintext plaintext;
      if (wxcrypt::decrypt(key, encrypt, buffer, plaintext) != wxcrypt::CipherFault::none) continue;
      const auto message = ingest::parse_document(plaintext.message);
      return message && (message->has("MsgType") || message->has("msgtype"));
    }
  }
  return false;
}
}  // namespace

std::string_view to_string(Verdict verdict) {
  constexpr std::array<std::string_view, 5> kWords{"acknowledged", "replied", "refused", "failed", "illegal_reply"};
  return kWords.at(static_cast<size_t>(verdict));
}

Verdict judge(const ingest::Account& account, unsigned status, std::string_view body) {
  if (ingest::is_standard_webhook(account.kind) && status / 100 == 2) return Verdict::acknowledged;
  if (status / 100 == 4) return Verdict::refused;
  if (status != 200) return Verdict::failed;
  if (body == "success") return Verdict::acknowledged;
  // Third-party platforms and suite commands accept only the success word.
  if (!ingest::takes_passive_reply(account.kind)) return Verdict::illegal_reply;
  if (body.empty()) return Verdict::acknowledged;
  return is_legal_reply(account, body) ? Verdict::replied : Verdict::illegal_reply;
}

}  // namespace wxpipe::simulate
