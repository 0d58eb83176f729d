// Senders of webhooks with rules of their own: what isn't the matter of one preset. Each preset has golden cases
// (tests/golden/*/sender_*).
#include "ingest/senders/presets.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "common/crypto/base64.hpp"
#include "common/crypto/digest.hpp"
#include "schemas/fact_json.hpp"
#include "tests/unit/ingest/platform_side.hpp"

namespace wxpipe::ingest {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

config::AccountSettings account_of(std::string sender, std::string secret) {
  auto account = test::account("channel");
  account.sender = std::move(sender);
  account.secret = Secret(std::move(secret));
  return account;
}

Interpretation interpret(const config::AccountSettings& account, const test::Request& request) {
  return test::book({account}).interpret(request.callback());
}

Refusal refusal_of(const config::AccountSettings& account, const test::Request& request) {
  const auto outcome = interpret(account, request);
  EXPECT_TRUE(std::holds_alternative<Refused>(outcome)) << "was not refused";
  return std::holds_alternative<Refused>(outcome) ? std::get<Refused>(outcome).refusal : Refusal::unknown_account;
}

// The examples that these senders publish in their own documents.
TEST(Senders, AcceptThePublishedExampleOfQuanliang) {
  auto account = account_of("quanliang", "123456");
  account.encoding_aes_key = Secret("949001b2d67745328ffa5320feb1950e");
  account.previous_encoding_aes_key = {};
  test::Request request{
      .account = "channel",
      .body =
          R"({"app_key":"co23e51cc5cac543a9","token":"123456","nonce":"2f5acc3956c3459a8bafc18a97f6db3c",)"
          R"("timestamp":"1623139834","encoding_content":"TDys3S8Q4/jc1YhppJqcX00bCTJZ0vKTiLsKRvYUHBT6+X/Y3M864fidTz)"
          R"(ucEBtyFlJv3Gw2r/PWPQVjT0vitQ==","signature":"7c5775857b111581483998b545502da6"})"};
  request.received_at = Timestamp(std::chrono::seconds(1'623'139'900));
  const auto outcome = interpret(account, request);
  ASSERT_TRUE(std::holds_alternative<Accepted>(outcome));
  const auto& [event, reply, urgent, mismatch] = std::get<Accepted>(outcome);
  EXPECT_EQ(event.raw, R"({"event_type": 40027, "msg":"这是一段测试数据"})");
  EXPECT_EQ(event.type, "unknown.40027");
  EXPECT_EQ(reply, (Reply{200, "success"}));
}

TEST(Senders, AcceptThePublishedExampleOfTanma) {
  auto account = account_of("tanma", "zc_test");
  account.declared.iv = "text:zc_test";  // there the appId is the corp id
  test::Request request{
      .account = "channel",
      .body =
          "5TMVT8H4yTSSoING+afhRlGcCZAIxTs8Z7o3vGpid6tF2aF7C73uZ44qMopuNPCFmwOLOJ8xViCTHUfe/xYZSb71/VRSEDeIqqwN4eg="};
  request.headers = {{"appId", "zc_test"},
                     {"timestamp", "1596681164807"},
                     {"version", "1"},
                     {"sign", "317672b4685d9b8bafe1794390e31209aed5cef912683292fed94a69085919d3"}};
  request.received_at = Timestamp(std::chrono::seconds(1'596'681'165));
  const auto outcome = interpret(account, request);
  ASSERT_TRUE(std::holds_alternative<Accepted>(outcome));
  EXPECT_EQ(std::get<Accepted>(outcome).event.raw,
            R"({"type":"register","noise":4970601478527096155,"msgId":999,"content":"hello"})");
  EXPECT_EQ(std::get<Accepted>(outcome).reply.body, R"({"noise":4970601478527096155})");
}

TEST(Senders, TakeThePreviousSecretWhileItIsChanged) {
  auto account = account_of("caoliao", "the new secret");
  account.previous_secret = Secret("the old secret");
  for (const auto* key : {"the%20new%20secret", "the%20old%20secret"}) {
    test::Request request{.account = "channel", .query = std::string("key=") + key, .body = R"({"record_id":1})"};
    EXPECT_TRUE(std::holds_alternative<Accepted>(interpret(account, request))) << key;
  }
}

TEST(Senders, RefuseWhatIsMissingOrComesTwice) {
  const auto account = account_of("caoliao", "a key of ours");
  const auto refused = [&](std::string query) {
    return refusal_of(account, {.account = "channel", .query = std::move(query), .body = "{}"});
  };
  EXPECT_EQ(refused(""), Refusal::missing_signature);
  EXPECT_EQ(refused("key="), Refusal::missing_signature);
  EXPECT_EQ(refused("key=a%20key%20of%20theirs"), Refusal::bad_signature);
  EXPECT_EQ(refused("key=a&key=b"), Refusal::duplicate_parameter);
  EXPECT_EQ(refused("key=%zz"), Refusal::bad_request);
  EXPECT_EQ(refusal_of(account_of("wjx", "push key"),
                       {.account = "channel", .body = R"({"activity":"1","index":"2","sign":"a","sign":"b"})"}),
            Refusal::duplicate_parameter);
  EXPECT_EQ(refusal_of(account_of("wjx", "push key"), {.account = "channel", .body = R"({"activity":"1","sign":"a"})"}),
            Refusal::missing_signature);
  EXPECT_EQ(refusal_of(account_of("wjx", "push key"), {.account = "channel", .body = "not JSON"}),
            Refusal::missing_signature)
      << "the proof would stand in the body";
}

TEST(Senders, KnowHttpBasic) {
  auto account = test::account("channel");
  account.declared.algorithm = "basic";
  account.secret = Secret("wxpipe:a long password");
  std::string credentials = "Basic ";
  crypto::append_base64(credentials, "wxpipe:a long password");
  test::Request request{.account = "channel", .body = R"({"phone":"13900000000"})"};
  request.headers = {{"authorization", credentials}};
  const auto outcome = interpret(account, request);
  ASSERT_TRUE(std::holds_alternative<Accepted>(outcome));
  EXPECT_EQ(std::get<Accepted>(outcome).event.type, "lead.submitted");
  EXPECT_EQ(std::get<Accepted>(outcome).event.subject, "13900000000");
  request.headers = {{"authorization", "Basic d3hwaXBlOmd1ZXNz"}};
  EXPECT_EQ(refusal_of(account, request), Refusal::bad_signature);
}

TEST(Senders, CanBeDeclaredWithoutAPreset) {
  auto account = test::account("channel");
  account.secret = Secret("shared");
  account.declared.algorithm = "hmac_sha1";
  account.declared.over = {"header:X-Time", "text:\n", "body"};
  account.declared.found = "query:sig";
  account.declared.encoding = "base64";
  account.declared.time = "header:X-Time";
  account.declared.fields = {{"phone", "form.mobile | form.tel"}, {"identity", "header:X-Id"}, {"shop", "query:shop"}};
  account.declared.status = 201;
  account.declared.body = R"({"got":{form.no},"text":"{ }"})";
  const std::string body = R"({"form":{"no":7,"tel":"13900000001"}})", time = "1409659813";
  const std::array<std::string_view, 3> parts{time, "\n", body};
  std::string signature;
  crypto::append_base64(signature, crypto::bytes_of(crypto::hmac_sha1("shared", parts)));
  test::Request request{.account = "channel", .query = "shop=7&sig=" + test::percent_encoded(signature), .body = body};
  request.headers = {{"X-Time", time}, {"X-Id", "order-7"}};
  const auto outcome = interpret(account, request);
  ASSERT_TRUE(std::holds_alternative<Accepted>(outcome));
  const auto& accepted = std::get<Accepted>(outcome);
  EXPECT_EQ(accepted.event.identity, "webhook|order-7");
  EXPECT_EQ(schemas::attribute(accepted.event.attributes, "contact_phone"), "13900000001");
  EXPECT_EQ(schemas::attribute(accepted.event.attributes, "shop"), "7");
  EXPECT_EQ(accepted.reply, (Reply{201, R"({"got":7,"text":"{ }"})", "application/json; charset=utf-8"}));
  // What isn't text is not taken for an id or a field.
  request.headers[1].second = "order-\xff";
  request.query = "shop=%007&sig=" + test::percent_encoded(signature);
  const auto other = interpret(account, request);
  ASSERT_TRUE(std::holds_alternative<Accepted>(other));
  EXPECT_THAT(std::get<Accepted>(other).event.identity, testing::StartsWith("webhook|body="));
  EXPECT_EQ(schemas::attribute(std::get<Accepted>(other).event.attributes, "shop"), "");
  request.received_at += std::chrono::hours(25);
  EXPECT_EQ(refusal_of(account, request), Refusal::stale_timestamp);
  account.max_timestamp_age = std::chrono::hours(26);
  EXPECT_TRUE(std::holds_alternative<Accepted>(interpret(account, request)));
}

// A callback has places of its own for these.
TEST(Senders, MaySignWithAnyHeader) {
  auto account = test::account("channel");
  account.secret = Secret("shared with them");
  account.declared.algorithm = "hmac_sha256";
  account.declared.over = {
      "header:Webhook-Id", ".", "header:Webhook-Timestamp", ".", "header:content-type", ".", "body"};
  account.declared.found = "header:Webhook-Signature";
  account.declared.encoding = "hex";
  account.declared.time = "header:Webhook-Timestamp";
  account.declared.fields = {{"identity", "header:webhook-id"}};
  const std::string body = R"({"phone":"13900000001"})", id = "msg-7", time = "1409659813";
  const std::array<std::string_view, 7> parts{id, ".", time, ".", "application/json", ".", body};
  const auto digest = crypto::hmac_sha256("shared with them", parts);
  std::string signature;
  for (const auto byte : digest) signature += fmt::format("{:02x}", byte);
  test::Request request{.account = "channel", .body = body, .webhook_id = id, .webhook_timestamp = time};
  request.webhook_signature = signature;
  request.content_type = "application/json";
  const auto outcome = interpret(account, request);
  ASSERT_TRUE(std::holds_alternative<Accepted>(outcome));
  EXPECT_EQ(std::get<Accepted>(outcome).event.identity, "webhook|msg-7");
  request.webhook_timestamp = "1409659814";
  EXPECT_EQ(refusal_of(account, request), Refusal::bad_signature);
  request.webhook_signature.clear();
  EXPECT_EQ(refusal_of(account, request), Refusal::missing_signature);

  // A key that travels in clear in such a header is sealed, too.
  account.declared = {};
  account.declared.algorithm = "equal";
  account.declared.found = "header:webhook-signature";
  const test::Request bad{.account = "channel", .body = "no JSON", .webhook_signature = "shared with them"};
  const auto unreadable = interpret(account, bad);
  ASSERT_TRUE(std::holds_alternative<Unreadable>(unreadable));
  const auto& letter = std::get<Unreadable>(unreadable).letter;
  EXPECT_EQ(test::sealer().open(schemas::attribute(letter.context, "webhook-signature")), "shared with them");
}

// Whatever the order in which they arrive: rows go by what the sender says (docs/guarantees.md law 4).
TEST(Senders, SayWhichOfTwoChangesIsTheNewerOne) {
  const auto change = [](const std::string& name, const std::string& at, std::chrono::seconds later) {
    const auto body = fmt::format(
        R"({{"op":"data_update","data":{{"_id":"6786c1d0a1","name":"{}","phone":"13900010005","createTime":)"
        R"("2014-09-01T00:00:00.000Z","updateTime":"{}"}}}})",
        name, at);
    test::Request request{.account = "channel", .query = "nonce=n&timestamp=1409659813", .body = body};
    const std::array<std::string_view, 7> parts{"n", ":", body, ":", "jdySecret", ":", "1409659813"};
    std::string signature;
    for (const auto byte : crypto::sha1(parts)) signature += fmt::format("{:02x}", byte);
    request.headers = {{"x-jdy-signature", signature}, {"X-JDY-DeliverId", "delivery of " + name}};
    request.received_at += later;
    const auto outcome = interpret(account_of("jiandaoyun", "jdySecret"), request);
    EXPECT_TRUE(std::holds_alternative<Accepted>(outcome));
    return std::get<Accepted>(outcome).event;
  };
  const auto newer = change("new", "2014-09-02T11:00:02.000Z", 0s),
             older = change("old", "2014-09-02T11:00:01.000Z", 9s);
  EXPECT_EQ(newer.type, "lead.changed");
  EXPECT_EQ(newer.subject, older.subject);
  EXPECT_TRUE(newer.timeless && older.timeless);
  EXPECT_EQ(to_iso8601(newer.stated_at), "2014-09-02T11:00:02.000000Z");
  EXPECT_EQ(to_iso8601(older.stated_at), "2014-09-02T11:00:01.000000Z");
}

TEST(Senders, MeanTheirOwnClocksWhereTheySayNoZone) {
  auto account = account_of("ocean_engine", "a key of ours");
  const auto stated = [&](const std::string& said) {
    const auto outcome = interpret(
        account, {.account = "channel",
                  .query = "key=a%20key%20of%20ours",
                  .body = fmt::format(R"({{"clue_id":"1","create_time":"{}","timestamp":"1409659800"}})", said)});
    const auto at = std::get<Accepted>(outcome).event.stated_at;
    return at == Timestamp() ? std::string() : to_iso8601(at);
  };
  for (const auto* said : {"2014-09-02 19:10:13", "2014-09-02T19:10:13", "2014-09-02 19:10:13+08:00",
                           "2014-09-02 11:10:13Z", "1409656213", "1409656213000"})
    EXPECT_EQ(stated(said), "2014-09-02T11:10:13.000000Z") << said;
  for (const auto* said : {"", "yesterday", "2014-09-02", "2014/09/02 19:10:13"}) EXPECT_EQ(stated(said), "") << said;
  account.declared.fields = {{"occurred_at", "timestamp"}};
  EXPECT_EQ(stated("2014-09-02 19:10:13"), "2014-09-02T12:10:00.000000Z") << "the account's word counts";
}

TEST(Senders, AnswerTheVerificationOfTheAddress) {
  auto account = account_of("meta", "app secret");
  account.token = Secret("verify me");
  test::Request request{.account = "channel", .method = Method::get};
  const auto ask = [&](std::string query) {
    request.query = std::move(query);
    return interpret(account, request);
  };
  EXPECT_EQ(ask("hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=verify%20me"),
            Interpretation(Challenge{{200, "1158201444"}}));
  EXPECT_EQ(ask("hub.challenge=1158201444&hub.verify_token=guess"), Interpretation(Refused{Refusal::bad_signature}));
  EXPECT_EQ(ask("hub.challenge=1158201444"), Interpretation(Refused{Refusal::missing_signature}));
  EXPECT_EQ(ask("hub.challenge=%3Cb%3E&hub.verify_token=verify%20me"), Interpretation(Refused{Refusal::not_an_echo}));
  account = account_of("wjx", "push key");
  EXPECT_EQ(ask("hub.challenge=1&hub.verify_token=verify%20me"), Interpretation(Refused{Refusal::method_not_allowed}));
}

TEST(Senders, NoKeyThatTravelsInClearIsKept) {
  const std::string key = "a key that travels in clear";
  const test::Request good{.account = "channel",
                           .body = R"({"google_key":"a key that travels in clear","lead_id":"L","is_test":true})"};
  const auto outcome = interpret(account_of("google_ads", key), good);
  ASSERT_TRUE(std::holds_alternative<Accepted>(outcome));
  const auto& event = std::get<Accepted>(outcome).event;
  EXPECT_EQ(event.type, "webhook.test");
  EXPECT_EQ(event.subject, "") << "a test is nobody's";
  std::string encoded;
  schemas::encode(event, schemas::kEventSchema, encoded);
  EXPECT_THAT(encoded, testing::Not(HasSubstr(key)));

  // Dead letters: all that it stands in is sealed.
  const test::Request bad{.account = "channel", .query = "key=a%20key%20of%20ours&n=1", .body = "no JSON"};
  const auto unreadable = interpret(account_of("caoliao", "a key of ours"), bad);
  ASSERT_TRUE(std::holds_alternative<Unreadable>(unreadable));
  const auto& letter = std::get<Unreadable>(unreadable).letter;
  EXPECT_EQ(letter.reason, Reason::malformed_json);
  EXPECT_EQ(letter.body, "no JSON");
  EXPECT_EQ(test::sealer().open(schemas::attribute(letter.context, "query")), bad.query);

  auto account = test::account("channel");
  account.secret = Secret(key);
  account.declared.algorithm = "equal";
  account.declared.found = "json:key";
  account.declared.document = "json:data";
  const test::Request wrapped{.account = "channel",
                              .body = R"({"key":"a key that travels in clear","data":"no JSON"})"};
  const auto unread = interpret(account, wrapped);
  ASSERT_TRUE(std::holds_alternative<Unreadable>(unread));
  EXPECT_EQ(test::sealer().open(std::get<Unreadable>(unread).letter.body), wrapped.body);
}

// ---- What check-config says ----

std::vector<std::string> complaints(const config::AccountSettings& settings) {
  std::vector<std::string> errors;
  make_account(settings, errors);
  return errors;
}

TEST(Senders, SayWhatIsMissingAndWhereToGetIt) {
  auto account = account_of("quanliang", "");
  account.encoding_aes_key = {};
  account.previous_encoding_aes_key = {};
  EXPECT_THAT(complaints(account),
              ElementsAre("config.toml:3:1: accounts.channel.secret: is missing; it is the Token at 企业设置 > API接入",
                          "config.toml:3:1: accounts.channel.encoding_aes_key: is missing; it is the EncodingAesKey at "
                          "企业设置 > API接入"));
  account = account_of("meta", "secret");
  account.token = {};
  account.previous_token = {};
  EXPECT_THAT(complaints(account), ElementsAre(HasSubstr("accounts.channel.token: is missing")));
  EXPECT_THAT(complaints(account_of("wufoo", "secret")),
              ElementsAre(HasSubstr("accounts.channel.sender: \"wufoo\" is none of caoliao, dustess,")));
  EXPECT_THAT(complaints(account_of("caoliao", "short")), ElementsAre(HasSubstr("fewer than 8 characters")));
}

TEST(Senders, RefuseDeclarationsThatProveNothing) {
  auto account = test::account("channel");
  account.secret = Secret("shared");
  account.declared.over = {"body"};
  EXPECT_THAT(complaints(account), ElementsAre(HasSubstr("proof.algorithm: is missing")));
  account.declared.algorithm = "sha1";
  account.declared.found = "header:X-Sign";
  EXPECT_THAT(complaints(account), ElementsAre(HasSubstr("has no \"secret\", so anybody could make such a proof")));
  account.declared.over = {"body", "secret", "qurey:nonce"};
  EXPECT_THAT(complaints(account), ElementsAre(HasSubstr("\"qurey:nonce\" is no part of a request")));
  account.declared.over = {"body", "secret"};
  account.declared.time = "query:timestamp";
  EXPECT_THAT(complaints(account), ElementsAre(HasSubstr("proof.time: isn't among proof.over")));
  account.declared.time = "json:sent_at";
  EXPECT_THAT(complaints(account), IsEmpty()) << "the body has it";
  account.kind = "wework_bot";
  EXPECT_THAT(complaints(account),
              ElementsAre(HasSubstr("only wework_instance and channel have senders with rules of their own")));
}

TEST(Senders, AProofThatCoversLittleIsARisk) {
  const auto risks = [](const config::AccountSettings& account) {
    std::vector<std::string> keys;
    for (const auto& finding : risks_of(account)) keys.push_back(finding.key);
    return keys;
  };
  EXPECT_THAT(risks(test::account("channel")), IsEmpty());
  EXPECT_THAT(risks(account_of("tencent_ads", "secret")), IsEmpty());
  EXPECT_THAT(risks(account_of("lifisher", "secret")), IsEmpty());
  EXPECT_THAT(risks(account_of("volcengine", "secret")), IsEmpty()) << "all that is read of it is signed";
  EXPECT_THAT(risks(account_of("ocean_engine", "long secret")), ElementsAre("accounts.channel.proof"));
  EXPECT_THAT(risks(account_of("wjx", "secret")), ElementsAre("accounts.channel.proof", "accounts.channel.fields"));
  auto account = account_of("jiandaoyun", "secret");
  EXPECT_THAT(risks(account), ElementsAre("accounts.channel.fields"));
  account.declared.fields = {{"phone", "data._widget_1"}};
  EXPECT_THAT(risks(account), IsEmpty());
}

// ---- What the pages say of presets is what the table says ----

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_FALSE(text.str().empty()) << path;
  return text.str();
}

TEST(Presets, HaveAGoldenCaseAndAreOnThePages) {
  const std::string webhooks = text_of("docs/webhooks.md"), protocol = text_of("docs/protocol.md");
  for (const auto& preset : senders::presets()) {
    const bool has_case =
        std::filesystem::exists(fmt::format("tests/golden/channel/sender_{}/expected.json", preset.name)) ||
        std::filesystem::exists(fmt::format("tests/golden/wework_instance/sender_{}/expected.json", preset.name));
    EXPECT_TRUE(has_case) << preset.name;
    EXPECT_THAT(webhooks, HasSubstr(fmt::format("| `{}` |", preset.name)));
    EXPECT_THAT(protocol, HasSubstr(fmt::format("| `{}` |", preset.name)));
  }
}

TEST(Presets, AreKnownByTheirOtherNames) {
  for (const auto& [also, name] : std::map<std::string, std::string>{
           {"feiyu", "ocean_engine"}, {"cli_im", "caoliao"}, {"meta_leads", "meta"}, {"wjx", "wjx"}}) {
    ASSERT_NE(senders::preset(also), nullptr) << also;
    EXPECT_EQ(senders::preset(also)->name, name);
  }
  EXPECT_EQ(senders::preset(""), nullptr);
}

TEST(Presets, AreCompleteButForWhatTheirConsolesGive) {
  for (const auto& preset : senders::presets()) {
    auto account = account_of(std::string(preset.name), "secret of the console");
    if (!preset.key_where.empty()) account.encoding_aes_key = Secret(std::string(32, 'k'));
    account.previous_encoding_aes_key = {};
    EXPECT_THAT(complaints(account), IsEmpty()) << preset.name;
  }
}

}  // namespace
}  // namespace wxpipe::ingest
