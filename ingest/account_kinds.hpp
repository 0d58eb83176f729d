// What depends on an account's kind: one table with a row for each kind. All other code in ingest asks the row and
// never compares kinds. A new kind is a word in AccountKind and a row in account_kinds.cpp. Pure.
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
struct Vocabulary;

// The rows, in the table's order.
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

// How a sender proves who it is, and how the platform verifies our address.
enum class Proof {
  wechat,           // a signature in the query (msg_signature if encrypted); echostr is not encrypted
  wework,           // msg_signature; echostr is encrypted
  standard_webhook  // a signature of the body in headers; addresses are not verified
};

enum class PassiveReply {
  none,     // nobody reads an answer
  message,  // a message to the event's sender, in the callback's format
  bot       // in the form that bots use
};

// One of an account's configured ids.
using AccountId = std::string config::AccountDetails::*;

struct RequiredId {
  std::string_view key{};
  AccountId value = nullptr;
  std::string_view meaning{};
};

// A field of the decrypted body that names the receiver of the callback.
struct InnerAddress {
  std::string_view field{};
  AccountId expected = nullptr;                                      // what it should hold; null: the tenant
  AccountId as_good = nullptr;                                       // another id that is accepted too
  std::optional<int64_t> config::AccountDetails::*number = nullptr;  // expected instead, where it is a number
};

// Whose id must stand at the end of the ciphertext. Null: the tenant named by the path; anybody if the path names none.
struct Receivers {
  AccountId challenge = nullptr, message = nullptr;
};

struct Tenant {
  std::string_view in_path{};  // as the platform's console writes it
  std::string_view in_body{};  // the field that names it
  bool is_receiver = false;    // the ciphertext names the tenant, so the path may leave it out
};

struct Answer {
  unsigned status = 200;
  std::string_view success{};
  PassiveReply passive_reply = PassiveReply::none;
  bool urgent = false;  // the platform waits one second, not five
};

struct AccountRules {
  AccountKind kind{};
  std::string_view word{};          // as `kind` in the configuration
  std::array<RequiredId, 2> ids{};  // ends at the first row without a key
  bool has_modes = false;           // the account may be plain, compatible or safe
  Proof proof{};
  Receivers receivers{};
  std::array<InnerAddress, 2> addresses{};  // ends at the first row without a field
  Tenant tenant{};
  Answer answer{};
  Result<schemas::Event> (*normalize)(const Document&, const NormalizeContext&) = nullptr;
  Vocabulary (*vocabulary)() = nullptr;
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
