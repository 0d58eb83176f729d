#include "ingest/standard_webhooks.hpp"

#include <algorithm>
#include <array>

#include "common/crypto/base64.hpp"
#include "common/crypto/digest.hpp"
#include "common/secret.hpp"

namespace wxpipe::ingest::standard_webhooks {
namespace {
constexpr std::string_view kVersion = "v1,";
// A rotation has two signatures. The limit bounds the work for a header with many.
constexpr int kMostSignatures = 16;
}  // namespace

std::optional<std::string> decode_secret(std::string_view secret) {
  constexpr std::string_view kPrefix = "whsec_";
  if (!secret.starts_with(kPrefix)) return std::nullopt;
  secret.remove_prefix(kPrefix.size());
  std::string text;
  text.reserve(secret.size() + 3);
  text.append(secret).append((4 - secret.size() % 4) % 4, '=');
  std::string bytes;
  const bool fine = crypto::decode_base64(text, bytes) && !bytes.empty();
  wipe(text);
  if (!fine) return std::nullopt;
  return bytes;
}

std::string sign(std::string_view secret, std::string_view id, std::string_view timestamp, std::string_view body) {
  const std::array<std::string_view, 5> parts{id, ".", timestamp, ".", body};
  std::string text(kVersion);
  crypto::append_base64(text, crypto::bytes_of(crypto::hmac_sha256(secret, parts)));
  return text;
}

bool signature_fits(std::span<const std::string> secrets, const Headers& headers, std::string_view body) {
  bool fits = false;
  for (const std::string& secret : secrets) {
    const std::string expected = sign(secret, headers.id, headers.timestamp, body);
    std::string_view rest = headers.signature;
    for (int i = 0; i < kMostSignatures && !rest.empty(); ++i) {
      const std::string_view claimed = rest.substr(0, rest.find(' '));
      rest.remove_prefix(std::min(rest.size(), claimed.size() + 1));
      fits |= crypto::equal_in_constant_time(claimed, expected);
    }
  }
  return fits;
}

}  // namespace wxpipe::ingest::standard_webhooks
