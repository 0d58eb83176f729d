#include "ingest/authenticity.hpp"

#include <algorithm>
#include <charconv>

#include "ingest/words.hpp"
#include "ingest/wxcrypt/signature.hpp"

namespace wxpipe::ingest {
namespace {

bool receiver_fits(const Account& account, Method method, std::string_view tenant, std::string_view receiveid) {
  const AccountRules& kind = rules(account.kind);
  const AccountId id = method == Method::get ? kind.receivers.challenge : kind.receivers.message;
  return id == nullptr ? tenant.empty() || receiveid == tenant : receiveid == account.*id;
}

// Of a text that didn't decrypt well: whether a receiveid of ours follows the message all the same. By chance it never
// does, so the key is right and what is wrong is the padding.
bool names_receiver(const Account& account, Method method, std::string_view tenant, std::string_view bytes) {
  const AccountRules& kind = rules(account.kind);
  const AccountId id = method == Method::get ? kind.receivers.challenge : kind.receivers.message;
  const std::string_view expected = id == nullptr ? tenant : account.*id;
  return !expected.empty() && wxcrypt::behind_message(bytes).starts_with(expected);
}

bool number_differs(std::string_view said, const std::optional<int64_t>& expected) {
  if (!expected) return false;
  int64_t number = 0;
  const auto* const end = said.data() + said.size();
  const auto [stop, error] = std::from_chars(said.data(), end, number);
  return error != std::errc() || stop != end || number != *expected;
}

}  // namespace

const Secret* signing_token(const Account& account, std::string_view claimed, const Query& query,
                            std::string_view encrypt) {
  for (const Secret& token : account.tokens) {
    const std::array<std::string_view, 4> parts{token.reveal(), query.timestamp, query.nonce, encrypt};
    if (wxcrypt::signature_fits(claimed, std::span(parts).first(encrypt.empty() ? 3 : 4))) return &token;
  }
  return nullptr;
}

bool is_fresh(std::string_view timestamp, Timestamp now, std::chrono::seconds max_age) {
  int64_t signed_at = 0;
  const auto* const end = timestamp.data() + timestamp.size();
  const auto [stop, error] = std::from_chars(timestamp.data(), end, signed_at);
  constexpr int64_t kYear9999 = 253'402'300'800;
  if (error != std::errc() || stop != end || signed_at < 0 || signed_at > kYear9999) return false;
  return std::chrono::abs(now - Timestamp(std::chrono::seconds(signed_at))) <= max_age;
}

Opened open_encrypted(const Account& account, Method method, std::string_view tenant, std::string_view encrypt,
                      std::string& buffer) {
  Opened opened;
  bool first = true;
  for (const wxcrypt::AesKey& key : account.aes_keys) {
    wxcrypt::Plaintext plaintext;
    const auto fault = wxcrypt::decrypt(key, encrypt, buffer, plaintext);
    if (first) opened.fault = fault;
    first = false;
    if (fault != wxcrypt::CipherFault::none) {
      opened.key_fits |= names_receiver(account, method, tenant, buffer);
      continue;
    }
    if (receiver_fits(account, method, tenant, plaintext.receiveid))
      return {Opened::Outcome::plaintext, plaintext, &key, fault};
    // Try the next key: a wrong key passes decryption by chance about once in a hundred million texts.
    opened.outcome = Opened::Outcome::wrong_receiver;
  }
  return opened;
}

bool address_differs(const Account& account, std::string_view tenant, const Document& document) {
  const auto differs = [&](const InnerAddress& address) {
    if (address.field.empty()) return false;
    const std::string_view said = trimmed(document.value(address.field));
    if (said.empty()) return false;
    if (address.number != nullptr) return number_differs(said, account.*address.number);
    const std::string_view expected = address.expected == nullptr ? tenant : account.*address.expected;
    return !expected.empty() && said != expected && (address.as_good == nullptr || said != account.*address.as_good);
  };
  const auto& addresses = rules(account.kind).addresses;
  return std::any_of(addresses.begin(), addresses.end(), differs);
}

}  // namespace wxpipe::ingest
