// One configured account, checked and decoded: what is needed to verify, decrypt and normalise its callbacks. Never
// changes once built. make_account builds it from config::AccountSettings, AccountBook owns it, everybody else borrows
// it.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
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

// The address to enter at the platform or the sender, with the platform's own placeholders in it ($APPID$).
// public_url: as [ingest] has it; empty: "https://<your host>" stands in its place. Where the secret is a part of the
// address, "<secret>" stands for it: what is shown must never have the secret itself.
std::string address_to_enter(const config::AccountSettings& settings, std::string_view public_url);

// What check-config warns of, for an account without errors.
std::vector<config::Finding> risks_of(const config::AccountSettings& settings);

}  // namespace wxpipe::ingest
