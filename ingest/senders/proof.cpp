#include "ingest/senders/proof.hpp"

#include <algorithm>
#include <charconv>

#include "common/crypto/base64.hpp"
#include "common/crypto/digest.hpp"
#include "ingest/words.hpp"

namespace wxpipe::ingest::senders {
namespace {

// What is missing or repeated; else the text.
std::optional<Refusal> need(Incoming& incoming, const Part& part, std::string_view& text) {
  const auto value = incoming.value(part);
  if (value.outcome == Incoming::Value::Outcome::repeated) return Refusal::duplicate_parameter;
  if (!value.found()) return Refusal::missing_signature;
  text = value.text;
  return std::nullopt;
}

std::string written(bool base64, std::string_view bytes) {
  std::string out;
  if (base64) {
    crypto::append_base64(out, bytes);
    return out;
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  for (const char c : bytes) {
    out += kHex[static_cast<unsigned char>(c) >> 4];
    out += kHex[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

std::string expected_digest(const Sender& sender, std::string_view secret, std::vector<std::string_view> parts) {
  if (sender.sorted) std::sort(parts.begin(), parts.end());
  const auto write = [&](const auto& digest) { return written(sender.base64, crypto::bytes_of(digest)); };
  switch (sender.algorithm) {
    case Algorithm::md5:
      return write(crypto::md5(parts));
    case Algorithm::sha1:
      return write(crypto::sha1(parts));
    case Algorithm::sha256:
      return write(crypto::sha256(parts));
    case Algorithm::hmac_sha1:
      return write(crypto::hmac_sha1(secret, parts));
    case Algorithm::hmac_sha256:
      return write(crypto::hmac_sha256(secret, parts));
    case Algorithm::equal:
      return std::string(secret);
    case Algorithm::basic: {
      std::string credentials = "Basic ";
      crypto::append_base64(credentials, secret);
      return credentials;
    }
  }
  return {};
}

}  // namespace

std::optional<Refusal> unproven(const Sender& sender, Incoming& incoming, std::string& proof) {
  if (sender.found.from == Part::From::form) incoming.leave_out_of_form(sender.found.name);
  std::string_view claimed;
  if (const auto refusal = need(incoming, sender.found, claimed)) return refusal;
  if (claimed.empty()) return Refusal::missing_signature;
  if (claimed.starts_with(sender.prefix)) claimed.remove_prefix(sender.prefix.size());
  auto& text = proof;
  text = claimed;
  const bool is_digest = sender.algorithm != Algorithm::equal && sender.algorithm != Algorithm::basic;
  if (is_digest && !sender.base64) std::transform(text.begin(), text.end(), text.begin(), lower);

  std::vector<std::string_view> parts(sender.over.size());
  for (size_t i = 0; i < parts.size(); ++i)
    if (sender.over[i].from != Part::From::secret)
      if (const auto refusal = need(incoming, sender.over[i], parts[i])) return refusal;
  bool fits = false;
  for (const Secret& secret : sender.secrets) {
    for (size_t i = 0; i < parts.size(); ++i)
      if (sender.over[i].from == Part::From::secret) parts[i] = secret.reveal();
    fits |= crypto::equal_in_constant_time(text, expected_digest(sender, secret.reveal(), parts));
  }
  return fits ? std::nullopt : std::optional(Refusal::bad_signature);
}

std::optional<Timestamp> signed_at(const Sender& sender, Incoming& incoming) {
  const auto value = incoming.value(*sender.time);
  if (!value.found()) return std::nullopt;
  const std::string_view text = trimmed(value.text);
  Timestamp at;
  if (parse_iso8601(text, at)) return at;
  constexpr int64_t kFirstMilliseconds = 100'000'000'000, kFarAway = 253'402'300'800'000;  // the year 10000
  int64_t number = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || number < 0 || number > kFarAway) return std::nullopt;
  return number > kFirstMilliseconds ? Timestamp(std::chrono::milliseconds(number))
                                     : Timestamp(std::chrono::seconds(number));
}

Verified verify_address(const Sender& sender, Incoming& incoming) {
  if (!sender.challenge) return {Refusal::method_not_allowed};
  Verified verified;
  std::string_view claimed;
  if (const auto refusal = need(incoming, *sender.verify, claimed)) return {refusal};
  if (const auto refusal = need(incoming, *sender.challenge, verified.echo)) return {refusal};
  bool fits = false;
  for (const Secret& token : sender.tokens) fits |= crypto::equal_in_constant_time(claimed, token.reveal());
  if (!fits) return {Refusal::bad_signature};
  return verified;
}

}  // namespace wxpipe::ingest::senders
