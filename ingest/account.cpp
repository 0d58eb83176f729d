#include "ingest/account.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ingest/standard_webhooks.hpp"
#include "ingest/wxcrypt/cipher.hpp"

namespace wxpipe::ingest {
namespace {

// All the kinds' words, or only some of them, as a list for an error text.
std::string words(std::string_view between, bool (*wanted)(const AccountRules&)) {
  std::vector<std::string_view> found;
  for (const auto& row : kAccountKinds)
    if (wanted(row)) found.push_back(row.word);
  return fmt::format("{}", fmt::join(found, between));
}

// What has to stand behind the address: "?key=<secret>"; mostly nothing.
std::string query_to_enter(const config::AccountSettings& settings) {
  if (!senders::is_declared(settings)) return {};
  std::vector<senders::Complaint> complaints;
  const auto sender = senders::make_sender(settings, complaints);
  const bool in_address =
      sender.algorithm == senders::Algorithm::equal && sender.found.from == senders::Part::From::query;
  return in_address ? fmt::format("?{}=<secret>", sender.found.name) : std::string();
}

std::string all_kinds() {
  return words(", ", [](const AccountRules&) { return true; });
}

// Checks one account. Remembers where it stands in the file, so that each error can say so.
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

  // The current secret, then the previous one (optional). `decode` reports what it can't read.
  template <class T>
  std::vector<T> secrets(std::string_view key, const Secret& current, const Secret& previous, std::string_view get_one,
                         std::optional<T> (Check::*decode)(const std::string&, const Secret&)) {
    if (current.empty() && !get_one.empty()) complain(key, "is missing; {}", get_one);
    std::vector<T> out;
    out.reserve(2);  // a vector that grows frees keys
    for (const auto& [name, secret] :
         {std::pair(std::string(key), &current), {fmt::format("previous_{}", key), &previous}})
      if (!secret->empty())
        if (auto decoded = (this->*decode)(name, *secret)) out.push_back(std::move(*decoded));
    return out;
  }

  std::optional<Secret> token(const std::string&, const Secret& text) { return text; }

  std::optional<wxcrypt::AesKey> aes_key(const std::string& key, const Secret& text) {
    auto decoded = wxcrypt::decode_aes_key(text.reveal());
    if (!decoded && text.reveal().size() != 43)
      complain(key, "has {} characters, but an EncodingAESKey has 43; copy it again from the platform's console",
               text.reveal().size());
    else if (!decoded)
      complain(key, "has characters other than letters and digits; copy it again from the platform's console");
    return decoded;
  }

  std::optional<std::string> webhook_secret(const std::string& key, const Secret& text) {
    auto decoded = standard_webhooks::decode_secret(text.reveal());
    if (!decoded)
      complain(key, "is not \"whsec_\" followed by base64; make one with: echo whsec_$(openssl rand -base64 32)");
    return decoded;
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

  // A sender of webhooks with rules of its own. Nothing: the kind has none, or it keeps to Standard Webhooks.
  std::optional<senders::Sender> sender(const AccountRules& kind) {
    if (!senders::is_declared(settings_)) return std::nullopt;
    if (kind.proof != Proof::standard_webhook) {
      complain(settings_.sender.empty() ? "proof" : "sender", "only {} have senders with rules of their own; remove it",
               words(" and ", [](const AccountRules& row) { return row.proof == Proof::standard_webhook; }));
      return std::nullopt;
    }
    std::vector<senders::Complaint> complaints;
    auto made = senders::make_sender(settings_, complaints);
    for (const auto& [key, text] : complaints) complain(key, "{}", text);
    return made;
  }

  void replies(const AccountRules& kind) {
    if (!settings_.replies.empty() && kind.answer.passive_reply == PassiveReply::none)
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
  Account account{settings, kind.kind, check.mode(kind), {}, {}, {}, check.sender(kind)};
  check.ids(kind);
  if (account.sender) {
    // Their tries are over by then, and a later repeat would still meet its own row ([sink] timeless_window).
    if (!account.max_timestamp_age && account.sender->time) account.max_timestamp_age = std::chrono::hours(24);
  } else if (kind.proof == Proof::standard_webhook) {
    account.webhook_secrets = check.secrets(
        "secret", settings.secret, settings.previous_secret,
        "make one with: echo whsec_$(openssl rand -base64 32), and give it to the sender", &Check::webhook_secret);
    if (!account.max_timestamp_age) account.max_timestamp_age = std::chrono::minutes(5);  // their convention
  } else {
    account.tokens =
        check.secrets("token", settings.token, settings.previous_token,
                      "copy it from the platform's console (or give token_env or token_file)", &Check::token);
    account.aes_keys = check.secrets(
        "encoding_aes_key", settings.encoding_aes_key, settings.previous_encoding_aes_key,
        account.mode == EncryptionMode::plain
            ? ""
            : "copy it from the platform's console (or give encoding_aes_key_env or encoding_aes_key_file)",
        &Check::aes_key);
  }
  check.replies(kind);
  return account;
}

std::string address_to_enter(const config::AccountSettings& settings, std::string_view public_url) {
  while (public_url.ends_with('/')) public_url.remove_suffix(1);
  const auto kind = account_kind(settings.kind);
  const auto tenant = kind ? rules(*kind).tenant.in_path : std::string_view();
  return fmt::format("{}/callback/{}{}{}{}", public_url.empty() ? "https://<your host>" : public_url, settings.name,
                     tenant.empty() ? "" : "/", tenant, query_to_enter(settings));
}

std::vector<config::Finding> risks_of(const config::AccountSettings& settings) {
  if (!senders::is_declared(settings)) return {};
  std::vector<senders::Complaint> complaints;
  const auto sender = senders::make_sender(settings, complaints);
  std::vector<config::Finding> findings;
  for (auto& [key, text] : senders::risks_of(settings, sender))
    findings.push_back({fmt::format("accounts.{}.{}", settings.name, key), std::move(text), settings.where});
  return findings;
}

}  // namespace wxpipe::ingest
