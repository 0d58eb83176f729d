// Passive replies as the platform reads them: decrypted with its key, checked with its token.
#include "ingest/replies.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/unit/ingest/platform_side.hpp"

namespace wxpipe::ingest {
namespace {

using namespace test;

config::ReplyRule keyword(std::string word, std::string text, bool exact = false) {
  return {.on = "keyword", .keyword = std::move(word), .exact = exact, .text = std::move(text)};
}

config::AccountSettings answering(std::string kind, std::string mode = {}) {
  auto settings = account(std::move(kind), std::move(mode));
  settings.replies = {keyword("hello", "hi ]]> \"you\"")};
  return settings;
}

Accepted accepted(const config::AccountSettings& settings, const Request& request) {
  return std::get<Accepted>(book({settings}).interpret(request.callback()));
}

// The text between the two marks.
std::string between(std::string_view text, std::string_view open, std::string_view close) {
  const size_t from = text.find(open) + open.size();
  return std::string(text.substr(from, text.find(close, from) - from));
}

struct OpenedReply {
  std::string message, receiveid;
  bool signature_fits;
};

OpenedReply open(const std::string& encrypt, const std::string& signature, const std::string& timestamp,
                 const std::string& nonce, std::string_view token = kToken, std::string_view key = kAesKey) {
  std::string buffer;
  wxcrypt::Plaintext plaintext;
  EXPECT_EQ(wxcrypt::decrypt(*wxcrypt::decode_aes_key(key), encrypt, buffer, plaintext), wxcrypt::CipherFault::none);
  return {std::string(plaintext.message), std::string(plaintext.receiveid),
          signature == test::sign({token, timestamp, nonce, encrypt})};
}

OpenedReply open_xml(const std::string& body, std::string_view token = kToken, std::string_view key = kAesKey) {
  return open(between(body, "<Encrypt><![CDATA[", "]]>"), between(body, "<MsgSignature><![CDATA[", "]]>"),
              between(body, "<TimeStamp>", "<"), between(body, "<Nonce><![CDATA[", "]]>"), token, key);
}

const std::string kXmlReply =
    "<xml><ToUserName><![CDATA[oUser]]></ToUserName><FromUserName><![CDATA[gh_original]]></FromUserName>"
    "<CreateTime>1409659813</CreateTime><MsgType><![CDATA[text]]></MsgType>"
    "<Content><![CDATA[hi ]]]]><![CDATA[> \"you\"]]></Content></xml>";

TEST(PassiveReply, IsPlainXmlInPlainModeAndRecordedWithTheMessage) {
  const Accepted answer =
      accepted(answering("official_account", "plain"), clear_request("official_account", kTextMessage));
  EXPECT_EQ(answer.reply, (Reply{200, kXmlReply, "application/xml; charset=utf-8"}));
  EXPECT_EQ(answer.event.reply, "hi ]]> \"you\"");
}

TEST(PassiveReply, IsEncryptedForTheReceiverTheCallbackNamed) {
  const std::pair<std::string, std::string> receivers[] = {{"official_account", "wxapp"},
                                                           {"mini_program", "wxapp"},
                                                           {"open_platform_messages", "wxcomponent"},
                                                           {"wework_app", "wwcorp"},
                                                           {"wework_suite_data", "wwcorp"}};
  for (const auto& [kind, receiveid] : receivers) {
    Request request = encrypted_request(kind, kTextMessage, {.receiveid = receiveid});
    if (kind == "open_platform_messages") request.tenant = "wx1";
    const Accepted answer = accepted(answering(kind), request);
    EXPECT_EQ(answer.reply.content_type, "application/xml; charset=utf-8");
    const OpenedReply reply = open_xml(answer.reply.body);
    EXPECT_EQ(reply.message, kXmlReply) << kind;
    EXPECT_EQ(reply.receiveid, receiveid) << kind;
    EXPECT_TRUE(reply.signature_fits) << kind;
  }
}

TEST(PassiveReply, UsesTheTokenAndKeyThatTheCallbackUsedDuringARotation) {
  const Accepted answer =
      accepted(answering("wework_app"),
               encrypted_request("wework_app", kTextMessage,
                                 {.token = kPreviousToken, .aes_key = kPreviousAesKey, .receiveid = "wwcorp"}));
  const OpenedReply reply = open_xml(answer.reply.body, kPreviousToken, kPreviousAesKey);
  EXPECT_EQ(reply.message, kXmlReply);
  EXPECT_TRUE(reply.signature_fits);
}

TEST(PassiveReply, FollowsTheFormatOfAJsonCallback) {
  constexpr auto kMessage =
      R"({"ToUserName":"gh_original","FromUserName":"oUser","CreateTime":1409659813,"MsgType":"text","Content":"hello","MsgId":1})";
  const Accepted answer = accepted(answering("mini_program"),
                                   encrypted_json_request("mini_program", kMessage, {.receiveid = "wxapp"}, "Encrypt"));
  const std::string& body = answer.reply.body;
  EXPECT_EQ(answer.reply.content_type, "application/json; charset=utf-8");
  const OpenedReply reply = open(between(body, R"("Encrypt":")", "\""), between(body, R"("MsgSignature":")", "\""),
                                 between(body, R"("TimeStamp":)", ","), between(body, R"("Nonce":")", "\""));
  EXPECT_EQ(
      reply.message,
      R"({"ToUserName":"oUser","FromUserName":"gh_original","CreateTime":1409659813,"MsgType":"text","Content":"hi ]]> \"you\""})");
  EXPECT_TRUE(reply.signature_fits);
}

TEST(PassiveReply, BotsAnswerMessagesWithAFinishedStreamAndGreetWithText) {
  const auto opened = [](const Accepted& answer) {
    const std::string& body = answer.reply.body;
    return open(between(body, R"("encrypt":")", "\""), between(body, R"("msgsignature":")", "\""),
                between(body, R"("timestamp":)", ","), between(body, R"("nonce":")", "\""));
  };
  const Accepted answer = accepted(answering("wework_bot"), encrypted_json_request("wework_bot", kBotMessage, {}));
  const OpenedReply reply = opened(answer);
  EXPECT_EQ(reply.message,
            fmt::format(R"({{"msgtype":"stream","stream":{{"id":"{}","finish":true,"content":"hi ]]> \"you\""}}}})",
                        to_string(answer.event.id)));
  EXPECT_EQ(reply.receiveid, "");
  EXPECT_TRUE(reply.signature_fits);

  const auto welcome = [&](std::string_view event) {
    const std::string body = fmt::format(
        R"({{"msgid":"m","create_time":1409659813,"aibotid":"b","from":{{"userid":"u"}},"msgtype":"event","event":{{"eventtype":"{}"}}}})",
        event);
    const Document document = parse_document(body).value();
    schemas::Event said;
    std::vector<std::string> errors;
    return reply_message(make_account(account("wework_bot"), errors), document, said, "welcome");
  };
  EXPECT_EQ(welcome("enter_chat"), R"({"msgtype":"text","text":{"content":"welcome"}})");
  EXPECT_EQ(welcome("feedback_event"), "");
}

TEST(PassiveReply, TheFirstRuleThatFitsAnswers) {
  std::vector<std::string> errors;
  auto settings = account("official_account");
  settings.replies = {keyword("price", "exactly", true),
                      keyword("PRICE", "contained"),
                      {.on = "follower.subscribed", .keyword = "", .text = "welcome"}};
  const Account shop = make_account(settings, errors);
  const auto answer = [&](std::string type, std::string content) -> std::string {
    schemas::Event event;
    event.type = std::move(type);
    event.content = std::move(content);
    const auto* const rule = fitting_rule(shop, event);
    return rule == nullptr ? "none" : rule->text;
  };
  EXPECT_EQ(answer("message.text", "Price"), "exactly");
  EXPECT_EQ(answer("message.text", "what price?"), "contained");
  EXPECT_EQ(answer("message.text", "pric"), "none");
  EXPECT_EQ(answer("message.image", "price"), "none");
  EXPECT_EQ(answer("follower.subscribed", ""), "welcome");
}

TEST(PassiveReply, ARetryIsAnsweredAnewAndStaysTheSameEvent) {
  const Request request = encrypted_request("official_account", kTextMessage, {.receiveid = "wxapp"});
  EXPECT_EQ(accepted(answering("official_account"), request).event,
            accepted(answering("official_account"), request).event);
}

}  // namespace
}  // namespace wxpipe::ingest
