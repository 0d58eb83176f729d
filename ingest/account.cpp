#include "ingest/account.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ingest/standard_webhooks.hpp"
#include "ingest/wxcrypt/cipher.hpp"

namespace wxpipe::ingest {
namespace {

constexpr std::array<std::string_view, kAccountKindCount> kKinds{
    "official_account",     "mini_program",      "open_platform", "open_platform_messages", "wework_app",
    "wework_suite_command", "wework_suite_data", "wework_bot",    "wework_instance",        "channel"};

bool has_modes(AccountKind kind) { return kind == AccountKind::official_account || kind == AccountKind::mini_program; }

std::string all_kinds() { return fmt::format("{}", fmt::join(kKinds, ", ")); }

// One account's check: remembers where it stands, so that each complaint says so.
class Check {
 public:
  Check(const config::AccountSettings& settings, std::vector<std::string>& errors)
      : settings_(settings),
        errors_(errors) {}

  template <class... Arguments>
  void complain(std::string_view key, fmt::format_string<Arguments...> what, Arguments&&... arguments) {
    errors_.push_back(fmt::format("{}{}accounts.{}.{}: {}", settings_.where, settings_.where.empty() ? "" : ": ",
                                  settings_.name.empty() ? "?" : settings_.name, key,
                                  fmt::format(what, std::forward<Arguments>(arguments)...)));
  }

  void name() {
    const auto legal = [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' ||
             c == '.';
    };
    const std::string& name = settings_.name;
    if (name.empty())
      complain("name", "is missing; it appears in the address: /callback/<name>");
    else if (name.size() > 64 || !std::all_of(name.begin(), name.end(), legal) || name == "." || name == "..")
      complain("name", "appears in the address, so use at most 64 letters, digits, '-', '_' and '.'");
  }

  void required(std::string_view key, const std::string& value, std::string_view meaning) {
    if (value.empty()) complain(key, "is missing; an account of kind {} needs it: {}", settings_.kind, meaning);
  }

  // Current first; the previous one is optional.
  std::vector<Secret> tokens() {
    std::vector<Secret> out;
    if (settings_.token.empty())
      complain("token", "is missing; copy it from the platform's console (or give token_env or token_file)");
    else
      out.push_back(settings_.token);
    if (!settings_.previous_token.empty()) out.push_back(settings_.previous_token);
    return out;
  }

  std::vector<wxcrypt::AesKey> aes_keys(bool needed) {
    std::vector<wxcrypt::AesKey> out;
    if (settings_.encoding_aes_key.empty()) {
      if (needed)
        complain(
            "encoding_aes_key",
            "is missing; copy it from the platform's console (or give encoding_aes_key_env or encoding_aes_key_file)");
    } else {
      add_key("encoding_aes_key", settings_.encoding_aes_key, out);
    }
    if (!settings_.previous_encoding_aes_key.empty())
      add_key("previous_encoding_aes_key", settings_.previous_encoding_aes_key, out);
    return out;
  }

  std::vector<std::string> webhook_secrets() {
    std::vector<std::string> out;
    if (settings_.secret.empty())
      complain("secret", "is missing; make one with: echo whsec_$(openssl rand -base64 32), and give it to the sender");
    else
      add_secret("secret", settings_.secret, out);
    if (!settings_.previous_secret.empty()) add_secret("previous_secret", settings_.previous_secret, out);
    return out;
  }

  EncryptionMode mode(AccountKind kind) {
    if (is_standard_webhook(kind)) {
      if (!settings_.mode.empty()) complain("mode", "only official_account and mini_program have modes; remove it");
      return EncryptionMode::plain;
    }
    if (settings_.mode.empty() || settings_.mode == "safe") return EncryptionMode::safe;
    if (!has_modes(kind)) {
      complain("mode", "only official_account and mini_program have modes; {} is always encrypted, remove it",
               settings_.kind);
      return EncryptionMode::safe;
    }
    if (settings_.mode == "plain") return EncryptionMode::plain;
    if (settings_.mode == "compatible") return EncryptionMode::compatible;
    complain("mode", "\"{}\" is none of plain, compatible, safe", settings_.mode);
    return EncryptionMode::safe;
  }

  void replies(AccountKind kind) {
    if (!settings_.replies.empty() && !takes_passive_reply(kind))
      complain("replies", "the platform reads no answer on {} accounts; remove them", settings_.kind);
    for (const auto& rule : settings_.replies) {
      if (rule.on.empty())
        complain("replies.on", "is missing; say an event type such as \"follower.subscribed\", or \"keyword\"");
      if (rule.on == "keyword" && rule.keyword.empty())
        complain("replies.keyword", "is missing; it is the word that on = \"keyword\" looks for");
      if (rule.on != "keyword" && !rule.keyword.empty())
        complain("replies.keyword", "needs on = \"keyword\", but on is \"{}\"", rule.on);
      if (rule.text.empty()) complain("replies.text", "is missing; it is what is answered");
    }
  }

 private:
  void add_key(std::string_view key, const Secret& text, std::vector<wxcrypt::AesKey>& out) {
    if (const auto decoded = wxcrypt::decode_aes_key(text.reveal()))
      out.push_back(*decoded);
    else if (text.reveal().size() != 43)
      complain(key, "has {} characters, but an EncodingAESKey has 43; copy it again from the platform's console",
               text.reveal().size());
    else
      complain(key, "has characters other than letters and digits; copy it again from the platform's console");
  }

  void add_secret(std::string_view key, const Secret& text, std::vector<std::string>& out) {
    if (auto decoded = standard_webhooks::decode_secret(text.reveal()))
      out.push_back(std::move(*decoded));
    else
      complain(key, "is not \"whsec_\" followed by base64; make one with: echo whsec_$(openssl rand -base64 32)");
  }

  const config::AccountSettings& settings_;
  std::vector<std::string>& errors_;
};

}  // namespace

std::string_view to_string(AccountKind kind) { return kKinds.at(static_cast<size_t>(kind)); }

std::optional<AccountKind> account_kind(std::string_view word) {
  const auto found = std::find(kKinds.begin(), kKinds.end(), word);
  if (found == kKinds.end()) return std::nullopt;
  return static_cast<AccountKind>(found - kKinds.begin());
}

bool is_standard_webhook(AccountKind kind) {
  return kind == AccountKind::wework_instance || kind == AccountKind::channel;
}

bool takes_passive_reply(AccountKind kind) {
  switch (kind) {
    case AccountKind::official_account:
    case AccountKind::mini_program:
    case AccountKind::open_platform_messages:
    case AccountKind::wework_app:
    case AccountKind::wework_suite_data:
    case AccountKind::wework_bot:
      return true;
    case AccountKind::open_platform:
    case AccountKind::wework_suite_command:
    case AccountKind::wework_instance:
    case AccountKind::channel:
      return false;
  }
  return false;
}

bool has_tenant(AccountKind kind) {
  return kind == AccountKind::open_platform_messages || kind == AccountKind::wework_suite_data;
}

Account make_account(const config::AccountSettings& settings, std::vector<std::string>& errors) {
  Check check(settings, errors);
  check.name();
  const auto kind = account_kind(settings.kind);
  if (!kind) {
    if (settings.kind.empty())
      check.complain("kind", "is missing; say one of {}", all_kinds());
    else
      check.complain("kind", "\"{}\" is none of {}", settings.kind, all_kinds());
    return {};
  }

  Account account;
  account.name = settings.name;
  account.kind = *kind;
  account.mode = check.mode(*kind);
  account.title = settings.title;
  account.app_id = settings.app_id;
  account.original_id = settings.original_id;
  account.component_app_id = settings.component_app_id;
  account.corp_id = settings.corp_id;
  account.suite_id = settings.suite_id;
  account.provider_corp_id = settings.provider_corp_id;
  account.bot_id = settings.bot_id;
  account.instance_id = settings.instance_id;
  account.channel = settings.channel;
  account.agent_id = settings.agent_id;
  account.menu = settings.menu;
  account.channels = settings.channels;
  account.replies = settings.replies;
  account.max_timestamp_age = settings.max_timestamp_age;

  switch (*kind) {
    case AccountKind::official_account:
    case AccountKind::mini_program:
      check.required("app_id", settings.app_id, "the AppID, wx...");
      break;
    case AccountKind::open_platform:
    case AccountKind::open_platform_messages:
      check.required("component_app_id", settings.component_app_id, "the third-party platform's own AppID, wx...");
      break;
    case AccountKind::wework_app:
      check.required("corp_id", settings.corp_id, "the corporation's id, ww...");
      break;
    case AccountKind::wework_suite_command:
    case AccountKind::wework_suite_data:
      check.required("suite_id", settings.suite_id, "the suite's id, ww..., tj... or dk...");
      check.required("provider_corp_id", settings.provider_corp_id,
                     "the provider's own corp id; the platform verifies the address with it");
      break;
    case AccountKind::wework_bot:
      break;
    case AccountKind::wework_instance:
      check.required("instance_id", settings.instance_id, "which instance it is, as the sender calls it");
      break;
    case AccountKind::channel:
      check.required("channel", settings.channel, "which channel it is: web_form, landing_page ...");
      break;
  }
  if (is_standard_webhook(*kind)) {
    account.webhook_secrets = check.webhook_secrets();
  } else {
    account.tokens = check.tokens();
    account.aes_keys = check.aes_keys(account.mode != EncryptionMode::plain);
  }
  check.replies(*kind);
  return account;
}

}  // namespace wxpipe::ingest
