#include "ingest/account_kinds.hpp"

#include <algorithm>

#include "ingest/bot/normalize.hpp"
#include "ingest/channel/normalize.hpp"
#include "ingest/event_rule.hpp"
#include "ingest/instance/normalize.hpp"
#include "ingest/open_platform/normalize.hpp"
#include "ingest/wechat/normalize.hpp"
#include "ingest/wework/normalize.hpp"

namespace wxpipe::ingest {
namespace {

using A = config::AccountDetails;
constexpr RequiredId kAppId{"app_id", &A::app_id, "the AppID, wx..."};
constexpr RequiredId kComponentAppId{"component_app_id", &A::component_app_id,
                                     "the third-party platform's own AppID, wx..."};
constexpr RequiredId kSuiteId{"suite_id", &A::suite_id, "the suite's id, ww..., tj... or dk..."};
constexpr RequiredId kProviderCorpId{"provider_corp_id", &A::provider_corp_id,
                                     "the provider's own corp id; the platform verifies the address with it"};
constexpr RequiredId kCorpId{"corp_id", &A::corp_id, "the corporation's id, ww..."};
constexpr RequiredId kInstanceId{"instance_id", &A::instance_id, "which instance it is, as the sender calls it"};
constexpr RequiredId kChannel{"channel", &A::channel, "which channel it is: web_form, landing_page ..."};

using Ids = std::array<RequiredId, 2>;
using Addresses = std::array<InnerAddress, 2>;
using Row = AccountRules;
using K = AccountKind;
constexpr bool kModes = true, kOneMode = false;
constexpr AccountId kTheTenant = nullptr, kAnybody = nullptr;
// Cloud functions send the app id in this field.
constexpr InnerAddress kOriginalId{"ToUserName", &A::original_id, &A::app_id};
constexpr InnerAddress kAgentId{.field = "AgentID", .number = &A::agent_id};
constexpr Answer kSuccess{200, "success"}, kSuccessOrReply{200, "success", PassiveReply::message};
constexpr Answer kUrgentSuccess{200, "success", PassiveReply::none, true};
constexpr Answer kEmptyOrReply{200, "", PassiveReply::message}, kEmptyOrBotReply{200, "", PassiveReply::bot};
constexpr Answer kNoContent{204, ""};

}  // namespace

constexpr std::array<AccountRules, kAccountKindCount> kAccountKinds{
    Row{K::official_account, "official_account", Ids{kAppId}, kModes, Proof::wechat, Receivers{&A::app_id, &A::app_id},
        Addresses{kOriginalId}, Tenant{}, kSuccessOrReply, wechat::normalize, wechat::vocabulary},
    Row{K::mini_program, "mini_program", Ids{kAppId}, kModes, Proof::wechat, Receivers{&A::app_id, &A::app_id},
        Addresses{kOriginalId}, Tenant{}, kSuccessOrReply, wechat::normalize, wechat::vocabulary},
    Row{K::open_platform, "open_platform", Ids{kComponentAppId}, kOneMode, Proof::wechat,
        Receivers{&A::component_app_id, &A::component_app_id}, Addresses{InnerAddress{"AppId", &A::component_app_id}},
        Tenant{.in_body = "AuthorizerAppid"}, kSuccess, open_platform::normalize, open_platform::vocabulary},
    // No addresses: ToUserName is the authorised account's gh_ id, which no configuration lists.
    Row{K::open_platform_messages, "open_platform_messages", Ids{kComponentAppId}, kOneMode, Proof::wechat,
        Receivers{&A::component_app_id, &A::component_app_id}, Addresses{}, Tenant{.in_path = kAppIdInPath},
        kSuccessOrReply, wechat::normalize, wechat::vocabulary},
    Row{K::wework_app, "wework_app", Ids{kCorpId}, kOneMode, Proof::wework, Receivers{&A::corp_id, &A::corp_id},
        Addresses{InnerAddress{"ToUserName", &A::corp_id}, kAgentId}, Tenant{}, kEmptyOrReply, wework::normalize,
        wework::vocabulary},
    Row{K::wework_suite_command, "wework_suite_command", Ids{kSuiteId, kProviderCorpId}, kOneMode, Proof::wework,
        Receivers{&A::provider_corp_id, &A::suite_id}, Addresses{InnerAddress{"SuiteId", &A::suite_id}},
        Tenant{.in_body = "AuthCorpId"}, kUrgentSuccess, wework::normalize, wework::vocabulary},
    Row{K::wework_suite_data, "wework_suite_data", Ids{kSuiteId, kProviderCorpId}, kOneMode, Proof::wework,
        Receivers{&A::provider_corp_id, kTheTenant},
        Addresses{InnerAddress{"ToUserName", kTheTenant}, InnerAddress{"SuiteId", &A::suite_id}},
        Tenant{.in_path = kCorpIdInPath, .is_receiver = true}, kEmptyOrReply, wework::normalize, wework::vocabulary},
    Row{K::wework_bot, "wework_bot", Ids{}, kOneMode, Proof::wework, Receivers{kAnybody, kAnybody},
        Addresses{InnerAddress{"aibotid", &A::bot_id}}, Tenant{}, kEmptyOrBotReply, bot::normalize, bot::vocabulary},
    Row{K::wework_instance, "wework_instance", Ids{kInstanceId}, kOneMode, Proof::standard_webhook, Receivers{},
        Addresses{}, Tenant{}, kNoContent, instance::normalize, instance::vocabulary},
    Row{K::channel, "channel", Ids{kChannel}, kOneMode, Proof::standard_webhook, Receivers{}, Addresses{}, Tenant{},
        kNoContent, channel::normalize, channel::vocabulary},
};

static_assert([] {
  for (size_t i = 0; i < kAccountKinds.size(); ++i)
    if (kAccountKinds[i].kind != static_cast<AccountKind>(i)) return false;
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
