// The Standard Webhooks convention (standardwebhooks.com): HMAC-SHA256 over "id.timestamp.body", in base64 behind
// "v1,", any number of signatures in one header while a sender changes its secret. Pure; any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace wxpipe::ingest::standard_webhooks {

struct Headers {
  std::string_view id, timestamp, signature;
};

// "whsec_<base64>" to the bytes that sign; nothing when it isn't of that form. Padding may be missing.
std::optional<std::string> decode_secret(std::string_view secret);

// "v1,<base64>": what a sender puts into webhook-signature.
std::string sign(std::string_view secret, std::string_view id, std::string_view timestamp, std::string_view body);

// Whether any of the header's v1 signatures was made with any of the secrets, in a time that doesn't tell how nearly.
bool signature_fits(std::span<const std::string> secrets, const Headers& headers, std::string_view body);

}  // namespace wxpipe::ingest::standard_webhooks
