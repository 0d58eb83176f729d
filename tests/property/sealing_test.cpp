// docs/guarantees.md law 8: no credential leaves ingest in clear, wherever it stands in a callback and however it is
// written there.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "common/json/write.hpp"
#include "ingest/credentials.hpp"
#include "ingest/document.hpp"
#include "schemas/fact_json.hpp"
#include "tests/unit/ingest/platform_side.hpp"

namespace wxpipe::ingest {
namespace {

using namespace test;

// Also has characters of markup, and is long enough to be told from other text.
rc::Gen<std::string> credential() {
  const auto character =
      rc::gen::oneOf(rc::gen::map(rc::gen::inRange<char>('!', '\x7f'), [](char c) { return std::string(1, c); }),
                     rc::gen::elementOf(std::vector<std::string>{"<", "&", "]]>", "\"", "\\", "/", " ", "中", "é", "😀",
                                                                 "&amp;", "\\u0041"}));
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(12, character), [](const auto& characters) {
    std::string text = "k";
    for (const auto& each : characters) text += each;
    return text + "z";
  });
}

std::string name() {
  return *rc::gen::elementOf(std::vector<std::string>{"SuiteTicket",  "suite_ticket", "ComponentVerifyTicket",
                                                      "AuthCode",     "auth_code",    "AuthorizationCode",
                                                      "PreAuthCode",  "WelcomeCode",  "welcome_code",
                                                      "ResponseCode", "response_url", "Token",
                                                      "TOKEN",        "ChatKey",      "PermanentCode",
                                                      "AccessToken",  "access_token", "refresh-token",
                                                      "session_key",  "Password",     "api_key",
                                                      "secret"});
}

std::string cdata(std::string_view text) {
  std::string out = "<![CDATA[";
  for (size_t end = text.find("]]>"); end != std::string_view::npos; end = text.find("]]>")) {
    out.append(text.substr(0, end)).append("]]]]><![CDATA[>");
    text.remove_prefix(end + 3);
  }
  return out.append(text).append("]]>");
}

// Writes each character in one of the ways that XML allows.
std::string escaped_xml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const int way = *rc::gen::inRange(0, 3);
    if (byte < 0x80 && way == 0)
      out += fmt::format("&#{};", byte);
    else if (byte < 0x80 && way == 1)
      out += fmt::format("&#x{:X};", byte);
    else if (c == '<' || c == '&' || c == '>')
      out += c == '<' ? "&lt;" : c == '&' ? "&amp;" : "&gt;";
    else
      out += c;
  }
  return out;
}

std::string in_xml(std::string_view text) {
  switch (*rc::gen::inRange(0, 4)) {
    case 0:
      return cdata(text);
    case 1:
      return escaped_xml(text);
    case 2:
      return "\n  " + cdata(text) + "\n";
    default: {
      // Half in one part, half in another, cut between characters.
      size_t half = text.size() / 2;
      while ((static_cast<unsigned char>(text[half]) & 0xc0) == 0x80) ++half;
      return cdata(text.substr(0, half)) + escaped_xml(text.substr(half));
    }
  }
}

std::string in_json(std::string_view text) {
  std::string plain;
  json::append_string(plain, text);
  if (*rc::gen::arbitrary<bool>()) return plain;
  std::string out;
  for (size_t i = 0; i < plain.size(); ++i) {
    const char c = plain[i];
    if (c == '\\') {
      out += c;
      out += plain[++i];
      if (plain[i] == 'u') {
        out += plain.substr(i + 1, 4);
        i += 4;
      }
    } else if (i > 0 && i + 1 < plain.size() && static_cast<unsigned char>(c) < 0x80 && *rc::gen::inRange(0, 3) == 0) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out;
}

// Whether any text of the event has the credential: as it is, or as a reader of `raw` would see it.
void check_hidden(const schemas::Event& event, std::string_view clear) {
  const auto hidden = [&](std::string_view text) { return text.find(clear) == std::string_view::npos; };
  for (const auto* text :
       {&event.identity, &event.type, &event.tenant, &event.subject, &event.msg_type, &event.event, &event.change_type,
        &event.msg_id, &event.sender, &event.recipient, &event.conversation, &event.content, &event.reply, &event.raw})
    RC_ASSERT(hidden(*text));
  for (const auto& [attribute, value] : event.attributes) RC_ASSERT(hidden(attribute) && hidden(value));
  std::string encoded;
  encode(event, schemas::kEventSchema, encoded);
  RC_ASSERT(hidden(encoded));
  // It is still the same document, not one single seal.
  const auto read = parse_document(event.raw);
  RC_ASSERT(read.has_value());
  for (const Field& field : read->fields()) RC_ASSERT(hidden(field.path) && hidden(field.value));
}

const AccountBook& accounts() {
  static const AccountBook all = [] {
    std::vector<config::AccountSettings> settings;
    for (const auto* kind : {"official_account", "open_platform", "wework_app", "wework_suite_command", "wework_bot",
                             "wework_instance", "channel"})
      settings.push_back(account(kind));
    settings.push_back(account("official_account", "plain"));
    settings.back().name = "plain";
    return book(settings);
  }();
  return all;
}

schemas::Event event_of(const Request& request) {
  Interpretation interpretation = accounts().interpret(request.callback());
  RC_ASSERT(std::holds_alternative<Accepted>(interpretation));
  return std::get<Accepted>(std::move(interpretation)).event;
}

RC_GTEST_PROP(Sealing, NoCredentialOfXmlLeavesInClear, ()) {
  const std::string clear = *credential();
  std::vector<std::string> parts{"<FromUserName>oUser</FromUserName>", "<CreateTime>1409659813</CreateTime>",
                                 "<TimeStamp>1409659813</TimeStamp>", "<AuthCorpId>ww1</AuthCorpId>"};
  parts.push_back(*rc::gen::elementOf(std::vector<std::string>{
      "<MsgType>text</MsgType>", "<MsgType>event</MsgType><Event>click</Event>", "<MsgType>brand_new</MsgType>",
      "<MsgType>event</MsgType><Event>change_external_contact</Event><ChangeType>add_external_contact</ChangeType>",
      "<InfoType>create_auth</InfoType>", "<InfoType>brand_new</InfoType>"}));
  const std::string secret = name();
  parts.push_back("<" + secret + ">" + in_xml(clear) + "</" + secret + ">");
  const int more = *rc::gen::inRange(0, 4);
  for (int i = 0; i < more; ++i) {
    const std::string other = name();
    parts.push_back(*rc::gen::element<std::string>(
        "<Content>see " + in_xml(clear) + " there</Content>", "<EventKey>" + in_xml(clear) + "</EventKey>",
        "<" + other + "><Item>" + in_xml(clear) + "</Item><Item>" + in_xml(clear) + "</Item></" + other + ">",
        "<List><" + other + ">" + in_xml(clear) + "</" + other + "></List>", "<MsgId>" + in_xml(clear) + "</MsgId>",
        "<ToUserName>x" + in_xml(clear) + "</ToUserName>"));
  }
  const auto order = *rc::gen::container<std::vector<unsigned>>(parts.size(), rc::gen::arbitrary<unsigned>());
  for (size_t i = parts.size(); i > 1; --i) std::swap(parts[i - 1], parts[order[i - 1] % i]);
  std::string body = "<xml>";
  for (const auto& part : parts) body += part;
  body += "</xml>";

  const auto& [kind, receiveid] =
      *rc::gen::elementOf(std::vector<std::pair<std::string, std::string>>{{"official_account", "wxapp"},
                                                                           {"open_platform", "wxcomponent"},
                                                                           {"wework_app", "wwcorp"},
                                                                           {"wework_suite_command", "wwsuite"},
                                                                           {"wework_bot", ""}});
  const auto event = event_of(encrypted_request(kind, body, {.receiveid = receiveid}));
  check_hidden(event, clear);
  // With the key the credential can still be read.
  RC_ASSERT(sealer().open(schemas::attribute(event.attributes, secret)) == clear);
}

RC_GTEST_PROP(Sealing, NoCredentialOfJsonLeavesInClear, ()) {
  const std::string clear = *credential(), secret = name();
  std::vector<std::string> parts{R"("msgid":"m1")", R"("from":{"userid":"lisi"})", R"("msgtype":"text")",
                                 in_json(secret) + " : " + in_json(clear)};
  const int more = *rc::gen::inRange(0, 4);
  for (int i = 0; i < more; ++i)
    parts.push_back(*rc::gen::element<std::string>(
        R"("text":{"content":)" + in_json("see " + clear + " there") + "}",
        R"("list":[1,{"a":)" + in_json(clear) + R"(,"x":null},true])", in_json(clear) + ":1",
        "\"" + name() + R"(":{"deep":[)" + in_json(clear) + "," + in_json(clear) + "]}", R"("type":)" + in_json(clear),
        R"("chatid":)" + in_json("wr" + clear)));
  std::string body = "{";
  for (const auto& part : parts) body += (body.size() > 1 ? ", " : "") + part;
  body += "}";

  const auto kind = *rc::gen::elementOf(std::vector<std::string>{"wework_bot", "wework_instance", "channel"});
  const auto event =
      event_of(kind == "wework_bot" ? encrypted_json_request(kind, body, {}) : webhook_request(kind, body));
  check_hidden(event, clear);
  RC_ASSERT(sealer().open(schemas::attribute(event.attributes, secret)) == clear);
}

RC_GTEST_PROP(Sealing, WhatHasNoCredentialStaysVerbatim, ()) {
  std::string content;
  json::append_string(content, *credential());
  const std::string body = R"({"msgid":"m1","msgtype":"text","text":{"content":)" + content + "}}";
  RC_ASSERT(event_of(encrypted_json_request("wework_bot", body, {})).raw == body);
}

RC_GTEST_PROP(Sealing, NoDeadLetterHoldsACredentialInClearAndItsBytesComeBack, ()) {
  const std::string clear = *credential(), secret = name();
  const bool xml = *rc::gen::arbitrary<bool>();
  const std::string written = xml ? in_xml(clear) : in_json(clear);
  std::string body = xml ? "<xml><" + secret + ">" + written + "</" + secret + "><MsgType>text</MsgType></xml>"
                         : "{" + in_json("ToUserName") + ":1, \"" + secret + "\" : " + written + "}";
  // Readable and incomplete, cut, not UTF-8, with a NUL, sealed once before.
  switch (*rc::gen::inRange(0, 5)) {
    case 0:
      body = xml ? body : body + "]";
      break;
    case 1:
      body.pop_back();
      break;
    case 2:
      body += "\xff";
      break;
    case 3:
      body.insert(1, 1, '\0');
      break;
    default:
      body += sealer().seal("something");
  }
  const Interpretation interpretation =
      accounts().interpret((xml ? clear_request("plain", body) : webhook_request("channel", body)).callback());
  RC_ASSERT(std::holds_alternative<Unreadable>(interpretation));
  const schemas::DeadLetter& letter = std::get<Unreadable>(interpretation).letter;
  RC_ASSERT(letter.body.find(clear) == std::string::npos);
  RC_ASSERT(letter.body.find(written) == std::string::npos);
  RC_ASSERT(sealer().open_all(letter.body) == body);
}

}  // namespace
}  // namespace wxpipe::ingest
