// 企业微信 (docs/protocol.md §10.4): a corporation's own application, and a suite's data and commands.
#include <fmt/format.h>

#include <array>

#include "simulate/topic.hpp"
#include "simulate/words.hpp"

namespace wxpipe::simulate {
namespace {
using ingest::AccountKind;

int64_t agent(const Scene& scene) { return scene.speaker.account.agent_id.value_or(1'000'002); }
const Colleague& member(const Scene& scene) { return colleagues()[scene.person % colleagues().size()]; }
// The member who serves the customer: always the same one.
const Colleague& owner(const Scene& scene) { return colleagues()[mixed(scene.person) % colleagues().size()]; }
std::string external_user(const Scene& scene) { return scene.speaker.external_user(scene.person); }

// A member writes to the application. In suite data the corporation is the tenant.
void head(Scene& scene, std::string_view from, std::string_view msg_type) {
  const bool data = scene.speaker.account.kind == AccountKind::wework_suite_data;
  if (data) scene.tenant = scene.speaker.tenants[scene.person % scene.speaker.tenants.size()];
  scene.body.text("ToUserName", data ? scene.tenant : scene.speaker.account.corp_id);
  scene.body.text("FromUserName", from);
  scene.body.number("CreateTime", scene.second);
  scene.body.text("MsgType", msg_type);
}

void message(Scene& scene, std::string_view msg_type) {
  scene.subject = member(scene).user_id;
  head(scene, scene.subject, msg_type);
}
void tail(Scene& scene) {
  scene.body.number("MsgId", scene.message_id());
  scene.body.number("AgentID", agent(scene));
}
void text(Scene& scene) {
  message(scene, "text");
  scene.body.text("Content", scene.random.pick(member_sentences()));
  tail(scene);
}
void image(Scene& scene) {
  message(scene, "image");
  scene.body.text("PicUrl", url(scene.random, "wework.qpic.cn/wwpic"));
  scene.body.text("MediaId", scene.random.letters(64, kIdLetters));
  tail(scene);
}
void voice(Scene& scene) {
  message(scene, "voice");
  scene.body.text("MediaId", scene.random.letters(64, kIdLetters));
  scene.body.text("Format", "amr");
  tail(scene);
}
void video(Scene& scene) {
  message(scene, "video");
  scene.body.text("MediaId", scene.random.letters(64, kIdLetters));
  scene.body.text("ThumbMediaId", scene.random.letters(64, kIdLetters));
  tail(scene);
}
void location(Scene& scene) {
  const auto& place = scene.random.pick(places());
  message(scene, "location");
  scene.body.bare("Location_X", placed(place.latitude, scene.random));
  scene.body.bare("Location_Y", placed(place.longitude, scene.random));
  scene.body.number("Scale", 15);
  scene.body.text("Label", fmt::format("{}{}", place.city, place.address));
  tail(scene);
  scene.body.text("AppType", "wxwork");
}
void link(Scene& scene) {
  message(scene, "link");
  scene.body.text("Title", scene.random.pick(article_titles()));
  scene.body.text("Description", "点击查看全文");
  scene.body.text("Url", url(scene.random, "mp.weixin.qq.com/s"));
  scene.body.text("PicUrl", url(scene.random, "wework.qpic.cn/wwpic"));
  tail(scene);
}

// --- A member and the application ---

void event(Scene& scene, std::string_view word) {
  message(scene, "event");
  scene.body.text("Event", word);
}
void entered(Scene& scene) {
  event(scene, "enter_agent");
  scene.body.text("EventKey", "");
  scene.body.number("AgentID", agent(scene));
}
void subscribed(Scene& scene) {
  event(scene, "subscribe");
  scene.body.number("AgentID", agent(scene));
}
void click(Scene& scene) {
  event(scene, "click");
  scene.body.text("EventKey", scene.random.pick(scene.speaker.menu).first);
  scene.body.number("AgentID", agent(scene));
}
void view(Scene& scene) {
  event(scene, "view");
  scene.body.text("EventKey", fmt::format("https://crm.example.com/report/{}", scene.random.between(1, 90)));
  scene.body.number("AgentID", agent(scene));
}
void scancode(Scene& scene) {
  event(scene, "scancode_push");
  scene.body.text("EventKey", "SCAN_ASSET");
  scene.body.open("ScanCodeInfo");
  scene.body.text("ScanType", "qrcode");
  scene.body.text("ScanResult", "ASSET-" + scene.random.letters(8, kDigits));
  scene.body.close();
  scene.body.number("AgentID", agent(scene));
}
void location_report(Scene& scene) {
  const auto& place = scene.random.pick(places());
  event(scene, "LOCATION");
  scene.body.bare("Latitude", placed(place.latitude, scene.random));
  scene.body.bare("Longitude", placed(place.longitude, scene.random));
  scene.body.number("Precision", 65);
  scene.body.number("AgentID", agent(scene));
  scene.body.text("AppType", "wxwork");
}
void card_answered(Scene& scene) {
  event(scene, "template_card_event");
  scene.body.text("EventKey", scene.random.chance(0.6) ? "agree" : "later");
  scene.body.text("TaskId", "task_" + scene.random.letters(16, kLettersAndDigits));
  scene.body.text("CardType", "vote_interaction");
  scene.body.text("ResponseCode", scene.secret(48));
  scene.body.number("AgentID", agent(scene));
  scene.body.open("SelectedItems");
  scene.body.begin_list("SelectedItem");
  scene.body.open_item();
  scene.body.text("QuestionKey", "visit_time");
  scene.body.open("OptionIds");
  scene.body.text("OptionId", scene.random.chance(0.5) ? "am" : "pm");
  scene.body.close();
  scene.body.close();
  scene.body.end_list();
  scene.body.close();
}
void card_menu(Scene& scene) {
  event(scene, "template_card_menu_event");
  scene.body.text("EventKey", "mute_notice");
  scene.body.text("TaskId", "task_" + scene.random.letters(16, kLettersAndDigits));
  scene.body.text("CardType", "text_notice");
  scene.body.text("ResponseCode", scene.secret(48));
  scene.body.number("AgentID", agent(scene));
}
void living(Scene& scene) {
  event(scene, "living_status_change");
  scene.body.text("LivingId", "lv" + scene.random.letters(26, kIdLetters));
  scene.body.number("Status", scene.random.between(0, 4));
  scene.body.number("AgentID", agent(scene));
}
void schedule(Scene& scene) {
  event(scene, "add_schedule");
  scene.body.text("CalId", "wc" + scene.random.letters(30, kIdLetters));
  scene.body.text("ScheduleId", scene.random.letters(32, kHex));
}
void meeting_room(Scene& scene) {
  event(scene, "book_meeting_room");
  scene.body.number("MeetingRoomId", scene.random.between(1, 20));
  scene.body.text("BookingId", "bk" + scene.random.letters(30, kIdLetters));
}

// --- Changes, in both forms: an application's (Event, sent by sys) and a suite command's (InfoType) ---

void change(Scene& scene, std::string_view word, std::string_view change_type) {
  auto& body = scene.body;
  scene.subject.clear();
  if (scene.speaker.account.kind == AccountKind::wework_suite_command) {
    scene.tenant = scene.speaker.tenants[scene.person % scene.speaker.tenants.size()];
    body.text("SuiteId", scene.speaker.account.suite_id);
    body.text("AuthCorpId", scene.tenant);
    body.text("InfoType", word);
    body.number("TimeStamp", scene.second);
  } else {
    head(scene, "sys", "event");
    body.text("Event", word);
  }
  if (!change_type.empty()) body.text("ChangeType", change_type);
}

void member_changed(Scene& scene, std::string_view change_type) {
  change(scene, "change_contact", change_type);
  scene.subject = member(scene).user_id;
  scene.body.text("UserID", scene.subject);
  if (change_type == "delete_user") return;
  scene.body.text("Name", member(scene).name);
  scene.body.text("Department", fmt::format("{},{}", scene.random.between(1, 4), scene.random.between(5, 9)));
  scene.body.number("MainDepartment", 1);
  scene.body.text("Position", "客户经理");
  scene.body.number("Status", 1);
}
void member_created(Scene& scene) { member_changed(scene, "create_user"); }
void member_updated(Scene& scene) { member_changed(scene, "update_user"); }
void member_deleted(Scene& scene) { member_changed(scene, "delete_user"); }
void department(Scene& scene, std::string_view change_type) {
  change(scene, "change_contact", change_type);
  scene.body.number("Id", 2 + static_cast<int64_t>(scene.serial % 500));
  if (change_type != "delete_party") scene.body.text("Name", fmt::format("华东{}区", scene.random.between(1, 9)));
  scene.body.number("ParentId", 1);
}
void department_created(Scene& scene) { department(scene, "create_party"); }
void department_updated(Scene& scene) { department(scene, "update_party"); }
void department_deleted(Scene& scene) { department(scene, "delete_party"); }
void member_tag(Scene& scene) {
  change(scene, "change_contact", "update_tag");
  scene.body.number("TagId", scene.random.between(1, 30));
  scene.body.text("AddUserItems", fmt::format("{},{}", member(scene).user_id, owner(scene).user_id));
  scene.body.text("DelUserItems", "");
}

void contact(Scene& scene, std::string_view change_type) {
  change(scene, "change_external_contact", change_type);
  scene.subject = external_user(scene);
  scene.body.text("UserID", owner(scene).user_id);
  scene.body.text("ExternalUserID", scene.subject);
}
void joined(Scene& scene, std::string_view change_type) {
  contact(scene, change_type);
  if (scene.random.chance(0.6)) scene.body.text("State", scene.random.pick(scene.speaker.scenes).first);
  if (scene.random.chance(0.9)) scene.body.text("WelcomeCode", scene.secret(43));
}
void contact_added(Scene& scene) { joined(scene, "add_external_contact"); }
void contact_half_added(Scene& scene) { joined(scene, "add_half_external_contact"); }
void contact_edited(Scene& scene) { contact(scene, "edit_external_contact"); }
void contact_removed(Scene& scene) {
  contact(scene, "del_external_contact");
  scene.body.text("Source", scene.random.chance(0.5) ? "DELETE_BY_TRANSFER" : "");
}
void contact_left(Scene& scene) { contact(scene, "del_follow_user"); }
void transfer_failed(Scene& scene) {
  contact(scene, "transfer_fail");
  scene.body.text("FailReason", scene.random.chance(0.5) ? "customer_refused" : "customer_limit_exceed");
}
void archive_approved(Scene& scene) {
  contact(scene, "msg_audit_approved");
  scene.body.text("WelcomeCode", scene.secret(43));
}

void group(Scene& scene, std::string_view change_type, std::string_view detail = {}) {
  change(scene, "change_external_chat", change_type);
  scene.subject = scene.speaker.chat(scene.person % 40);
  scene.body.text("ChatId", scene.subject);
  if (!detail.empty()) scene.body.text("UpdateDetail", detail);
}
void members(Scene& scene, bool came) {
  group(scene, "update", came ? "add_member" : "del_member");
  if (came)
    scene.body.number("JoinScene", scene.random.chance(0.7) ? 3 : 0);
  else
    scene.body.number("QuitScene", scene.random.chance(0.7) ? 0 : 1);
  scene.body.number("MemChangeCnt", 2);
  scene.body.open("MemChangeList");
  scene.body.begin_list("Item");
  scene.body.text_item(external_user(scene));
  scene.body.text_item(scene.speaker.external_user(scene.random.below(scene.speaker.subjects)));
  scene.body.end_list();
  scene.body.close();
  scene.body.text("LastMemVer", scene.random.letters(32, kHex));
  scene.body.text("CurMemVer", scene.random.letters(32, kHex));
}
void group_created(Scene& scene) { group(scene, "create"); }
void group_dismissed(Scene& scene) { group(scene, "dismiss"); }
void group_joined(Scene& scene) { members(scene, true); }
void group_left(Scene& scene) { members(scene, false); }
void group_renamed(Scene& scene) { group(scene, "update", "change_name"); }
void group_owner(Scene& scene) { group(scene, "update", "change_owner"); }
void group_notice(Scene& scene) { group(scene, "update", "change_notice"); }

void tag(Scene& scene, std::string_view change_type) {
  change(scene, "change_external_tag", change_type);
  scene.body.text("Id", "et" + scene.random.letters(30, kIdLetters));
  if (change_type != "shuffle") scene.body.text("TagType", scene.random.chance(0.8) ? "tag" : "tag_group");
  scene.body.number("StrategyId", 1);
}
void tag_created(Scene& scene) { tag(scene, "create"); }
void tag_updated(Scene& scene) { tag(scene, "update"); }
void tag_deleted(Scene& scene) { tag(scene, "delete"); }
void tag_shuffled(Scene& scene) { tag(scene, "shuffle"); }

std::string acquisition_link(Scene& scene) {
  return "ca" + Random(scene.speaker.seed + scene.random.below(4)).letters(16, kHex);
}
void acquired(Scene& scene, std::string_view change_type) {
  change(scene, "customer_acquisition", change_type);
  scene.subject = external_user(scene);
  scene.body.text("LinkId", acquisition_link(scene));
  scene.body.text("UserID", owner(scene).user_id);
  scene.body.text("ExternalUserID", scene.subject);
  scene.body.text("State", scene.random.pick(scene.speaker.scenes).first);
}
void friend_requested(Scene& scene) { acquired(scene, "friend_request"); }
void chat_started(Scene& scene) { acquired(scene, "customer_start_chat"); }
void link_unavailable(Scene& scene) {
  change(scene, "customer_acquisition", "link_unavailable");
  scene.body.text("LinkId", acquisition_link(scene));
}
void balance_low(Scene& scene) { change(scene, "customer_acquisition", "balance_low"); }

// Customer service events have no sender.
void kf_message(Scene& scene) {
  scene.subject = scene.speaker.service_account(scene.person % 3);
  scene.body.text("ToUserName", scene.speaker.account.corp_id);
  scene.body.number("CreateTime", scene.second);
  scene.body.text("MsgType", "event");
  scene.body.text("Event", "kf_msg_or_event");
  scene.body.text("Token", "ENC" + scene.secret(44));
  scene.body.text("OpenKfId", scene.subject);
}
void kf_authorization(Scene& scene) {
  change(scene, "kf_account_auth_change", {});
  scene.body.text("AuthAddOpenKfId", scene.speaker.service_account(0));
  scene.body.text("AuthAddOpenKfId", scene.speaker.service_account(1));
  scene.body.text("AuthDelOpenKfId", scene.speaker.service_account(2));
}
void archive(Scene& scene) {
  change(scene, "msgaudit_notify", {});
  scene.body.number("AgentID", 2'000'004);
}

void approval(Scene& scene) {
  change(scene, "sys_approval_change", {});
  scene.subject = member(scene).user_id;
  auto& body = scene.body;
  body.number("AgentID", 3'010'040);
  body.open("ApprovalInfo");
  body.bare("SpNo", fmt::format("2026{}", scene.random.letters(8, kDigits)));
  body.text("SpName", scene.random.chance(0.5) ? "报销申请" : "合同用印");
  body.number("SpStatus", scene.random.between(1, 3));
  body.text("TemplateId", Random(scene.speaker.seed).letters(43, kIdLetters));
  body.number("ApplyTime", scene.second - scene.random.between(60, 86400));
  body.open("Applyer");
  body.text("UserId", scene.subject);
  body.text("Party", "1");
  body.close();
  body.begin_list("SpRecord");
  for (int i = 0; i < 2; ++i) {
    body.open_item();
    body.number("SpStatus", 1);
    body.number("ApproverAttr", 1);
    body.open("Details");
    body.open("Approver");
    body.text("UserId", scene.random.pick(colleagues()).user_id);
    body.close();
    body.text("Speech", i == 0 ? "同意" : "");
    body.number("SpStatus", 1);
    body.number("SpTime", 0);
    body.close();
    body.close();
  }
  body.end_list();
  body.number("StatuChangeEvent", scene.random.between(1, 2));
  body.close();
}
void open_approval(Scene& scene) {
  change(scene, "open_approval_change", {});
  scene.subject = member(scene).user_id;
  auto& body = scene.body;
  body.number("AgentID", agent(scene));
  body.open("ApprovalInfo");
  body.text("ThirdNo", scene.random.letters(12, kDigits));
  body.text("OpenSpName", "付款");
  body.number("OpenSpStatus", scene.random.between(1, 2));
  body.number("ApplyTime", scene.second - 60);
  body.text("ApplyUserName", member(scene).name);
  body.text("ApplyUserId", scene.subject);
  body.close();
}
void job(Scene& scene) {
  change(scene, "batch_job_result", {});
  scene.body.open("BatchJob");
  scene.body.text("JobId", "jobid_" + scene.random.letters(43, kIdLetters));
  scene.body.text("JobType", "sync_user");
  scene.body.number("ErrCode", 0);
  scene.body.text("ErrMsg", "ok");
  scene.body.close();
}
void upload(Scene& scene) {
  change(scene, "upload_media_job_finish", {});
  scene.body.text("JobId", "jobid_" + scene.random.letters(43, kIdLetters));
}
void invention(Scene& scene) {
  event(scene, "smart_sheet_change");
  scene.body.text("DocId", "dc" + scene.random.letters(30, kIdLetters));
  scene.body.number("AgentID", agent(scene));
}

// --- A suite's life ---

void info(Scene& scene, std::string_view info_type, bool of_corp = true) {
  scene.subject.clear();
  scene.body.text("SuiteId", scene.speaker.account.suite_id);
  if (of_corp) {
    scene.tenant = scene.random.pick(scene.speaker.tenants);
    scene.body.text("AuthCorpId", scene.tenant);
  }
  scene.body.text("InfoType", info_type);
  scene.body.number("TimeStamp", scene.second);
}
void suite_ticket(Scene& scene) {
  info(scene, "suite_ticket", false);
  scene.body.text("SuiteTicket", scene.secret(64));
}
void created(Scene& scene) {
  info(scene, "create_auth", false);
  scene.body.text("AuthCode", scene.secret(100));
  scene.body.text("State", "partner");
}
void changed(Scene& scene) {
  info(scene, "change_auth");
  scene.body.text("State", "");
}
void cancelled(Scene& scene) { info(scene, "cancel_auth"); }
void reset(Scene& scene) {
  info(scene, "reset_permanent_code", false);
  scene.body.text("AuthCode", scene.secret(100));
}
void shared(Scene& scene) {
  info(scene, "share_agent_change");
  scene.body.number("AgentId", agent(scene));
}
void licence_paid(Scene& scene) {
  info(scene, "license_pay_success");
  scene.body.text("ServiceCorpId", scene.speaker.account.provider_corp_id);
  scene.body.text("OrderId", "OI" + scene.random.letters(16, kDigits));
  scene.body.text("BuyerUserId", owner(scene).user_id);
}
void unlicensed(Scene& scene) { info(scene, "unlicensed_notify"); }

constexpr std::array kApp{
    Topic{"message.text", 14, text},
    Topic{"message.image", 3, image},
    Topic{"message.voice", 2, voice},
    Topic{"message.video", 1, video},
    Topic{"message.location", 1, location},
    Topic{"message.link", 1, link},
    Topic{"agent.entered", 5, entered},
    Topic{"menu.clicked", 4, click},
    Topic{"menu.link_opened", 2, view},
    Topic{"menu.code_scanned", 1, scancode},
    Topic{"location.reported", 1, location_report},
    Topic{"template_card.answered", 3, card_answered},
    Topic{"template_card.menu_clicked", 1, card_menu},
    Topic{"living.changed", 1, living},
    Topic{"schedule.added", 1, schedule},
    Topic{"meeting_room.booked", 1, meeting_room},
    Topic{"member.created", 1, member_created},
    Topic{"member.updated", 2, member_updated},
    Topic{"member.deleted", 1, member_deleted},
    Topic{"department.created", 1, department_created},
    Topic{"department.updated", 1, department_updated},
    Topic{"department.deleted", 1, department_deleted},
    Topic{"member_tag.updated", 1, member_tag},
    Topic{"contact.added", 0, contact_added, Who::follower, Effect::joins},
    Topic{"contact.half_added", 1, contact_half_added},
    Topic{"contact.edited", 8, contact_edited, Who::follower},
    Topic{"contact.removed_by_member", 1, contact_removed, Who::follower, Effect::leaves},
    Topic{"contact.removed_by_customer", 3, contact_left, Who::follower, Effect::leaves},
    Topic{"contact.transfer_failed", 1, transfer_failed, Who::follower},
    Topic{"contact.archive_approved", 2, archive_approved, Who::follower},
    Topic{"group.created", 2, group_created},
    Topic{"group.member_joined", 8, group_joined},
    Topic{"group.member_left", 2, group_left},
    Topic{"group.renamed", 1, group_renamed},
    Topic{"group.owner_changed", 1, group_owner},
    Topic{"group.notice_changed", 1, group_notice},
    Topic{"group.dismissed", 1, group_dismissed},
    Topic{"customer_tag.created", 2, tag_created, Who::nobody},
    Topic{"customer_tag.updated", 1, tag_updated, Who::nobody},
    Topic{"customer_tag.deleted", 1, tag_deleted, Who::nobody},
    Topic{"customer_tag.shuffled", 1, tag_shuffled, Who::nobody},
    Topic{"acquisition.friend_requested", 2, friend_requested},
    Topic{"acquisition.chat_started", 2, chat_started},
    Topic{"acquisition.link_unavailable", 1, link_unavailable, Who::nobody},
    Topic{"acquisition.balance_low", 1, balance_low, Who::nobody},
    Topic{"kf.message_available", 8, kf_message},
    Topic{"kf.authorization_changed", 1, kf_authorization, Who::nobody},
    Topic{"archive.available", 3, archive, Who::nobody},
    Topic{"approval.changed", 3, approval, Who::person, Effect::none, false},
    Topic{"approval.changed", 1, open_approval, Who::person, Effect::none, false},
    Topic{"job.finished", 1, job, Who::nobody},
    Topic{"job.finished", 1, upload, Who::nobody},
    Topic{"unknown.smart_sheet_change", 1, invention, Who::person, Effect::none, false},
};

constexpr std::array kSuiteCommand{
    Topic{"ticket.suite", 3, suite_ticket, Who::nobody},
    Topic{"authorization.granted", 1, created, Who::nobody},
    Topic{"authorization.updated", 2, changed, Who::nobody},
    Topic{"authorization.revoked", 1, cancelled, Who::nobody},
    Topic{"authorization.reset", 1, reset, Who::nobody},
    Topic{"member.created", 2, member_created},
    Topic{"member.updated", 2, member_updated},
    Topic{"member_tag.updated", 1, member_tag},
    Topic{"contact.added", 4, contact_added},
    Topic{"contact.edited", 2, contact_edited},
    Topic{"contact.removed_by_customer", 1, contact_left},
    Topic{"group.member_joined", 2, group_joined},
    Topic{"application.shared", 1, shared, Who::nobody},
    Topic{"licence.paid", 1, licence_paid, Who::nobody},
    Topic{"licence.missing", 1, unlicensed, Who::nobody},
};

constexpr std::array kSuiteData{
    Topic{"message.text", 10, text},
    Topic{"message.image", 2, image},
    Topic{"message.location", 1, location},
    Topic{"follower.subscribed", 2, subscribed},
    Topic{"agent.entered", 4, entered},
    Topic{"menu.clicked", 3, click},
    Topic{"template_card.answered", 2, card_answered},
    Topic{"approval.changed", 1, open_approval, Who::person, Effect::none, false},
};

}  // namespace

std::span<const Topic> wework_app_topics() { return kApp; }
std::span<const Topic> suite_command_topics() { return kSuiteCommand; }
std::span<const Topic> suite_data_topics() { return kSuiteData; }

}  // namespace wxpipe::simulate
