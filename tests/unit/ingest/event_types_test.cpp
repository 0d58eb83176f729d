// docs/event-types.md, row by row: a body with a row's words and fields must become what the row says. People write
// rules and queries from that page, so it must agree with the tables of ingest/.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "ingest/normalize.hpp"
#include "tests/unit/ingest/platform_side.hpp"

namespace wxpipe::ingest {
namespace {

using Row = std::vector<std::string>;

std::vector<std::string> split(std::string_view text, char by) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find(by), text.size());
    if (by != ' ' || end > 0) parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::string stripped(const std::string& text) {
  const size_t from = text.find_first_not_of(' ');
  return from == std::string::npos ? std::string() : text.substr(from, text.find_last_not_of(' ') - from + 1);
}

// The rows of the first table below the heading, without the table's own heading.
std::vector<Row> table(const std::string& heading) {
  std::ifstream file("docs/event-types.md");
  std::vector<Row> rows;
  std::string line;
  while (std::getline(file, line) && line != "## " + heading) {
  }
  while (std::getline(file, line) && !line.starts_with("## ")) {
    if (!line.starts_with("|")) {
      if (!rows.empty()) break;
      continue;
    }
    Row row;
    for (const auto& cell : split(std::string_view(line).substr(1), '|')) row.push_back(stripped(cell));
    rows.push_back(row);
  }
  if (rows.size() < 3) throw std::runtime_error("docs/event-types.md has no table under " + heading);
  rows.erase(rows.begin(), rows.begin() + 2);
  return rows;
}

// One row of the tables of events.
struct Claim {
  std::string word, change, type, subject, content, identity;
};

const Timestamp kNowIsh = test::kReceivedAt;
const std::string kTime = "1409659813";

std::string element(const std::string& path, const std::string& value) {
  std::string open, close;
  for (const auto& name : split(path, '.')) {
    open += "<" + name + ">";
    close = "</" + name + ">" + close;
  }
  return open + "<![CDATA[" + value + "]]>" + close;
}

schemas::Event normalized(const std::string& kind, const std::string& body, std::string_view webhook_id = {}) {
  std::vector<std::string> errors;
  const Account account = make_account(test::account(kind), errors);
  const crypto::Sealer sealer = test::sealer();
  const Document document = parse_document(body).value();
  return normalize(document, {account, {}, webhook_id, body, kNowIsh, sealer}).value();
}

// Builds the body from the row, and the event it must become.
void holds(const std::string& kind, const Claim& claim, const std::string& usual_identity, bool suite_form) {
  std::string word = claim.word;
  if (word.ends_with('*')) word.back() = 'x';
  std::map<std::string, std::string> values;  // by path
  const auto value = [&](const std::string& path) {
    const auto next = fmt::format("value-of-{}", values.size());
    return values.try_emplace(path, next).first->second;
  };
  std::string word_in_small(word);
  for (auto& c : word_in_small) c = static_cast<char>(std::tolower(c));

  const std::string from = suite_form ? "" : "oFrom";
  std::string identity = word_in_small, content;
  for (const auto& path : split(claim.content, ' ')) content += (content.empty() ? "" : " ") + value(path);
  bool ends_in_body = false;
  for (const auto& path : split(claim.identity.empty() ? usual_identity : claim.identity, ' ')) {
    if (path == "From") {
      if (!from.empty()) identity += "|From=" + from;
    } else if (path == "T") {
      identity += "|T=" + kTime;
    } else if (path == "ChangeType") {
      if (!claim.change.empty()) identity += "|ChangeType=" + claim.change;
    } else if (path == "body") {
      ends_in_body = true;
    } else {
      static const crypto::Sealer sealer = test::sealer();
      const bool sealed = path == "AuthCode" || path == "AuthorizationCode" || path == "WelcomeCode" ||
                          path == "ResponseCode" || path == "Token" || path == "ChatKey";
      identity += "|" + path + "=" + (sealed ? sealer.seal(value(path)).substr(10, 16) : value(path));
    }
  }
  std::string subject = from;
  if (claim.subject == "–")
    subject.clear();
  else if (claim.subject != "From")
    subject = value(claim.subject);

  std::string body = "<xml>";
  if (suite_form)
    body += element("InfoType", word) + element("TimeStamp", kTime);
  else
    body += element("MsgType", "event") + element("Event", word) + element("FromUserName", from) +
            element("CreateTime", kTime);
  if (!claim.change.empty()) body += element("ChangeType", claim.change);
  for (const auto& [path, text] : values) body += element(path, text);
  body += "</xml>";

  const schemas::Event event = normalized(kind, body);
  EXPECT_EQ(event.type, claim.type) << body;
  EXPECT_EQ(event.subject, subject) << body;
  EXPECT_EQ(event.content, content) << body;
  EXPECT_EQ(event.event, word) << body;
  if (ends_in_body || identity == word_in_small) {
    EXPECT_TRUE(event.identity.starts_with(identity + "|body=")) << event.identity;
  } else {
    EXPECT_EQ(event.identity, identity) << body;
  }
}

TEST(EventTypes, OfWechatAreAsDocumented) {
  for (const Row& row : table("Events: wechat"))
    holds("official_account", {row.at(0), "", row.at(1), row.at(2), row.at(3), row.at(4)},
          "From T EventKey Ticket MenuId", false);
}

TEST(EventTypes, OfTheOpenPlatformAreAsDocumented) {
  for (const Row& row : table("Events: open_platform"))
    holds("open_platform", {row.at(0), "", row.at(1), "–", row.at(2), row.at(3)}, "AuthorizerAppid appid T", true);
}

TEST(EventTypes, OfWeworkAreAsDocumentedInBothForms) {
  for (const Row& row : table("Events: wework")) {
    const std::string type = row.at(2).starts_with("by ") ? "group.updated" : row.at(2);
    for (const bool suite : {false, true})
      holds(suite ? "wework_suite_command" : "wework_app",
            {row.at(0), row.at(1), type, row.at(3), row.at(4), row.at(5)}, "AgentID From T EventKey", suite);
  }
}

TEST(EventTypes, OfMessagesAreAsDocumented) {
  for (const Row& row : table("Messages: wechat, wework, bot")) {
    const std::string& word = row.at(0);
    std::string body = "<xml>" + element("MsgType", word) + element("FromUserName", "oFrom") +
                       element("CreateTime", kTime) + element("MsgId", "17") + element("Event", "bind");
    std::string content;
    for (const auto& path : split(row.at(3), ' ')) {
      body += element(path, "of " + path);
      content += (content.empty() ? "of " : " of ") + path;
    }
    for (const auto* kind : {"mini_program", "wework_app"}) {
      const schemas::Event event = normalized(kind, body + "</xml>");
      EXPECT_EQ(event.type, row.at(1));
      EXPECT_EQ(event.category, word == "device_event" ? "event" : "message") << word;
      EXPECT_EQ(event.subject, "oFrom") << word;
      EXPECT_EQ(event.content, content) << word;
      EXPECT_EQ(event.identity,
                word == "device_event" ? "device_event|MsgId=17|Event=bind" : "msg|MsgId=17|From=oFrom");
    }
  }
}

std::string json_body(const std::string& type, const std::string& data) {
  return fmt::format(R"({{"type":"{}","data":{{{}}}}})", type, data);
}

TEST(EventTypes, OfInstancesAreAsDocumented) {
  for (const Row& row : table("Webhooks: instance")) {
    std::string type = row.at(1), subject = row.at(3), data = R"("chat_type":"private","message_type":"text")";
    for (const auto* name : {"chat_wxid", "sender_wxid", "wxid", "group_wxid", "content", "nickname", "group_name",
                             "status", "error_message", "task_name", "title", "message"})
      data += fmt::format(R"(,"{}":"the {}")", name, name);
    if (type.ends_with("<data.message_type>")) type.replace(type.find('<'), std::string::npos, "text");
    if (const size_t otherwise = subject.find("else "); otherwise != std::string::npos) subject.erase(0, otherwise + 5);
    std::string content = row.at(4).substr(0, row.at(4).find(','));
    for (auto* text : {&subject, &content})
      for (size_t at = text->find("data."); at != std::string::npos; at = text->find("data."))
        text->replace(at, 5, "the ");
    const schemas::Event event = normalized("wework_instance", json_body(row.at(0), data), "msg_1");
    EXPECT_EQ(event.type, type);
    EXPECT_EQ(event.category, row.at(2)) << type;
    EXPECT_EQ(event.subject, subject == "–" ? "" : subject) << type;
    EXPECT_EQ(event.content, content == "–" ? "" : content) << type;
    EXPECT_EQ(event.identity, "webhook|msg_1");
    EXPECT_TRUE(event.timeless);
  }
}

TEST(EventTypes, OfChannelsAreAsDocumented) {
  for (const Row& row : table("Webhooks: channel")) {
    const schemas::Event event = normalized(
        "channel", json_body(row.at(0), R"("contact_phone":"13800138000","message":"想要一份报价")"), "msg_1");
    EXPECT_EQ(event.type, row.at(1));
    EXPECT_EQ(event.subject, "13800138000");
    EXPECT_EQ(event.content, "想要一份报价");
  }
}

// Every example for senders is understood: no type is unknown, and the person is always found.
TEST(EventTypes, OfThePublishedWebhookExamplesAreKnown) {
  for (const auto* kind : {"wework_instance", "channel"}) {
    std::ifstream file(fmt::format("schemas/webhooks/{}.schema.json", kind));
    std::ostringstream text;
    text << file.rdbuf();
    const Document schema = parse_document(text.str()).value();
    int examples = 0;
    for (const Field& field : schema.fields())
      if (field.path == "examples.type") {
        ++examples;
        const schemas::Event event =
            normalized(kind, json_body(std::string(field.value), R"("message_type":"text")"), "msg_1");
        EXPECT_FALSE(event.type.starts_with("unknown.")) << field.value;
      }
    EXPECT_GE(examples, 9) << kind;
  }
}

}  // namespace
}  // namespace wxpipe::ingest
