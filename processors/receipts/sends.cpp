#include "processors/receipts/sends.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "processors/json_members.hpp"
#include "processors/text.hpp"

namespace wxpipe::processors {
namespace {
using schemas::SendTold;

// Parts of keys. No real id is longer.
constexpr size_t kLongestId = 512;
constexpr size_t kLongestPreview = 400;  // bytes
constexpr int kMostAttempts = 999;

struct Status {
  std::string_view word;
  int rank;
};
// Within an attempt, in this order. A message that arrived was not lost, whatever was told before.
constexpr std::array kStatuses{Status{"pending", 10}, Status{"skipped", 15}, Status{"sending", 20},
                               Status{"sent", 30},    Status{"failed", 40},  Status{"delivered", 50},
                               Status{"read", 60}};
constexpr std::array<std::string_view, 6> kTaskStatuses{"pending",  "running", "paused",
                                                        "finished", "failed",  "cancelled"};

int rank_of(std::string_view status) {
  const auto* found =
      std::find_if(kStatuses.begin(), kStatuses.end(), [&](const Status& each) { return each.word == status; });
  return found == kStatuses.end() ? 0 : found->rank;
}

int attempt_of(std::string_view text) {
  int attempt = 0;
  const auto end = text.data() + text.size();
  if (text.empty() || std::from_chars(text.data(), end, attempt).ptr != end) return 0;
  return std::clamp(attempt, 0, kMostAttempts);
}

// The platform's word: "success", "send success", "failed:user block", "err(10001)" …
std::string_view status_of_word(std::string_view word) {
  if (word.empty()) return {};
  const auto small = lower(word);
  return small.starts_with("success") || small.starts_with("send success") ? "delivered" : "failed";
}

class Sends {
 public:
  explicit Sends(const schemas::Event& event) : event_(event) {}

  // Adds nothing without an id, or where the event told of it already.
  void add(std::string_view kind, std::string_view sent_as, std::string_view receiver, std::string_view status,
           int attempt, Members outcome, Members told) {
    if (sent_as.empty()) return;
    SendTold one;
    one.kind = kind;
    one.sent_as = head(sent_as, kLongestId);
    one.receiver = head(receiver, kLongestId);
    if (!known_.insert(one.kind + '\n' + one.sent_as + '\n' + one.receiver).second) return;
    one.origin = schemas::origin_of(event_);
    one.attempt = attempt;
    one.rank = kind == "task" ? 0 : rank_of(status);  // a task may pause and go on: its newest status holds
    if (kind == "task" || one.rank > 0) one.status = status;
    if (!one.status.empty()) {
      set_text(outcome, "status", one.status);
      one.outcome = tree_of(outcome);
    }
    one.told = tree_of(told);
    sends_.push_back(std::move(one));
  }

  std::vector<SendTold> take() && { return std::move(sends_); }

 private:
  const schemas::Event& event_;
  std::vector<SendTold> sends_;
  std::set<std::string> known_;
};

void set_if_any(Members& members, std::string_view name, std::string_view text) {
  if (!text.empty()) set_text(members, name, text);
}

void add_platforms_receipt(Sends& sends, const schemas::Event& event, std::string_view kind) {
  const auto word = schemas::attribute(event.attributes, "Status");
  Members outcome, told;
  set_if_any(outcome, "word", word);
  set_text(told, "source", event.type);
  if (kind == "message") set_if_any(told, "receiver", event.sender);
  for (const auto* name : {"TotalCount", "FilterCount", "SentCount", "ErrorCount"})
    set_if_any(outcome, name, schemas::attribute(event.attributes, name));
  sends.add(kind, schemas::attribute(event.attributes, "MsgID"), "", status_of_word(word), 0, std::move(outcome),
            std::move(told));
}

// One or more items, each a message of its own.
void add_subscription_receipts(Sends& sends, const schemas::Event& event) {
  const auto attributes = members_of(event.attributes.json());
  for (const auto& item : items_of(json_of(attributes, "List"))) {
    const auto each = members_of(item);
    Members outcome, told;
    const auto word = text_of(each, "ErrorStatus");
    set_if_any(outcome, "word", word);
    set_if_any(outcome, "error_code", text_of(each, "ErrorCode"));
    set_text(told, "source", event.type);
    set_if_any(told, "receiver", event.sender);
    set_if_any(told, "template_id", text_of(each, "TemplateId"));
    sends.add("message", text_of(each, "MsgID"), "", status_of_word(word), 0, std::move(outcome), std::move(told));
  }
}

// publish_status: 0 done, 1 under way; others are ways to fail, or that it was taken away later.
void add_publication(Sends& sends, const schemas::Event& event) {
  const auto status = schemas::attribute(event.attributes, "PublishEventInfo.publish_status");
  Members outcome, told;
  set_if_any(outcome, "word", status);
  set_if_any(told, "article_id", schemas::attribute(event.attributes, "PublishEventInfo.article_id"));
  set_text(told, "source", event.type);
  sends.add("publish", schemas::attribute(event.attributes, "PublishEventInfo.publish_id"), "",
            status.empty()  ? std::string_view()
            : status == "0" ? std::string_view("delivered")
            : status == "1" ? std::string_view("sending")
                            : std::string_view("failed"),
            0, std::move(outcome), std::move(told));
}

// What an instance tells of one of its messages; of a mass sending, also of its receiver.
void add_instances_receipt(Sends& sends, const schemas::Event& event) {
  const auto data = members_of(json_of(members_of(event.attributes.json()), "data"));
  const auto status = text_of(data, "send_status");
  const int attempt = attempt_of(text_of(data, "retry_count"));
  Members outcome, told;
  for (const auto* name : {"error_code", "error_message", "retry_count"})
    set_if_any(outcome, name, text_of(data, name));
  const auto task = text_of(data, "task_uuid");
  set_text(told, "source", event.type);
  set_if_any(told, "receiver", event.subject);
  set_if_any(told, "task_uuid", task);
  set_if_any(told, "login", event.recipient);
  sends.add("message", event.msg_id, "", status, attempt, outcome, told);
  if (event.subject.empty()) return;
  set_if_any(told, "message_uuid", event.msg_id);
  sends.add("receiver", task, event.subject, status, attempt, std::move(outcome), std::move(told));
}

void add_message(Sends& sends, const schemas::Event& event) {
  Members told;
  set_text(told, "source", event.type);
  set_if_any(told, "receiver", event.conversation.empty() ? event.subject : event.conversation);
  set_if_any(told, "login", event.recipient);
  set_if_any(told, "content", head(event.content, kLongestPreview));
  sends.add("message", event.msg_id, "", "", 0, {}, std::move(told));
}

// A plan (job.created), its progress, its end. Another word than ours is no status: then a plan is pending, a report
// says that it runs, an end that it is finished.
void add_task(Sends& sends, const schemas::Event& event, std::string_view unsaid) {
  auto data = members_of(json_of(members_of(event.attributes.json()), "data"));
  const auto task = text_of(data, "task_uuid");
  if (task.empty()) return;
  auto said = text_of(data, "status");
  if (std::find(kTaskStatuses.begin(), kTaskStatuses.end(), said) == kTaskStatuses.end()) said = unsaid;
  const auto receivers = items_of(json_of(data, "receivers"));
  Members outcome, plan = data;
  for (const auto* name : {"success_count", "fail_count", "error_message"})
    set_if_any(outcome, name, text_of(data, name));
  std::erase_if(plan, [](const Member& each) {
    return each.name == "task_uuid" || each.name == "instance_id" || each.name == "status" ||
           each.name == "receivers" || each.name == "success_count" || each.name == "fail_count" ||
           each.name == "error_message";
  });
  sends.add("task", task, "", said, 0, std::move(outcome), std::move(plan));
  for (const auto& receiver : receivers) {
    const auto members = members_of(receiver);
    const auto who = members.empty() ? text_of(receiver) : text_of(members, "wxid");
    if (who.empty()) continue;
    Members told = members;
    std::erase_if(told, [](const Member& each) { return each.name == "wxid"; });
    sends.add("receiver", task, who, "pending", 0, {}, std::move(told));
  }
}
}  // namespace

std::vector<SendTold> sends_of(const schemas::Event& event) {
  Sends sends(event);
  if (event.type == "receipt.template_sent")
    add_platforms_receipt(sends, event, "message");
  else if (event.type == "receipt.mass_sent")
    add_platforms_receipt(sends, event, "mass");
  else if (event.type == "receipt.subscription_sent")
    add_subscription_receipts(sends, event);
  else if (event.type == "receipt.published")
    add_publication(sends, event);
  else if (event.type == "receipt.message_sent")
    add_instances_receipt(sends, event);
  else if (event.type.starts_with("outgoing."))
    add_message(sends, event);
  else if (event.platform == "instance" && event.type == "job.finished")
    add_task(sends, event, "finished");
  else if (event.platform == "instance" && event.type == "job.created")
    add_task(sends, event, "pending");
  else if (event.platform == "instance" && event.type == "job.progressed")
    add_task(sends, event, "running");
  return std::move(sends).take();
}

}  // namespace wxpipe::processors
