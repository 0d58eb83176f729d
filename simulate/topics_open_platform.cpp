// The 第三方平台's own events (docs/protocol.md §10.3): tickets, and what the authorised accounts do.
#include <fmt/format.h>

#include <array>

#include "simulate/topic.hpp"
#include "simulate/words.hpp"

namespace wxpipe::simulate {
namespace {

void info(Scene& scene, std::string_view info_type) {
  scene.body.text("AppId", scene.speaker.account.component_app_id);
  scene.body.number("CreateTime", scene.second);
  scene.body.text("InfoType", info_type);
}
void of_account(Scene& scene, std::string_view info_type) {
  scene.tenant = scene.random.pick(scene.speaker.tenants);
  info(scene, info_type);
  scene.body.text("AuthorizerAppid", scene.tenant);
}

void ticket(Scene& scene) {
  info(scene, "component_verify_ticket");
  scene.body.text("ComponentVerifyTicket", "ticket@@@" + scene.secret(80));
}
void granted(Scene& scene, std::string_view info_type) {
  of_account(scene, info_type);
  scene.body.text("AuthorizationCode", "queryauthcode@@@" + scene.secret(60));
  scene.body.number("AuthorizationCodeExpiredTime", scene.second + 3600);
  scene.body.text("PreAuthCode", "preauthcode@@@" + scene.secret(60));
}
void authorized(Scene& scene) { granted(scene, "authorized"); }
void updated(Scene& scene) { granted(scene, "updateauthorized"); }
void unauthorized(Scene& scene) { of_account(scene, "unauthorized"); }
void registered(Scene& scene) {
  info(scene, "notify_third_fasteregister");
  scene.body.text("appid", "wx" + scene.random.letters(16, kHex));
  scene.body.number("status", 0);
  scene.body.text("auth_code", scene.secret(64));
  scene.body.text("msg", "OK");
  scene.body.open("info");
  scene.body.text("name", scene.random.pick(companies()));
  scene.body.text("code", "91" + scene.random.letters(16, kDigits));
  scene.body.number("code_type", 1);
  scene.body.close();
}

constexpr std::array kTopics{
    Topic{"ticket.component", 4, ticket, Who::nobody},
    Topic{"authorization.granted", 2, authorized, Who::nobody},
    Topic{"authorization.updated", 2, updated, Who::nobody},
    Topic{"authorization.revoked", 1, unauthorized, Who::nobody},
    Topic{"audit.registration", 1, registered, Who::nobody},
};
}  // namespace

std::span<const Topic> open_platform_topics() { return kTopics; }

}  // namespace wxpipe::simulate
