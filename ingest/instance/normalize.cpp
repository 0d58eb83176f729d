#include "ingest/instance/normalize.hpp"

#include <algorithm>
#include <array>

#include "ingest/senders/told.hpp"
#include "ingest/words.hpp"

namespace wxpipe::ingest::instance {
namespace {

constexpr std::string_view kContact = "data.wxid", kGroup = "data.group_wxid", kMessageText = "data.content";

constexpr std::array kEvents{
    EventRule{"account.status_changed", "", "account.status_changed", kNobody, "data.status", ""},
    EventRule{"account.updated", "", "account.updated", kNobody, "data.nickname", ""},
    EventRule{"alert.raised", "", "alert.raised", kNobody, "data.title data.message", ""},
    EventRule{"alert.resolved", "", "alert.resolved", kNobody, "data.title data.message", ""},
    EventRule{"contact.added", "", "contact.added", kContact, "data.nickname", ""},
    EventRule{"contact.deleted", "", "contact.removed_by_member", kContact, "data.nickname", ""},
    EventRule{"contact.deleted_us", "", "contact.removed_by_customer", kContact, "data.nickname", ""},
    EventRule{"contact.updated", "", "contact.edited", kContact, "data.nickname", ""},
    EventRule{"group.created", "", "group.created", kGroup, "data.group_name", ""},
    EventRule{"group.dismissed", "", "group.dismissed", kGroup, "data.group_name", ""},
    EventRule{"group.member_joined", "", "group.member_joined", kGroup, "data.group_name", ""},
    EventRule{"group.member_left", "", "group.member_left", kGroup, "data.group_name", ""},
    EventRule{"group.updated", "", "group.updated", kGroup, "data.group_name", ""},
    EventRule{"instance.heartbeat", "", "instance.heartbeat", kNobody, "data.status", ""},
    EventRule{"instance.metrics", "", "instance.metrics", kNobody, "", ""},
    EventRule{"instance.status_changed", "", "instance.status_changed", kNobody, "data.status data.error_message", ""},
    EventRule{"message.received", "", "message.", kFrom, kMessageText, ""},
    EventRule{"message.sent", "", "outgoing.", "data.chat_wxid", kMessageText, ""},
    EventRule{"message.status", "", "receipt.message_sent", "data.chat_wxid", "data.error_message", ""},
    EventRule{"task.created", "", "job.created", kNobody, "data.task_name", ""},
    EventRule{"task.finished", "", "job.finished", kNobody, "data.task_name", ""},
    EventRule{"task.progress", "", "job.progressed", kNobody, "data.task_name", ""},
};
static_assert(is_sorted(kEvents));

constexpr std::array<std::string_view, 9> kMessageTypes{"card", "file",         "image", "link", "location",
                                                        "text", "mini_program", "video", "voice"};

bool is_group(const Draft& draft) {
  const Word type(draft.value("data.chat_type"));
  return type == "group" || type == "2";
}

// The row's type ends in a dot and names the speaker. The kind of message is appended.
void read_message(Draft& draft, const EventRule& rule) {
  schemas::Event& event = draft.event;
  event.category = "message";
  const Word said(draft.value("data.message_type"));
  if (std::find(kMessageTypes.begin(), kMessageTypes.end(), said.view()) == kMessageTypes.end())
    event.type = unknown_type(said.view());
  else
    event.type += said.view();
  const std::string_view chat = draft.value("data.chat_wxid");
  if (is_group(draft)) {
    event.conversation = chat;
    event.subject = chat;
  } else if (rule.subject == kFrom && event.subject.empty()) {
    event.subject = chat;
  }
  if (draft.value(kMessageText).empty()) draft.set_content("data.file_name");
}

// A sender with rules of its own: its words and fields are as its declaration says.
void read_told(Draft& draft, const senders::Told& told) {
  schemas::Event& event = draft.event;
  draft.keep_stated_time(told.stated_at);
  event.event = told.word;
  event.content = told.content;
  if (told.type.empty())
    draft.set_unknown(told.word);
  else
    event.type = told.type;
  if (event.type.starts_with("message.") || event.type.starts_with("outgoing.")) event.category = "message";
  if (event.type != senders::kTest) event.subject = !told.subject.empty() ? told.subject : told.person;
}

}  // namespace

Vocabulary vocabulary() { return {kEvents, {}}; }

Result<schemas::Event> normalize(const Document& document, const NormalizeContext& context) {
  Draft draft(document, context, "instance");
  schemas::Event& event = draft.event;
  draft.set_timeless();
  if (context.told != nullptr) {
    read_told(draft, *context.told);
    draft.identify_by_webhook_id();
    return draft.finish();
  }
  draft.keep_stated_time(draft.value("timestamp"));
  draft.keep(event.event, draft.find("type"));
  event.sender = draft.value("data.sender_wxid");
  event.recipient = draft.value("data.account");
  event.msg_id = draft.value("data.message_uuid");
  const EventRule* const rule = find_rule(kEvents, Word(event.event).view(), {});
  if (rule == nullptr) {
    draft.set_unknown(event.event);
  } else {
    draft.apply(*rule, {});
    if (rule->type.ends_with('.'))
      read_message(draft, *rule);
    else
      event.conversation = draft.value(kGroup);
  }
  draft.identify_by_webhook_id();
  return draft.finish();
}

}  // namespace wxpipe::ingest::instance
