// The Standard Webhooks convention (standardwebhooks.com): HMAC-SHA256 over "id.timestamp.body", written as "v1," and
// base64. One header may hold several signatures while a sender changes its secret. Pure; any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace wxpipe::ingest::standard_webhooks {

struct Headers {
  std::string_view id, timestamp, signature;
};

// The signing bytes of "whsec_<base64>"; nothing if it hasn't that form. Padding may be missing.
std::optional<std::string> decode_secret(std::string_view secret);

// "v1,<base64>": what a sender puts into webhook-signature.
std::string sign(std::string_view secret, std::string_view id, std::string_view timestamp, std::string_view body);

// Whether any v1 signature in the header was made with any of the secrets. Takes constant time for each comparison.
bool signature_fits(std::span<const std::string> secrets, const Headers& headers, std::string_view body);

}  // namespace wxpipe::ingest::standard_webhooks
