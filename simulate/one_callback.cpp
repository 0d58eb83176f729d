#include "simulate/one_callback.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/config/nearest.hpp"
#include "ingest/event_rule.hpp"
#include "simulate/topic.hpp"

namespace wxpipe::simulate {
namespace {
using ingest::AccountKind;
using ingest::EventRule;

struct Row {
  const EventRule* rule = nullptr;
  bool is_message = false;
};

ingest::Vocabulary vocabulary_of(AccountKind kind) {
  auto words = ingest::rules(kind).vocabulary();
  if (kind == AccountKind::wework_suite_command) words.messages = {};  // its notices have no MsgType
  return words;
}

// A rule whose type ends in a dot stands for all types that begin so: the body names the rest.
bool means(const EventRule& rule, std::string_view type) {
  return rule.type.ends_with('.') ? type.size() > rule.type.size() && type.starts_with(rule.type) : rule.type == type;
}

Row row_of(AccountKind kind, std::string_view type) {
  const auto vocabulary = vocabulary_of(kind);
  for (const auto& rule : vocabulary.events)
    if (means(rule, type)) return {&rule, false};
  for (const auto& rule : vocabulary.messages)
    if (means(rule, type)) return {&rule, true};
  return {};
}

void say_notice(Scene& scene, const EventRule& rule) {  // of a third-party platform or a suite
  const auto& account = scene.speaker.account;
  const bool suite = account.kind == AccountKind::wework_suite_command;
  scene.body.text(suite ? "SuiteId" : "AppId", suite ? account.suite_id : account.component_app_id);
  scene.body.text("InfoType", rule.word);
  scene.body.number(suite ? "TimeStamp" : "CreateTime", scene.second);
  if (!scene.tenant.empty()) scene.body.text(suite ? "AuthCorpId" : "AuthorizerAppid", scene.tenant);
  if (!rule.change.empty()) scene.body.text("ChangeType", rule.change);
}

void say_to_bot(Scene& scene, const Row& row) {
  scene.subject = scene.speaker.openid(scene.person);
  scene.body.text("msgid", fmt::format("{}", scene.message_id()));
  scene.body.text("aibotid", scene.speaker.account.bot_id);
  scene.body.text("chattype", "single");
  scene.body.open("from");
  scene.body.text("userid", scene.subject);
  scene.body.close();
  scene.body.text("msgtype", row.is_message ? row.rule->word : "event");
  if (row.is_message) return;
  scene.body.open("event");
  scene.body.text("eventtype", row.rule->word);
  scene.body.close();
}

void say_by_webhook(Scene& scene, const EventRule& rule, std::string_view type) {
  scene.body.text("type", rule.word);
  scene.body.open("data");
  if (rule.type.ends_with('.')) {
    scene.subject = scene.speaker.wxid(scene.person);
    scene.body.text("message_type", type.substr(rule.type.size()));
    scene.body.text("sender_wxid", scene.subject);
    scene.body.text("chat_wxid", scene.subject);
  }
  scene.body.close();
}

void say_to_account(Scene& scene, const Row& row) {
  const auto& account = scene.speaker.account;
  const bool wework = account.kind == AccountKind::wework_app || account.kind == AccountKind::wework_suite_data;
  if (account.kind == AccountKind::wework_suite_data && scene.tenant.empty())
    scene.tenant = scene.speaker.tenants.front();
  scene.subject = wework ? scene.speaker.external_user(scene.person) : scene.speaker.openid(scene.person);
  scene.body.text("ToUserName", scene.tenant.empty() || !wework ? scene.speaker.receiver : scene.tenant);
  scene.body.text("FromUserName", scene.subject);
  scene.body.number("CreateTime", scene.second);
  scene.body.text("MsgType", row.is_message ? row.rule->word : "event");
  if (!row.is_message) scene.body.text("Event", row.rule->word);
  if (!row.rule->change.empty()) scene.body.text("ChangeType", row.rule->change);
  if (row.is_message) scene.body.number("MsgId", scene.message_id());
}

void say_least(Scene& scene, const Row& row, std::string_view type) {
  switch (scene.speaker.account.kind) {
    case AccountKind::open_platform:
    case AccountKind::wework_suite_command:
      return say_notice(scene, *row.rule);
    case AccountKind::wework_bot:
      return say_to_bot(scene, row);
    case AccountKind::wework_instance:
    case AccountKind::channel:
      return say_by_webhook(scene, *row.rule, type);
    default:
      return say_to_account(scene, row);
  }
}

const Topic* topic_of(AccountKind kind, std::string_view type) {
  const auto all = topics(kind);
  const auto found = std::ranges::find(all, type, &Topic::type);
  return found == all.end() ? nullptr : &*found;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

// It goes into XML and JSON as it is.
void check_id(std::string_view option, std::string_view id) {
  const auto plain = [](unsigned char c) {
    return c > ' ' && c != '<' && c != '>' && c != '&' && c != '"' && c != '\\';
  };
  if (!std::ranges::all_of(id, plain))
    throw UsageError(fmt::format("{}: '{}' has signs that no id has: blanks, quotes or < > & \\", option, id));
}
}  // namespace

std::vector<std::string> types_of(AccountKind kind) {
  std::set<std::string> types;
  for (const auto& topic : topics(kind)) types.emplace(topic.type);
  const auto vocabulary = vocabulary_of(kind);
  for (const auto rules : {vocabulary.events, vocabulary.messages})
    for (const auto& rule : rules)
      if (!rule.type.ends_with('.')) types.emplace(rule.type);
  return {types.begin(), types.end()};
}

Said say_one(const Speaker& speaker, const OneCallback& order, uint64_t seed, Timestamp at) {
  const auto kind = speaker.account.kind;
  const auto* const topic = topic_of(kind, order.type);
  const auto row = row_of(kind, order.type);
  if (topic == nullptr && row.rule == nullptr) {
    const auto known = types_of(kind);
    const std::vector<std::string_view> names(known.begin(), known.end());
    throw UsageError(fmt::format("--type: an account of kind {} has no '{}'; the nearest is '{}' (docs/event-types.md)",
                                 ingest::to_string(kind), order.type, config::nearest(order.type, names)));
  }
  check_id("--subject", order.subject);
  check_id("--tenant", order.tenant);
  Random random(mixed(speaker.seed, seed));
  auto wanted = order.fields;
  const auto format = formats(kind).front();
  BodyWriter body(format, &wanted);
  const auto second = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  Scene scene{speaker, random, body, second, seed % 10'000'000'000, seed, 0};
  const bool by_path = kind == AccountKind::open_platform_messages;
  if (by_path) scene.tenant = order.tenant.empty() ? speaker.tenants.front() : order.tenant;
  if (topic != nullptr)
    topic->say(scene);
  else
    say_least(scene, row, order.type);

  Said said;
  said.signed_as = seed * 4 + 1;  // the address has its corp id
  said.tenant = scene.tenant;
  said.subject = scene.subject;
  said.at = at;
  said.format = format;
  said.body = body.finish();
  if (!order.subject.empty() && said.subject.empty())
    throw UsageError(fmt::format("--subject: {} is about nobody", order.type));
  if (!order.subject.empty()) replace_all(said.body, said.subject, order.subject), said.subject = order.subject;
  if (!order.tenant.empty() && said.tenant.empty())
    throw UsageError(fmt::format("--tenant: {} comes without an authorised account", order.type));
  if (!order.tenant.empty()) replace_all(said.body, said.tenant, order.tenant), said.tenant = order.tenant;
  if (ingest::is_standard_webhook(kind)) said.webhook_id = fmt::format("msg_{:x}", mixed(speaker.seed, seed));
  return said;
}

}  // namespace wxpipe::simulate
