#include "processors/logs/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "processors/glob.hpp"
#include "processors/text.hpp"
#include "schemas/event_id.hpp"

namespace wxpipe::processors {
namespace {
constexpr size_t kMostContext = 24;      // attributes; the event has them all
constexpr size_t kLongestContext = 256;  // bytes of each

struct Meaning {
  std::string_view pattern;
  std::string_view module;
};
// By type.
constexpr std::array kTypes{
    Meaning{"authorization.*", "authorization"},
    Meaning{"audit.*", "audit"},
    Meaning{"ticket.*", "ticket"},
    Meaning{"job.*", "job"},
    Meaning{"suite.*", "suite"},
    Meaning{"account.*", "account"},
    Meaning{"unknown.*", "unknown"},
    Meaning{"security.*", "security"},
    Meaning{"store.*", "store"},
    Meaning{"alert.*", "alert"},
    Meaning{"instance.status_changed", "instance"},
};
// By the platform's own word, in lower case; the type doesn't matter.
constexpr std::array kEvents{
    Meaning{"authorized", "authorization"},
    Meaning{"updateauthorized", "authorization"},
    Meaning{"unauthorized", "authorization"},
    Meaning{"create_auth", "authorization"},
    Meaning{"change_auth", "authorization"},
    Meaning{"cancel_auth", "authorization"},
    Meaning{"reset_permanent_code", "authorization"},
    Meaning{"user_authorization_*", "authorization"},
    Meaning{"kf_account_auth_change", "authorization"},
    Meaning{"component_verify_ticket", "ticket"},
    Meaning{"suite_ticket", "ticket"},
    Meaning{"weapp_audit_*", "audit"},
    Meaning{"wxa_media_check", "audit"},
    Meaning{"wxa_*_audit", "audit"},
    Meaning{"wxa_*_record", "audit"},
    Meaning{"wxa_privacy_apply", "audit"},
    Meaning{"*_audit_info", "audit"},
    Meaning{"poi_check_notify", "audit"},
    Meaning{"card_pass_check", "audit"},
    Meaning{"card_not_pass_check", "audit"},
    Meaning{"notify_third_*", "audit"},
    Meaning{"notify_*icpfiling*", "audit"},
    Meaning{"notify_3rd_*", "audit"},
    Meaning{"order_path_*", "audit"},
    Meaning{"wx_verify_*", "account"},
    Meaning{"qualification_verify_*", "account"},
    Meaning{"naming_verify_*", "account"},
    Meaning{"annual_renew", "account"},
    Meaning{"verify_expired", "account"},
    Meaning{"batch_job_result", "job"},
    Meaning{"upload_media_job_finish", "job"},
    Meaning{"share_agent_change", "application"},
    Meaning{"change_app_admin", "application"},
    Meaning{"close_inactive_agent", "application"},
    Meaning{"reopen_inactive_agent", "application"},
    Meaning{"switch_workbench_mode", "application"},
    Meaning{"open_order", "licence"},
    Meaning{"change_order", "licence"},
    Meaning{"pay_for_app_success", "licence"},
    Meaning{"unlicensed_notify", "licence"},
    Meaning{"license_*", "licence"},
};
// By ChangeType of customer_acquisition: what an operator must act on.
constexpr std::array kAcquisition{
    Meaning{"balance_*", "quota"},
    Meaning{"service_balance_consumed", "quota"},
    Meaning{"link_unavailable", "quota"},
    Meaning{"delete_link", "quota"},
};

template <size_t Size>
std::string_view module_in(const std::array<Meaning, Size>& meanings, std::string_view word) {
  const auto* found =
      std::find_if(meanings.begin(), meanings.end(), [&](const Meaning& each) { return matches(each.pattern, word); });
  return found == meanings.end() ? std::string_view() : found->module;
}

std::string_view module_of(const schemas::Event& event) {
  if (event.type == "job.progressed") return {};  // often, and send_records has it
  if (const auto module = module_in(kTypes, event.type); !module.empty()) return module;
  const auto word = lower(event.event);
  if (word == "customer_acquisition") return module_in(kAcquisition, lower(event.change_type));
  return module_in(kEvents, word);
}

// Something was taken away, refused or failed: a person should look at it.
bool alarming(const schemas::Event& event) {
  constexpr std::array patterns{"*unauthorized*",      "cancel_auth",
                                "cancel_special_auth", "*revoke*",
                                "*cancellation*",      "*fail*",
                                "*not_pass*",          "*illegal*",
                                "*expired*",           "balance_*",
                                "*unavailable*",       "delete_link",
                                "unlicensed_notify",   "close_inactive_agent",
                                "alert.raised"};
  const auto word = lower(event.event), change = lower(event.change_type);
  return std::any_of(patterns.begin(), patterns.end(), [&](std::string_view pattern) {
    return matches(pattern, word) || matches(pattern, change) || matches(pattern, event.type);
  });
}

schemas::Attributes context_of(const schemas::Event& event) {
  schemas::Attributes context;
  for (const auto& [name, value] : event.attributes) {
    if (context.size() == kMostContext) break;
    if (!value.empty() && !value.starts_with("sealed:")) context.emplace_back(name, head(value, kLongestContext));
  }
  return context;
}

// For people: what happened, to whom, and why where the platform says so.
std::string message_of(const schemas::Event& event) {
  const auto word = event.change_type.empty() ? event.event : event.event + " " + event.change_type;
  auto message = word.empty() || word == event.type ? event.type : fmt::format("{} ({})", event.type, word);
  if (!event.subject.empty()) message += fmt::format(" of {}", head(event.subject, kLongestContext));
  for (const auto name :
       {"Reason", "reason", "FailReason", "msg", "BatchJob.ErrMsg", "ErrMsg", "data.title", "data.error_message"})
    if (const auto why = schemas::attribute(event.attributes, name); !why.empty() && !why.starts_with("sealed:"))
      return message + fmt::format(": {}", head(why, kLongestContext));
  return message;
}
}  // namespace

std::optional<schemas::LogWritten> log_of(const schemas::Event& event) {
  const auto module = module_of(event);
  if (module.empty()) return std::nullopt;
  return schemas::LogWritten{schemas::origin_of(event),
                             schemas::derived_id(event.id, "log"),
                             alarming(event) ? "warn" : "info",
                             event.platform,
                             std::string(module),
                             event.type,
                             message_of(event),
                             context_of(event)};
}

schemas::LogWritten identity_collision(const schemas::Event& event) {
  return {schemas::origin_of(event),
          schemas::derived_id(event.id, "log:collision"),
          "warn",
          "process",
          "collision",
          "identity.collided",
          "another event within the dedupe window has the same identity and other bytes; both are kept",
          {{"identity", event.identity}}};
}

}  // namespace wxpipe::processors
