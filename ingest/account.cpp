#include "ingest/account.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ingest/standard_webhooks.hpp"
#include "ingest/wxcrypt/cipher.hpp"

namespace wxpipe::ingest {
namespace {

// The words of all kinds, or of some.
std::string words(std::string_view between, bool (*wanted)(const AccountRules&)) {
  std::vector<std::string_view> found;
  for (const auto& row : kAccountKinds)
    if (wanted(row)) found.push_back(row.word);
  return fmt::format("{}", fmt::join(found, between));
}

std::string all_kinds() {
  return words(", ", [](const AccountRules&) { return true; });
}

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

  void ids(const AccountRules& kind) {
    for (const auto& [key, value, meaning] : kind.ids)
      if (!key.empty() && (settings_.*value).empty())
        complain(key, "is missing; an account of kind {} needs it: {}", kind.word, meaning);
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

  EncryptionMode mode(const AccountRules& kind) {
    const bool webhook = kind.proof == Proof::standard_webhook;
    const auto usual = webhook ? EncryptionMode::plain : EncryptionMode::safe;
    if (settings_.mode.empty() || (settings_.mode == "safe" && !webhook)) return usual;
    if (!kind.has_modes) {
      complain("mode", "only {} have modes; {}remove it",
               words(" and ", [](const AccountRules& row) { return row.has_modes; }),
               webhook ? "" : settings_.kind + " is always encrypted, ");
      return usual;
    }
    if (settings_.mode == "plain") return EncryptionMode::plain;
    if (settings_.mode == "compatible") return EncryptionMode::compatible;
    complain("mode", "\"{}\" is none of plain, compatible, safe", settings_.mode);
    return EncryptionMode::safe;
  }

  void replies(const AccountRules& kind) {
    if (!settings_.replies.empty() && kind.passive_reply == PassiveReply::none)
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

Account make_account(const config::AccountSettings& settings, std::vector<std::string>& errors) {
  Check check(settings, errors);
  check.name();
  const auto said = account_kind(settings.kind);
  if (!said) {
    if (settings.kind.empty())
      check.complain("kind", "is missing; say one of {}", all_kinds());
    else
      check.complain("kind", "\"{}\" is none of {}", settings.kind, all_kinds());
    return {};
  }

  const AccountRules& kind = rules(*said);
  Account account;
  account.name = settings.name;
  account.kind = kind.kind;
  account.mode = check.mode(kind);
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
  account.max_timestamp_age = settings.max_timestamp_age ? settings.max_timestamp_age : kind.max_timestamp_age;

  check.ids(kind);
  if (kind.proof == Proof::standard_webhook) {
    account.webhook_secrets = check.webhook_secrets();
  } else {
    account.tokens = check.tokens();
    account.aes_keys = check.aes_keys(account.mode != EncryptionMode::plain);
  }
  check.replies(kind);
  return account;
}

}  // namespace wxpipe::ingest
