// What an account's kind decides: one table with a row for each kind. Whoever meets a kind asks its row; nothing else
// in ingest knows one kind from another. A new kind is a word in AccountKind and a row in account_kinds.cpp. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/config/settings.hpp"
#include "common/result.hpp"
#include "schemas/facts/event.hpp"

namespace wxpipe::ingest {

class Document;
struct NormalizeContext;

// Which rows there are, in the table's order.
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

// How a sender proves who it is, and how an address is verified.
enum class Proof {
  wechat,           // a signature in the query; msg_signature for what is encrypted. echostr is in clear
  wework,           // msg_signature, also for echostr, which is encrypted
  standard_webhook  // a signature of the body in headers. Addresses aren't verified
};

enum class PassiveReply {
  none,     // nobody reads an answer
  message,  // a message to the event's sender, in the callback's format
  bot       // as bots speak
};

// One of an account's ids.
using AccountId = std::string config::AccountDetails::*;

struct RequiredId {
  std::string_view key{};
  AccountId value = nullptr;
  std::string_view meaning{};
};

// A field of the decrypted body that names who the callback is for.
struct InnerAddress {
  std::string_view field{};
  AccountId expected = nullptr;                                      // null: the tenant
  AccountId as_good = nullptr;                                       // another id that may stand there
  std::optional<int64_t> config::AccountDetails::*number = nullptr;  // what is expected instead, where it is a number
};

// Whose id ends the ciphertext. Null: the tenant that the path names, or anybody where it names none.
struct Receivers {
  AccountId challenge = nullptr, message = nullptr;
};

struct Tenant {
  std::string_view in_path{};  // how the platform's console writes it
  std::string_view in_body{};  // the field that names it
  bool is_receiver = false;    // the ciphertext names it, so the path needn't
};

struct Answer {
  unsigned status = 200;
  std::string_view success{};
  PassiveReply passive_reply = PassiveReply::none;
  bool urgent = false;  // the platform waits one second and not five
};

struct AccountRules {
  AccountKind kind{};
  std::string_view word{};          // as `kind` in the configuration
  std::array<RequiredId, 2> ids{};  // without a key: there are no more
  bool has_modes = false;           // plain, compatible or safe
  Proof proof{};
  Receivers receivers{};
  std::array<InnerAddress, 2> addresses{};  // without a field: there are no more
  Tenant tenant{};
  Answer answer{};
  Result<schemas::Event> (*normalize)(const Document&, const NormalizeContext&) = nullptr;
};

extern const std::array<AccountRules, kAccountKindCount> kAccountKinds;
inline const AccountRules& rules(AccountKind kind) { return kAccountKinds[static_cast<size_t>(kind)]; }

inline constexpr std::string_view kAppIdInPath = "$APPID$", kCorpIdInPath = "$CORPID$";

std::string_view to_string(AccountKind kind);
std::optional<AccountKind> account_kind(std::string_view word);
inline bool is_standard_webhook(AccountKind kind) { return rules(kind).proof == Proof::standard_webhook; }
inline bool takes_passive_reply(AccountKind kind) { return rules(kind).answer.passive_reply != PassiveReply::none; }
inline bool has_tenant(AccountKind kind) { return !rules(kind).tenant.in_path.empty(); }

}  // namespace wxpipe::ingest
