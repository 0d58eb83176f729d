// Laws of verifying and reading that must hold for every input, not only for the cases that somebody thought of.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "common/crypto/base64.hpp"
#include "common/json/write.hpp"
#include "ingest/document.hpp"
#include "schemas/fact_json.hpp"
#include "tests/unit/ingest/platform_side.hpp"

namespace wxpipe::ingest {
namespace {

using namespace test;
using Bytes = std::string;

rc::Gen<Bytes> bytes() { return rc::gen::container<Bytes>(rc::gen::arbitrary<char>()); }

// Pieces of text that get deeper into the readers than random bytes.
rc::Gen<Bytes> grammar() {
  const auto piece = rc::gen::oneOf(rc::gen::elementOf(std::vector<Bytes>{"<xml>",
                                                                          "</xml>",
                                                                          "<Encrypt>",
                                                                          "</Encrypt>",
                                                                          "<![CDATA[",
                                                                          "]]>",
                                                                          "<a>",
                                                                          "</a>",
                                                                          "<a/>",
                                                                          "<!--",
                                                                          "-->",
                                                                          "<?xml ?>",
                                                                          "<!DOCTYPE x>",
                                                                          "&lt;",
                                                                          "&#x41;",
                                                                          "&#0;",
                                                                          "&#xD800;",
                                                                          "{",
                                                                          "}",
                                                                          "[",
                                                                          "]",
                                                                          "\"",
                                                                          "\"a\"",
                                                                          "\"encrypt\"",
                                                                          ":",
                                                                          ",",
                                                                          "\\",
                                                                          "\\u0000",
                                                                          "\\ud83d",
                                                                          "\\ude00",
                                                                          "1",
                                                                          "-0.5e3",
                                                                          "true",
                                                                          "null",
                                                                          " ",
                                                                          "\n",
                                                                          "\x1d",
                                                                          "\xEF\xBB\xBF",
                                                                          "msg_signature=",
                                                                          "&nonce=",
                                                                          "timestamp=",
                                                                          "%",
                                                                          "%2B",
                                                                          "+",
                                                                          "=",
                                                                          "<MsgType>text</MsgType>",
                                                                          "<CreateTime>1409659813</CreateTime>",
                                                                          "\"msgtype\":\"text\""}),
                                    rc::gen::resize(4, bytes()));
  return rc::gen::map(rc::gen::container<std::vector<Bytes>>(piece), [](const std::vector<Bytes>& pieces) {
    Bytes out;
    for (const auto& text : pieces) out += text;
    return out;
  });
}

rc::Gen<Bytes> anything() { return rc::gen::oneOf(bytes(), grammar()); }

std::vector<config::AccountSettings> all_accounts() {
  std::vector<config::AccountSettings> settings;
  for (const auto* kind : {"official_account", "mini_program", "open_platform", "open_platform_messages", "wework_app",
                           "wework_suite_command", "wework_suite_data", "wework_bot", "wework_instance", "channel"}) {
    settings.push_back(account(kind));
    if (settings.back().kind != "wework_instance" && settings.back().kind != "channel" &&
        settings.back().kind != "open_platform" && settings.back().kind != "wework_suite_command")
      settings.back().replies = {{.on = "keyword", .keyword = "hello", .text = "hi"}};
  }
  settings.push_back(account("official_account", "plain"));
  settings.back().name = "plain";
  return settings;
}

const AccountBook& accounts() {
  static const AccountBook all = book(all_accounts());
  return all;
}

bool is_text(std::string_view text) { return json::is_utf8(text) && text.find('\0') == std::string_view::npos; }

// What every user of an interpretation relies on: text is UTF-8 without NUL, replies can be read by a platform.
void check_invariants(const Interpretation& interpretation) {
  if (const auto* accepted = std::get_if<Accepted>(&interpretation)) {
    const auto& event = accepted->event;
    for (const auto* text :
         {&event.identity, &event.type, &event.category, &event.platform, &event.account, &event.tenant, &event.subject,
          &event.msg_type, &event.event, &event.change_type, &event.msg_id, &event.sender, &event.recipient,
          &event.conversation, &event.content, &event.reply, &event.raw})
      RC_ASSERT(is_text(*text));
    for (const auto& [name, value] : event.attributes) RC_ASSERT(is_text(name) && is_text(value));
    std::string encoded;
    schemas::encode(event, schemas::kEventSchema, encoded);
    const auto decoded = schemas::decode<schemas::Event>(encoded);
    RC_ASSERT(decoded.has_value());
    RC_ASSERT(*decoded == event);
    RC_ASSERT(accepted->reply.status == 200 || accepted->reply.status == 204);
  } else if (const auto* refused = std::get_if<Refused>(&interpretation)) {
    RC_ASSERT(status_of(refused->refusal) >= 400 && status_of(refused->refusal) < 500);
  } else if (const auto* kept = std::get_if<Unreadable>(&interpretation)) {
    RC_ASSERT(!kept->letter.detail.empty());
    std::string encoded;
    schemas::encode(kept->letter, encoded);
    const auto decoded = schemas::decode<schemas::DeadLetter>(encoded);
    RC_ASSERT(decoded.has_value());
    RC_ASSERT(*decoded == kept->letter);
    RC_ASSERT(kept->reply.status == 200 || kept->reply.status == 204);
  }
}

RC_GTEST_PROP(Cipher, DecryptUndoesEncrypt, ()) {
  const auto message = *bytes(), receiveid = *bytes();
  const auto random16 = *rc::gen::arbitrary<wxcrypt::Random16>();
  const auto key = *rc::gen::arbitrary<wxcrypt::AesKey>();
  std::string buffer;
  wxcrypt::Plaintext plaintext;
  RC_ASSERT(wxcrypt::decrypt(key, wxcrypt::encrypt(key, random16, message, receiveid), buffer, plaintext) ==
            wxcrypt::CipherFault::none);
  RC_ASSERT(plaintext.message == message);
  RC_ASSERT(plaintext.receiveid == receiveid);
}

RC_GTEST_PROP(Cipher, DecryptTakesAnyBytes, ()) {
  const auto bytes_in = *bytes();
  std::string text, buffer;
  crypto::append_base64(text, bytes_in);
  wxcrypt::Plaintext plaintext;
  const auto key = *wxcrypt::decode_aes_key(kAesKey);
  wxcrypt::decrypt(key, text, buffer, plaintext);
  wxcrypt::decrypt(key, bytes_in, buffer, plaintext);
}

RC_GTEST_PROP(Base64, DecodeUndoesEncode, ()) {
  const auto original = *bytes();
  std::string standard, url, back;
  crypto::append_base64(standard, original);
  crypto::append_base64url(url, original);
  RC_ASSERT(crypto::decode_base64(standard, back) && back == original);
  RC_ASSERT(crypto::decode_base64url(url, back) && back == original);
}

RC_GTEST_PROP(Sealer, OpenUndoesSeal, ()) {
  const auto text = *rc::gen::nonEmpty(bytes());
  RC_ASSERT(sealer().open(sealer().seal(text)) == text);
}

RC_GTEST_PROP(Document, ReadsAnyBytesIntoTextOrARejection, ()) {
  const auto document = parse_document(*anything());
  if (!document) {
    RC_ASSERT(!document.error().detail.empty());
    return;
  }
  for (const auto& field : document->fields()) {
    RC_ASSERT(!field.path.empty());
    RC_ASSERT(is_text(field.path) && is_text(field.value));
  }
}

RC_GTEST_PROP(Document, GivesBackAnyTextThatXmlAndJsonCanSay, ()) {
  // Printable ASCII (with the markup of both formats) and a few other characters.
  const auto characters = *rc::gen::container<std::vector<Bytes>>(
      rc::gen::oneOf(rc::gen::map(rc::gen::inRange<char>(' ', '\x7f'), [](char c) { return Bytes(1, c); }),
                     rc::gen::elementOf(std::vector<Bytes>{"中", "😀", "é", "]]>", "\t"})));
  Bytes text;
  for (const auto& character : characters) text += character;

  std::string escaped, quoted;
  for (const char c : text) escaped += c == '<' ? "&lt;" : c == '&' ? "&amp;" : c == '>' ? "&gt;" : std::string(1, c);
  json::append_string(quoted, text);
  const auto xml = parse_document("<xml><A>." + escaped + ".</A></xml>");
  const auto json = parse_document("{\"A\":" + quoted + "}");
  RC_ASSERT(xml.has_value() && json.has_value());
  RC_ASSERT(xml->value("A") == "." + text + ".");
  RC_ASSERT(json->value("A") == text);
}

RC_GTEST_PROP(Interpret, NeverThrowsOnAnyRequest, ()) {
  static const auto settings = all_accounts();
  Request request{.account = settings[*rc::gen::inRange<size_t>(0, settings.size())].name};
  request.method = *rc::gen::element(Method::get, Method::post);
  request.tenant = *rc::gen::oneOf(rc::gen::just(Bytes()), rc::gen::just(Bytes("wx1")), bytes());
  request.query = *anything();
  request.body = *anything();
  request.webhook_id = *bytes();
  request.webhook_timestamp = *anything();
  request.webhook_signature = *anything();
  check_invariants(accounts().interpret(request.callback()));
}

RC_GTEST_PROP(Interpret, NeverThrowsOnAnyBodyThatIsAuthentic, ()) {
  const auto message = *anything();
  const auto receiveid =
      *rc::gen::oneOf(rc::gen::elementOf(std::vector<Bytes>{"wwcorp", "wwsuite", "wxapp", "wxcomponent"}), bytes());
  for (const auto& settings : all_accounts()) {
    Request request = settings.kind == "wework_instance" || settings.kind == "channel"
                          ? webhook_request(settings.name, message)
                      : settings.name == "plain" ? clear_request("plain", message)
                                                 : encrypted_request(settings.name, message, {.receiveid = receiveid});
    if (settings.kind == "open_platform_messages") request.tenant = "wx1";
    const auto interpretation = accounts().interpret(request.callback());
    check_invariants(interpretation);
    if (const auto* refused = std::get_if<Refused>(&interpretation))
      RC_ASSERT(refused->refusal == Refusal::wrong_receiver);
  }
}

// A callback of each kind that says `text`. `text` must need no escaping in JSON and XML.
struct Said {
  std::string account, tenant, receiveid, body;
};
std::vector<Said> said_by_everybody(const Bytes& text) {
  const Bytes xml_message =
      "<xml><ToUserName>to</ToUserName><FromUserName>oUser</FromUserName>"
      "<CreateTime>1409659813</CreateTime><MsgType>text</MsgType><Content><![CDATA[" +
      text + "]]></Content><MsgId>1</MsgId></xml>";
  const Bytes json_message =
      R"({"FromUserName":"oUser","CreateTime":1409659813,"MsgType":"text","Content":")" + text + "\"}";
  const Bytes info = "<xml><InfoType>x</InfoType><CreateTime>1409659813</CreateTime><Note>" + text + "</Note></xml>";
  const Bytes bot_message =
      R"({"msgid":"m1","from":{"userid":"u"},"msgtype":"text","text":{"content":")" + text + "\"}}";
  const Bytes form = R"({"type":"form_submit","data":{"message":")" + text + "\"}}";
  return {{"official_account", "", "wxapp", xml_message},
          {"mini_program", "", "wxapp", json_message},
          {"plain", "", "", xml_message},
          {"open_platform", "", "wxcomponent", info},
          {"open_platform_messages", "wx1", "wxcomponent", xml_message},
          {"wework_app", "", "wwcorp", xml_message},
          {"wework_suite_command", "", "wwsuite", info},
          {"wework_suite_data", "ww1", "ww1", xml_message},
          {"wework_bot", "", "", bot_message},
          {"wework_instance", "", "", form},
          {"channel", "", "", form}};
}

// One delivery attempt, with its own nonce, random bytes and time of arrival.
schemas::Event delivered(const Said& said, int64_t delay) {
  const auto random16 = *rc::gen::container<Bytes>(16, rc::gen::arbitrary<char>());
  const auto nonce = *rc::gen::nonEmpty(rc::gen::container<Bytes>(rc::gen::inRange<char>('0', '9')));
  const auto timestamp = std::to_string(1409659813 + delay);
  const Encryption with{.receiveid = said.receiveid, .timestamp = timestamp, .nonce = nonce, .random16 = random16};
  const bool webhook = said.account == "wework_instance" || said.account == "channel";
  Request request = webhook ? webhook_request(said.account, said.body, "msg_1", kWebhookSecret, timestamp)
                    : said.account == "plain" ? clear_request("plain", said.body, kToken, timestamp)
                                              : encrypted_request(said.account, said.body, with);
  request.tenant = said.tenant;
  request.received_at += std::chrono::seconds(delay);
  const auto interpretation = accounts().interpret(request.callback());
  RC_ASSERT(std::holds_alternative<Accepted>(interpretation));
  return std::get<Accepted>(interpretation).event;
}

rc::Gen<Bytes> letters() { return rc::gen::container<Bytes>(rc::gen::inRange<char>('a', 'z')); }

RC_GTEST_PROP(Interpret, RetriesAreTheSameEventHoweverTheyAreEncrypted, ()) {
  for (const auto& said : said_by_everybody(*letters())) {
    const auto first = delivered(said, 0);
    auto retry = delivered(said, 5);
    RC_ASSERT(retry.received_at == first.received_at + std::chrono::seconds(5));
    retry.received_at = first.received_at;
    if (first.timeless) retry.occurred_at = first.occurred_at;
    RC_ASSERT(retry == first);
  }
}

RC_GTEST_PROP(Interpret, WhoeverSaysOtherThingsSaysAnotherEvent, ()) {
  const auto one = *letters(), other = *letters();
  RC_PRE(one != other);
  const auto first = said_by_everybody(one), second = said_by_everybody(other);
  for (size_t i = 0; i < first.size(); ++i) RC_ASSERT(delivered(first[i], 0).id != delivered(second[i], 0).id);
}

// The text in the various ways that XML and JSON can write it.
Bytes escaped(const Bytes& text) {
  Bytes out;
  for (const char c : text) out += c == '<' ? "&lt;" : c == '&' ? "&amp;" : c == '>' ? "&#62;" : Bytes(1, c);
  return out;
}
Bytes quoted_text(const Bytes& text) {
  Bytes out;
  json::append_string(out, text);
  return out;
}

// docs/guarantees.md law 8, for any form of credential and wherever else the sender has put it.
RC_GTEST_PROP(Interpret, CredentialsNeverTravelInClear, ()) {
  const auto character = rc::gen::oneOf(rc::gen::inRange<char>('!', '\x7f'), rc::gen::elementOf(Bytes("<>&\"'\\/]")));
  const auto secret = *rc::gen::suchThat(rc::gen::container<Bytes>(24, character), [](const Bytes& text) {
    return text.find("]]>") == Bytes::npos && text.find("sealed:v1:") == Bytes::npos;
  });
  const auto name =
      *rc::gen::element<Bytes>("Token", "SuiteTicket", "AuthCode", "WelcomeCode", "response_url", "authCode",
                               "WELCOMECODE", "access_token", "AccessToken", "ChatKey", "ResponseCode");
  const auto element = *rc::gen::element("<" + name + "><![CDATA[" + secret + "]]></" + name + ">",
                                         "<" + name + ">" + escaped(secret) + "</" + name + ">",
                                         "<Deep><" + name + "> <![CDATA[" + secret + "]]>\n</" + name + "></Deep>");
  const auto elsewhere = *rc::gen::element<Bytes>("", "<Note>also " + escaped(secret) + "!</Note>",
                                                  "<Note><![CDATA[" + secret + "]]></Note>");
  const Bytes xml =
      "<xml><ToUserName>wwcorp</ToUserName><CreateTime>1409659813</CreateTime><MsgType>event</MsgType>"
      "<Event>kf_msg_or_event</Event>" +
      element + elsewhere + "</xml>";
  const Bytes json = "{" + quoted_text(name) + ":" + quoted_text(secret) + R"(,"msgtype":"text","text":{"content":)" +
                     quoted_text("say " + secret) + "}}";
  for (const auto& request : {encrypted_request("wework_app", xml, {.receiveid = "wwcorp"}),
                              encrypted_json_request("wework_bot", json, {}), webhook_request("channel", json)}) {
    const auto interpretation = accounts().interpret(request.callback());
    RC_ASSERT(std::holds_alternative<Accepted>(interpretation));
    const auto& event = std::get<Accepted>(interpretation).event;
    std::string encoded;
    schemas::encode(event, schemas::kEventSchema, encoded);
    for (const auto& shape : {secret, escaped(secret), quoted_text(secret).substr(1, quoted_text(secret).size() - 2)}) {
      RC_ASSERT(event.raw.find(shape) == Bytes::npos);
      RC_ASSERT(encoded.find(shape) == Bytes::npos);
      for (const auto& [key, value] : event.attributes) RC_ASSERT(value.find(shape) == Bytes::npos);
    }
    const auto sealed = std::string(sealer().seal(secret));
    RC_ASSERT(event.raw.find(sealed) != Bytes::npos);
  }
}

RC_GTEST_PROP(Interpret, AFlippedBitNeverYieldsAnotherEvent, ()) {
  const auto original = *rc::gen::elementOf(
      std::vector<Request>{encrypted_request("official_account", kTextMessage, {.receiveid = "wxapp"}),
                           encrypted_request("wework_app", kWeworkMessage, {.receiveid = "wwcorp"}),
                           encrypted_json_request("wework_bot", kBotMessage, {}),
                           webhook_request("channel", R"({"contact":{"phone":"13800138000"}})")});
  const auto event = std::get<Accepted>(accounts().interpret(original.callback())).event;
  for (auto part : {&Request::query, &Request::body, &Request::webhook_id, &Request::webhook_timestamp,
                    &Request::webhook_signature}) {
    if ((original.*part).empty()) continue;
    Request touched = original;
    const auto bit = *rc::gen::inRange<size_t>(0, (original.*part).size() * 8);
    (touched.*part)[bit / 8] = static_cast<char>((touched.*part)[bit / 8] ^ (1 << (bit % 8)));
    const auto interpretation = accounts().interpret(touched.callback());
    check_invariants(interpretation);
    RC_ASSERT(!std::holds_alternative<Unreadable>(interpretation));
    if (const auto* accepted = std::get_if<Accepted>(&interpretation)) RC_ASSERT(accepted->event == event);
  }
}

}  // namespace
}  // namespace wxpipe::ingest
