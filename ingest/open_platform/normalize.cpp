#include "ingest/open_platform/normalize.hpp"

#include <array>

#include "ingest/catalogue.hpp"

namespace wxpipe::ingest::open_platform {
namespace {

constexpr std::array kEvents{
    EventRule{"authorized", "", "authorization.granted", kNobody, "", "AuthorizerAppid T AuthorizationCode"},
    EventRule{"component_verify_ticket", "", "ticket.component", kNobody, "", "T"},
    EventRule{"notify_3rd_wxa_auth", "", "audit.verification", kNobody, "message", "appid T taskid"},
    EventRule{"notify_3rd_wxa_wxverify", "", "audit.verification_step", kNobody, "message", "appid T taskid"},
    EventRule{"notify_apply_icpfiling_result", "", "audit.icp_filing", kNobody, "", "authorizer_appid T beian_status"},
    EventRule{"notify_icpfiling_verify_result", "", "audit.icp_verification", kNobody, "", "verify_appid T task_id"},
    EventRule{"notify_third_fasteregister", "", "audit.registration", kNobody, "msg", "appid T status info.code"},
    EventRule{"notify_third_fastregisterbetaapp", "", "audit.trial_registration", kNobody, "msg", "appid T status"},
    EventRule{"notify_third_fastverifybetaapp", "", "audit.trial_verification", kNobody, "msg", "appid T status"},
    EventRule{"order_path_apply_result_notify", "", "audit.order_path_applied", kNobody, "", "appid T"},
    EventRule{"order_path_audit_result_notify", "", "audit.order_path", kNobody, "", "appid T"},
    EventRule{"unauthorized", "", "authorization.revoked", kNobody, "", "AuthorizerAppid T"},
    EventRule{"updateauthorized", "", "authorization.updated", kNobody, "", "AuthorizerAppid T AuthorizationCode"},
    EventRule{"wxa_nickname_audit", "", "audit.nickname", kNobody, "nickname reason", "appid T nickname"},
};
static_assert(is_sorted(kEvents));

constexpr Catalogue kCatalogue{kEvents, {}, "AuthorizerAppid appid T", false};

}  // namespace

Vocabulary vocabulary() { return {kEvents, {}}; }

Result<schemas::Event> normalize(const Document& document, const NormalizeContext& context) {
  Draft draft(document, context, "open_platform");
  read_words(draft, kCatalogue);
  return draft.finish();
}

}  // namespace wxpipe::ingest::open_platform
