// Standard Webhooks senders: WeWork instances, and lead forms with the other channels. {"type", "timestamp", "data"}.
#include <fmt/format.h>

#include <array>

#include "common/clock.hpp"
#include "simulate/topic.hpp"
#include "simulate/words.hpp"

namespace wxpipe::simulate {
namespace {

void begin(Scene& scene, std::string_view type) {
  scene.body.text("type", type);
  scene.body.text("timestamp", to_iso8601(Timestamp(std::chrono::seconds(scene.second))));
  scene.body.open("data");
}
void end(Scene& scene) { scene.body.close(); }

// --- A WeWork instance ---

std::string own_wxid(const Scene& scene) { return scene.speaker.wxid(scene.speaker.subjects); }
std::string group_wxid(const Scene& scene, uint64_t group) {
  return fmt::format("{}@chatroom", 10'000'000'000 + scene.speaker.seed % 1'000'000'000 + group);
}
std::string uuid(Scene& scene) {
  return fmt::format("{}-{}-4{}-a{}-{}", scene.random.letters(8, kHex), scene.random.letters(4, kHex),
                     scene.random.letters(3, kHex), scene.random.letters(3, kHex), scene.random.letters(12, kHex));
}
void of_instance(Scene& scene, std::string_view type) {
  begin(scene, type);
  scene.body.text("instance_id", scene.speaker.account.instance_id);
  scene.body.text("account", own_wxid(scene));
}

void instance_message(Scene& scene, std::string_view type, std::string_view message_type) {
  const bool group = scene.random.chance(0.3), incoming = type == "message.received";
  const std::string friend_wxid = scene.speaker.wxid(scene.person);
  of_instance(scene, type);
  auto& body = scene.body;
  body.text("message_uuid", uuid(scene));
  body.text("chat_type", group ? "group" : "private");
  scene.subject = group ? group_wxid(scene, scene.person % 9) : friend_wxid;
  body.text("chat_wxid", scene.subject);
  body.text("sender_wxid", incoming ? friend_wxid : own_wxid(scene));
  body.text("message_type", message_type);
  if (message_type == "text") {
    body.text("content", sentence(scene.random));
  } else {
    body.text("file_name", scene.random.pick(file_names()));
    body.text("media_url", url(scene.random, "cdn.example.com"));
    body.number("media_size", scene.random.between(10'000, 5'000'000));
  }
  end(scene);
}
void received_text(Scene& scene) { instance_message(scene, "message.received", "text"); }
void received_image(Scene& scene) { instance_message(scene, "message.received", "image"); }
void received_file(Scene& scene) { instance_message(scene, "message.received", "file"); }
void sent_text(Scene& scene) { instance_message(scene, "message.sent", "text"); }
void message_status(Scene& scene) {
  of_instance(scene, "message.status");
  scene.subject = scene.speaker.wxid(scene.person);
  scene.body.text("message_uuid", uuid(scene));
  scene.body.text("chat_wxid", scene.subject);
  const bool failed = scene.random.chance(0.1);
  scene.body.text("send_status", failed ? "failed" : "sent");
  if (failed) scene.body.text("error_message", "对方拒收了你的消息");
  end(scene);
}
void contact(Scene& scene, std::string_view type) {
  of_instance(scene, type);
  scene.subject = scene.speaker.wxid(scene.person);
  scene.body.text("wxid", scene.subject);
  scene.body.text("nickname", scene.speaker.person_name(scene.person));
  scene.body.text("remark", "");
  scene.body.text("add_source", "扫码");
  end(scene);
}
void contact_added(Scene& scene) { contact(scene, "contact.added"); }
void contact_updated(Scene& scene) { contact(scene, "contact.updated"); }
void contact_deleted(Scene& scene) { contact(scene, "contact.deleted"); }
void contact_left(Scene& scene) { contact(scene, "contact.deleted_us"); }
void group(Scene& scene, std::string_view type) {
  of_instance(scene, type);
  scene.subject = group_wxid(scene, scene.person % 9);
  scene.body.text("group_wxid", scene.subject);
  scene.body.text("group_name", group_names()[scene.person % 6]);
  scene.body.number("member_count", scene.random.between(3, 480));
  scene.body.begin_list("members");
  scene.body.open_item();
  scene.body.text("wxid", scene.speaker.wxid(scene.person));
  scene.body.text("nickname", scene.speaker.person_name(scene.person));
  scene.body.close();
  scene.body.end_list();
  end(scene);
}
void group_created(Scene& scene) { group(scene, "group.created"); }
void group_joined(Scene& scene) { group(scene, "group.member_joined"); }
void group_left(Scene& scene) { group(scene, "group.member_left"); }
void heartbeat(Scene& scene) {
  of_instance(scene, "instance.heartbeat");
  scene.body.text("status", "online");
  scene.body.number("current_accounts", scene.random.between(1, 10));
  scene.body.bare("cpu_usage", fmt::format("{}.{}", scene.random.between(2, 80), scene.random.between(0, 9)));
  end(scene);
}
void account_status(Scene& scene) {
  of_instance(scene, "account.status_changed");
  scene.body.text("status", scene.random.chance(0.7) ? "online" : "offline");
  end(scene);
}
void instance_status(Scene& scene) {
  of_instance(scene, "instance.status_changed");
  scene.body.text("status", "error");
  scene.body.text("error_message", "proxy unreachable");
  end(scene);
}
void task(Scene& scene) {
  of_instance(scene, "task.finished");
  scene.body.text("task_uuid", uuid(scene));
  scene.body.text("task_name", "周末福利群发");
  scene.body.number("target_count", 320);
  scene.body.number("success_count", 320 - scene.random.between(0, 9));
  end(scene);
}
void alert(Scene& scene) {
  of_instance(scene, "alert.raised");
  scene.body.text("alert_uuid", uuid(scene));
  scene.body.text("level", "WARNING");
  scene.body.text("title", "内存占用过高");
  scene.body.text("message", "instance memory above 90 %");
  end(scene);
}

// --- Lead forms and other channels ---

void lead(Scene& scene, std::string_view type) {
  begin(scene, type);
  scene.subject = scene.speaker.phone(scene.person);
  scene.body.text("contact_phone", scene.subject);
  scene.body.text("utm_source", scene.random.pick(utm_sources()));
  scene.body.text("utm_medium", "cpc");
  scene.body.text("utm_campaign", scene.random.pick(campaigns()));
}
void form(Scene& scene) {
  const auto& place = scene.random.pick(places());
  lead(scene, "form_submit");
  auto& body = scene.body;
  body.text("contact_name", scene.speaker.person_name(scene.person));
  body.text("contact_email", fmt::format("user{}@example.com", scene.person));
  body.text("company_name", scene.random.pick(companies()));
  body.text("company_industry", scene.random.pick(industries()));
  body.text("company_size", scene.random.pick(company_sizes()));
  body.text("province", place.province);
  body.text("city", place.city);
  body.text("district", place.district);
  body.text("message", scene.random.pick(form_messages()));
  end(scene);
}
void page_viewed(Scene& scene) {
  begin(scene, "page_view");
  scene.subject = fmt::format("v-{:012x}", mixed(scene.speaker.seed, scene.person) >> 16);
  scene.body.text("visitor_id", scene.subject);
  scene.body.text("url", fmt::format("https://www.example.com/product/{}", scene.random.between(1, 400)));
  scene.body.text("utm_source", scene.random.pick(utm_sources()));
  scene.body.number("seconds_on_page", scene.random.between(2, 300));
  end(scene);
}
void told(Scene& scene, std::string_view type, std::string_view name, std::string_view value) {
  lead(scene, type);
  scene.body.text(name, value);
  end(scene);
}
void chat_started(Scene& scene) { told(scene, "chat_start", "message", "你好，在线吗？"); }
void chat_message(Scene& scene) { told(scene, "chat_message", "message", sentence(scene.random)); }
void email_opened(Scene& scene) { told(scene, "email_open", "subject", scene.random.pick(article_titles())); }
void link_clicked(Scene& scene) { told(scene, "link_click", "url", "https://www.example.com/pricing"); }
void downloaded(Scene& scene) { told(scene, "download", "file_name", "产品白皮书.pdf"); }
void attended(Scene& scene) { told(scene, "event_attend", "event_name", "春季新品发布会"); }
void call(Scene& scene) { told(scene, "call", "duration_seconds", "184"); }
void invention(Scene& scene) { told(scene, "coupon_shared", "coupon", scene.random.letters(10, kLettersAndDigits)); }

constexpr std::array kInstance{
    Topic{"message.text", 20, received_text},
    Topic{"message.image", 4, received_image},
    Topic{"message.file", 2, received_file},
    Topic{"outgoing.text", 8, sent_text},
    Topic{"receipt.message_sent", 6, message_status},
    Topic{"contact.added", 4, contact_added},
    Topic{"contact.edited", 2, contact_updated},
    Topic{"contact.removed_by_member", 1, contact_deleted},
    Topic{"contact.removed_by_customer", 1, contact_left},
    Topic{"group.created", 1, group_created},
    Topic{"group.member_joined", 3, group_joined},
    Topic{"group.member_left", 1, group_left},
    Topic{"instance.heartbeat", 3, heartbeat, Who::nobody},
    Topic{"account.status_changed", 1, account_status, Who::nobody},
    Topic{"instance.status_changed", 1, instance_status, Who::nobody},
    Topic{"job.finished", 1, task, Who::nobody},
    Topic{"alert.raised", 1, alert, Who::nobody},
};

constexpr std::array kChannel{
    Topic{"lead.submitted", 10, form},
    Topic{"page.viewed", 10, page_viewed},
    Topic{"chat.started", 3, chat_started},
    Topic{"message.text", 6, chat_message},
    Topic{"email.opened", 3, email_opened},
    Topic{"link.clicked", 4, link_clicked},
    Topic{"file.downloaded", 3, downloaded},
    Topic{"occasion.attended", 1, attended},
    Topic{"call.made", 2, call},
    Topic{"unknown.coupon_shared", 1, invention},
};
}  // namespace

std::span<const Topic> instance_topics() { return kInstance; }
std::span<const Topic> channel_topics() { return kChannel; }

}  // namespace wxpipe::simulate
