// Seals credentials before they leave ingest (docs/guarantees.md law 8): AES-256-GCM with a synthetic nonce (HMAC of
// the text under a key derived from the sealing key), so equal text gives equal seals, and a platform's retry gives the
// same row. Immutable; safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/secret.hpp"

namespace wxpipe::crypto {

class Sealer {
 public:
  // key and previous_keys: 32 bytes in base64. Throws UsageError, which names the command that makes a key (`openssl
  // rand -base64 32`).
  explicit Sealer(const Secret& key, const std::vector<Secret>& previous_keys = {});

  // "sealed:v1:<base64url>"; an empty text stays empty.
  std::string seal(std::string_view text) const;
  // Opens a seal; empty when no key opens it or it isn't a seal.
  std::optional<std::string> open(std::string_view sealed) const;
  // The text with every seal in it opened; what no key opens stays as it is.
  std::string open_all(std::string_view text) const;

 private:
  struct Keys {
    Secret encryption, nonce;  // 32 bytes each
  };
  std::vector<Keys> keys_;  // the current one first
};

}  // namespace wxpipe::crypto
