// One configured account, checked and decoded: what verifying, decrypting and normalising read. Plain and immutable
// once built; AccountBook owns it, everybody else borrows it. Built by make_account (account.cpp) from
// config::AccountSettings.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/settings.hpp"
#include "common/secret.hpp"

namespace wxpipe::ingest {

// docs/contract.md §2: what arrives there decides signature, envelope, receiveid and reply.
enum class AccountKind {
  official_account,
  mini_program,
  open_platform,
  open_platform_messages,
  wework_app,
  wework_suite_command,
  wework_suite_data,
  wework_bot,
  wework_instance,
  channel
};
inline constexpr int kAccountKindCount = 10;
std::string_view to_string(AccountKind kind);
std::optional<AccountKind> account_kind(std::string_view word);

enum class EncryptionMode { plain, compatible, safe };

struct Account {
  std::string name;
  AccountKind kind{};
  EncryptionMode mode = EncryptionMode::safe;  // always safe for the encrypting kinds; plain for Standard Webhooks
  std::string title;
  // The ids this kind has; the others are empty.
  std::string app_id, original_id, component_app_id, corp_id, suite_id, provider_corp_id, bot_id, instance_id, channel;
  std::optional<int64_t> agent_id;
  std::map<std::string, std::string> menu;                // menu key -> name people know it by
  std::map<std::string, std::string> channels;            // QR scene or State -> channel name
  std::vector<config::ReplyRule> replies;                 // in order; the first that fits answers
  std::optional<std::chrono::seconds> max_timestamp_age;  // of the signed timestamp; none: any age is accepted

  // Current first, then the previous one while keys are being changed.
  std::vector<Secret> tokens;
  std::vector<std::array<unsigned char, 32>> aes_keys;  // decoded EncodingAESKeys
  std::vector<std::string> webhook_secrets;             // decoded whsec_ secrets: raw bytes
};

// Families of kinds that share a rule.
bool is_standard_webhook(AccountKind kind);  // wework_instance, channel
bool takes_passive_reply(AccountKind kind);  // docs/contract.md §2: where the platform reads an answer
bool has_tenant(AccountKind kind);           // open_platform_messages, wework_suite_data: /callback/{account}/{tenant}

// Checks and decodes one account. What is wrong is appended to `errors`, one line each: where it stands, the key, what
// is wrong with it and the fix; never a secret. With errors the value is only good for further checks.
Account make_account(const config::AccountSettings& settings, std::vector<std::string>& errors);

}  // namespace wxpipe::ingest
