// One configured account, checked and decoded: what is needed to verify, decrypt and normalise its callbacks. Never
// changes once built. make_account builds it from config::AccountSettings, AccountBook owns it, everybody else borrows
// it.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "common/config/checks.hpp"
#include "common/config/settings.hpp"
#include "common/secret.hpp"
#include "ingest/account_kinds.hpp"
#include "ingest/senders/sender.hpp"

namespace wxpipe::ingest {

enum class EncryptionMode { plain, compatible, safe };

struct Account : config::AccountDetails {
  ~Account() {
    for (auto& key : aes_keys) wipe(key);
    for (auto& secret : webhook_secrets) wipe(secret);
  }

  AccountKind kind{};
  EncryptionMode mode = EncryptionMode::safe;  // always safe for the encrypting kinds; plain for Standard Webhooks
  // Current first, then the previous one while keys are being changed.
  std::vector<Secret> tokens;
  std::vector<std::array<unsigned char, 32>> aes_keys;  // decoded EncodingAESKeys
  std::vector<std::string> webhook_secrets;             // decoded whsec_ secrets: raw bytes
  std::optional<senders::Sender> sender;                // webhooks that aren't signed by Standard Webhooks
};

// Checks and decodes one account. Appends what is wrong to `errors`, one line each: the place, the key, the mistake and
// the fix; never a secret. If there are errors, use the value for further checks only.
Account make_account(const config::AccountSettings& settings, std::vector<std::string>& errors);

// What has to stand behind the address where the sender is to enter it: "?key=<secret>"; mostly nothing.
std::string query_to_enter(const config::AccountSettings& settings);

// What check-config warns of, for an account without errors.
std::vector<config::Finding> risks_of(const config::AccountSettings& settings);

}  // namespace wxpipe::ingest
