#include "ingest/account_kinds.hpp"

#include <algorithm>

#include "ingest/account.hpp"
#include "ingest/bot/normalize.hpp"
#include "ingest/channel/normalize.hpp"
#include "ingest/instance/normalize.hpp"
#include "ingest/open_platform/normalize.hpp"
#include "ingest/wechat/normalize.hpp"
#include "ingest/wework/normalize.hpp"

namespace wxpipe::ingest {
namespace {

using A = Account;
using S = config::AccountSettings;
constexpr RequiredId kAppId{"app_id", &S::app_id, "the AppID, wx..."};
constexpr RequiredId kComponentAppId{"component_app_id", &S::component_app_id,
                                     "the third-party platform's own AppID, wx..."};
constexpr RequiredId kSuiteId{"suite_id", &S::suite_id, "the suite's id, ww..., tj... or dk..."};
constexpr RequiredId kProviderCorpId{"provider_corp_id", &S::provider_corp_id,
                                     "the provider's own corp id; the platform verifies the address with it"};
constexpr std::string_view kSuccess = "success";
constexpr std::chrono::minutes kWebhookTolerance{5};

}  // namespace

constexpr std::array<AccountRules, kAccountKindCount> kAccountKinds{{
    {.kind = AccountKind::official_account,
     .word = "official_account",
     .ids = {kAppId},
     .has_modes = true,
     .proof = Proof::wechat,
     .challenge_receiver = &A::app_id,
     .message_receiver = &A::app_id,
     // What cloud functions hand on names the app id.
     .addresses = {{{.field = "ToUserName", .expected = &A::original_id, .as_good = &A::app_id}}},
     .success = kSuccess,
     .passive_reply = PassiveReply::message,
     .normalize = wechat::normalize},
    {.kind = AccountKind::mini_program,
     .word = "mini_program",
     .ids = {kAppId},
     .has_modes = true,
     .proof = Proof::wechat,
     .challenge_receiver = &A::app_id,
     .message_receiver = &A::app_id,
     .addresses = {{{.field = "ToUserName", .expected = &A::original_id, .as_good = &A::app_id}}},
     .success = kSuccess,
     .passive_reply = PassiveReply::message,
     .normalize = wechat::normalize},
    {.kind = AccountKind::open_platform,
     .word = "open_platform",
     .ids = {kComponentAppId},
     .proof = Proof::wechat,
     .challenge_receiver = &A::component_app_id,
     .message_receiver = &A::component_app_id,
     .addresses = {{{.field = "AppId", .expected = &A::component_app_id}}},
     .tenant_in_body = "AuthorizerAppid",
     .success = kSuccess,
     .normalize = open_platform::normalize},
    {.kind = AccountKind::open_platform_messages,
     .word = "open_platform_messages",
     .ids = {kComponentAppId},
     .proof = Proof::wechat,
     .challenge_receiver = &A::component_app_id,
     .message_receiver = &A::component_app_id,
     // No addresses: ToUserName is the authorised account's gh_ id, which no configuration lists.
     .tenant_in_path = kAppIdInPath,
     .success = kSuccess,
     .passive_reply = PassiveReply::message,
     .normalize = wechat::normalize},
    {.kind = AccountKind::wework_app,
     .word = "wework_app",
     .ids = {{{"corp_id", &S::corp_id, "the corporation's id, ww..."}}},
     .proof = Proof::wework,
     .challenge_receiver = &A::corp_id,
     .message_receiver = &A::corp_id,
     .addresses = {{{.field = "ToUserName", .expected = &A::corp_id}, {.field = "AgentID", .number = &A::agent_id}}},
     .passive_reply = PassiveReply::message,
     .normalize = wework::normalize},
    {.kind = AccountKind::wework_suite_command,
     .word = "wework_suite_command",
     .ids = {kSuiteId, kProviderCorpId},
     .proof = Proof::wework,
     .challenge_receiver = &A::provider_corp_id,
     .message_receiver = &A::suite_id,
     .addresses = {{{.field = "SuiteId", .expected = &A::suite_id}}},
     .tenant_in_body = "AuthCorpId",
     .success = kSuccess,
     .urgent = true,
     .normalize = wework::normalize},
    {.kind = AccountKind::wework_suite_data,
     .word = "wework_suite_data",
     .ids = {kSuiteId, kProviderCorpId},
     .proof = Proof::wework,
     .challenge_receiver = &A::provider_corp_id,
     .addresses = {{{.field = "ToUserName"}, {.field = "SuiteId", .expected = &A::suite_id}}},
     .tenant_in_path = kCorpIdInPath,
     .tenant_is_receiver = true,
     .passive_reply = PassiveReply::message,
     .normalize = wework::normalize},
    {.kind = AccountKind::wework_bot,
     .word = "wework_bot",
     .proof = Proof::wework,
     .addresses = {{{.field = "aibotid", .expected = &A::bot_id}}},
     .passive_reply = PassiveReply::bot,
     .normalize = bot::normalize},
    {.kind = AccountKind::wework_instance,
     .word = "wework_instance",
     .ids = {{{"instance_id", &S::instance_id, "which instance it is, as the sender calls it"}}},
     .proof = Proof::standard_webhook,
     .max_timestamp_age = kWebhookTolerance,
     .success_status = 204,
     .normalize = instance::normalize},
    {.kind = AccountKind::channel,
     .word = "channel",
     .ids = {{{"channel", &S::channel, "which channel it is: web_form, landing_page ..."}}},
     .proof = Proof::standard_webhook,
     .max_timestamp_age = kWebhookTolerance,
     .success_status = 204,
     .normalize = channel::normalize},
}};

static_assert([] {
  for (size_t i = 0; i < kAccountKinds.size(); ++i)
    if (kAccountKinds[i].kind != static_cast<AccountKind>(i) || kAccountKinds[i].normalize == nullptr) return false;
  return true;
}());

std::string_view to_string(AccountKind kind) { return rules(kind).word; }

std::optional<AccountKind> account_kind(std::string_view word) {
  const auto found = std::find_if(kAccountKinds.begin(), kAccountKinds.end(),
                                  [&](const AccountRules& row) { return row.word == word; });
  if (found == kAccountKinds.end()) return std::nullopt;
  return found->kind;
}

}  // namespace wxpipe::ingest
