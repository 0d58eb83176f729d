// docs/contract.md §2, "At the edge", over HTTP: what each kind of account is answered, and what Kafka then holds.
#include "schemas/fact_json.hpp"
#include "tests/integration/ingest/ingest_fixture.hpp"

#include "ingest/document.hpp"
#include "ingest/wxcrypt/cipher.hpp"

namespace wxpipe::ingest::test {
namespace {
using testing::ElementsAre;
using testing::IsEmpty;

class CallbacksTest : public IngestTest {
 protected:
  void SetUp() override {
    IngestTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    ingest_ = std::make_unique<RunningIngest>(settings());
  }
  HttpResponse send(const Request& request) { return client_().send(http(request)); }
  // "200 success"
  std::string answer(const Request& request) {
    const auto response = send(request);
    return response.body.empty() ? std::to_string(response.status)
                                 : fmt::format("{} {}", response.status, response.body);
  }
  HttpClient& client_() {
    if (!connection_) connection_ = std::make_unique<HttpClient>("127.0.0.1", ingest_->port());
    return *connection_;
  }
  static Request with_tenant(Request request, std::string tenant) {
    request.tenant = std::move(tenant);
    return request;
  }
  // A console's verification of now.
  static Request echo(std::string account, std::string_view receiveid,
                      std::string_view message = "1616140317555161061") {
    const auto now = now_text();
    const Encryption with{.receiveid = receiveid, .timestamp = now};
    const auto encrypted = encrypt(message, with);
    Request request{.account = std::move(account)};
    request.method = Method::get;
    request.query = signed_query(encrypted, with) + "&echostr=" + percent_encoded(encrypted);
    return request;
  }
  static Request clear_echo(std::string account, const std::string& echo, const std::string& at = now_text()) {
    Request request = clear_request(std::move(account), "", kToken, at);
    request.method = Method::get;
    request.query += "&echostr=" + echo;
    return request;
  }

  std::unique_ptr<RunningIngest> ingest_;
  std::unique_ptr<HttpClient> connection_;
};

TEST_F(CallbacksTest, AnswersTheVerificationOfEveryKindAndKeepsNothing) {
  for (const auto* name : {"official_account", "mini_program", "plain", "compatible", "open_platform"})
    EXPECT_EQ(answer(clear_echo(name, "5%2B1")), "200 5+1") << name;
  EXPECT_EQ(answer(with_tenant(clear_echo("open_platform_messages", "77"), "wx1")), "200 77");
  const std::pair<const char*, const char*> receivers[] = {{"wework_app", "wwcorp"},
                                                           {"wework_suite_command", "wwprovider"},
                                                           {"wework_suite_data", "wwprovider"},
                                                           {"wework_bot", ""}};
  for (const auto& [name, receiver] : receivers)
    EXPECT_EQ(answer(echo(name, receiver)), "200 1616140317555161061") << name;
  for (const auto* name : {"wework_instance", "channel"})
    EXPECT_EQ(send({.account = name, .method = Method::get}).status, 405) << name;
  EXPECT_EQ(ingest_->callbacks("plain", "challenge"), 1);
  ingest_->stop();
  EXPECT_THAT(events(), IsEmpty());
  EXPECT_THAT(letters(), IsEmpty());
}

TEST_F(CallbacksTest, AVerificationIsNoWayToReadWhatSomebodyCaptured) {
  EXPECT_EQ(answer(echo("wework_app", "wwcorp", kWeworkMessage)), "401 not_an_echo");
  EXPECT_EQ(answer(echo("wework_bot", "", kBotMessage)), "401 not_an_echo");
  EXPECT_EQ(ingest_->callbacks("wework_app", "refused", "not_an_echo"), 1);
  EXPECT_EQ(ingest_->callbacks("wework_bot", "refused", "not_an_echo"), 1);
  const auto old = std::to_string(std::stoll(now_text()) - 400);
  EXPECT_EQ(answer(clear_echo("official_account", "1", old)), "401 stale_timestamp");
}

TEST_F(CallbacksTest, AnEncryptThatIsTooShortToBeACiphertextIsRefusedAndOnlyCounted) {
  for (const std::string encrypt : {"", "137262314", "MTM3MjYyMzE0OTE0MDk2NTk4MTM="})
    EXPECT_EQ(answer({.account = "official_account",
                      .query = signed_query(encrypt, {}),
                      .body = "<xml><Encrypt><![CDATA[" + encrypt + "]]></Encrypt></xml>"}),
              "400 no_ciphertext");
  EXPECT_EQ(answer({.account = "wework_bot", .query = signed_query("", {}), .body = R"({"encrypt":""})"}),
            "400 no_ciphertext");
  EXPECT_EQ(ingest_->callbacks("official_account", "refused", "no_ciphertext"), 3);
  EXPECT_EQ(ingest_->callbacks("wework_bot", "refused", "no_ciphertext"), 1);
  ingest_->stop();
  EXPECT_THAT(letters(), IsEmpty());
}

TEST_F(CallbacksTest, EachKindIsAnsweredAndKeptInItsOwnWay) {
  struct Case {
    std::string answer;
    Request request;
    std::string account, tenant, type, raw;
  };
  const std::string webhook = R"({"event":"lead.created","contact":{"phone":"13800000000"}})";
  std::vector<Case> cases{
      {"200 success", encrypted_request("official_account", kTextMessage, {.receiveid = "wxapp"}), "official_account",
       "", "message.text", kTextMessage},
      {"200 success", encrypted_request("mini_program", kTextMessage, {.receiveid = "wxapp"}), "mini_program", "",
       "message.text", kTextMessage},
      {"200 success",
       encrypted_json_request(
           "mini_program",
           R"({"ToUserName":"gh_original","FromUserName":"oU","CreateTime":1409659814,"MsgType":"text","Content":"hi","MsgId":7})",
           {.receiveid = "wxapp"}, "Encrypt"),
       "mini_program", "", "message.text",
       R"({"ToUserName":"gh_original","FromUserName":"oU","CreateTime":1409659814,"MsgType":"text","Content":"hi","MsgId":7})"},
      {"200 success", clear_request("plain", kTextMessage), "plain", "", "message.text", kTextMessage},
      {"200 success", encrypted_request("compatible", kTextMessage, {.receiveid = "wxapp"}), "compatible", "",
       "message.text", kTextMessage},
      {"200 success",
       with_tenant(encrypted_request("open_platform_messages", kTextMessage, {.receiveid = "wxcomponent"}), "wx1"),
       "open_platform_messages", "wx1", "message.text", kTextMessage},
      {"200", encrypted_request("wework_app", kWeworkMessage, {.receiveid = "wwcorp"}), "wework_app", "",
       "message.text", kWeworkMessage},
      {"200", with_tenant(encrypted_request("wework_suite_data", kWeworkMessage, {.receiveid = "wwcorp"}), "wwcorp"),
       "wework_suite_data", "wwcorp", "message.text", kWeworkMessage},
      {"200", encrypted_json_request("wework_bot", kBotMessage, {}), "wework_bot", "", "message.text", kBotMessage},
      {"204", webhook_now("channel", webhook, "msg_1"), "channel", "", "", webhook},
      {"204", webhook_now("wework_instance", webhook, "msg_1"), "wework_instance", "", "", webhook}};
  for (const auto& [expected, request, account, tenant, type, raw] : cases)
    EXPECT_EQ(answer(request), expected) << account;
  // Their credentials are sealed, so these bodies differ from what was sent.
  EXPECT_EQ(answer(encrypted_request("open_platform", kTicket, {.receiveid = "wxcomponent"})), "200 success");
  EXPECT_EQ(answer(encrypted_request("wework_suite_command", kSuiteTicket, {.receiveid = "wwsuite"})), "200 success");
  ingest_->stop();

  EXPECT_THAT(letters(), IsEmpty());
  const auto kept = events();
  EXPECT_EQ(kept.size(), cases.size() + 2);
  std::set<std::string> receipts;
  for (const auto& event : kept) {
    receipts.insert(event.receipt);
    EXPECT_EQ(event.trace_id.size(), 32u);
    if (event.account == "open_platform" || event.account == "wework_suite_command") {
      EXPECT_EQ(event.raw.find("secret"), std::string::npos) << event.raw;
      EXPECT_NE(event.raw.find("sealed:v1:"), std::string::npos);
      continue;
    }
    const auto found = std::find_if(cases.begin(), cases.end(), [&](const Case& one) {
      return one.account == event.account && one.raw == event.raw;
    });
    ASSERT_NE(found, cases.end()) << event.account << " " << event.raw;
    EXPECT_EQ(event.tenant, found->tenant);
    EXPECT_THAT(event.type, testing::Matcher<std::string>(
                                found->type.empty() ? testing::Ne("") : testing::Matcher<std::string>(found->type)))
        << event.account;
  }
  EXPECT_EQ(receipts.size(), kept.size()) << "each its own";
}

TEST_F(CallbacksTest, StrangersAreRefusedAndOnlyCounted) {
  auto bad = encrypted_request("official_account", kTextMessage, {.token = "other", .receiveid = "wxapp"});
  EXPECT_EQ(answer(bad), "401 bad_signature");
  bad.query.clear();
  EXPECT_EQ(answer(bad), "401 missing_signature");
  EXPECT_EQ(answer(clear_request("official_account", kTextMessage)), "400 downgrade");
  EXPECT_EQ(answer(clear_request("compatible", kTextMessage)), "400 downgrade");
  EXPECT_EQ(answer(encrypted_request("official_account", kTextMessage, {.receiveid = "wxother"})),
            "403 wrong_receiver");
  EXPECT_EQ(
      answer(with_tenant(encrypted_request("wework_suite_data", kWeworkMessage, {.receiveid = "wwcorp"}), "wwother")),
      "403 wrong_receiver");
  EXPECT_EQ(answer(clear_request("nobody", kTextMessage)), "404 unknown_account");
  EXPECT_EQ(answer(encrypted_request("open_platform_messages", kTextMessage, {.receiveid = "wxcomponent"})),
            "404 unknown_tenant");
  auto stale = webhook_now("channel", "{}", "m1");
  stale.webhook_timestamp = std::to_string(std::stoll(now_text()) - 400);
  stale.webhook_signature = standard_webhooks::sign(standard_webhooks::decode_secret(kWebhookSecret).value(), "m1",
                                                    stale.webhook_timestamp, stale.body);
  EXPECT_EQ(answer(stale), "401 stale_timestamp");
  auto forged = webhook_now("channel", "{}", "m1");
  forged.body = "{ }";
  EXPECT_EQ(answer(forged), "401 bad_signature");

  EXPECT_EQ(ingest_->callbacks("official_account", "refused", "bad_signature"), 1);
  EXPECT_EQ(ingest_->callbacks("official_account", "refused", "missing_signature"), 1);
  EXPECT_EQ(ingest_->callbacks("official_account", "refused", "downgrade"), 1);
  EXPECT_EQ(ingest_->callbacks("official_account", "refused", "wrong_receiver"), 1);
  EXPECT_EQ(ingest_->callbacks("wework_suite_data", "refused", "wrong_receiver"), 1);
  EXPECT_EQ(ingest_->callbacks("channel", "refused", "stale_timestamp"), 1);
  EXPECT_EQ(ingest_->refused("unknown_account"), 1) << "under no name that a stranger chose";
  ingest_->stop();
  EXPECT_THAT(events(), IsEmpty());
  EXPECT_THAT(letters(), IsEmpty());
}

TEST_F(CallbacksTest, WhatIsAuthenticAndUnreadableIsAcknowledgedAndKeptWithItsReason) {
  std::string nested, clear_nested;
  for (int i = 0; i < 2'000; ++i) nested += "<a>";
  for (int i = 0; i < 2'000; ++i) nested += "</a>";
  std::string deep_json(3'000, '[');
  const std::vector<std::pair<std::string, Reason>> bodies{
      {std::string("<xml><A>\0</A></xml>", 19), Reason::nul_byte},
      {"<xml><A></xml>", Reason::malformed_xml},
      {"hello", Reason::malformed_xml},
      {"{\"a\":", Reason::malformed_json},
      {"<!DOCTYPE x [<!ENTITY y \"z\">]><xml>&y;</xml>", Reason::doctype},
      {"<xml>" + nested + "</xml>", Reason::nested_too_deep},
      {deep_json, Reason::nested_too_deep}};
  std::multiset<std::string> expected;
  for (const auto& [body, reason] : bodies) {
    EXPECT_EQ(answer(encrypted_request("official_account", body, {.receiveid = "wxapp"})), "200 success")
        << to_string(reason);
    EXPECT_EQ(answer(encrypted_request("wework_app", body, {.receiveid = "wwcorp"})), "200") << to_string(reason);
    expected.insert({std::string(to_string(reason)), std::string(to_string(reason))});
  }
  // None of our keys opens it, or it can't be a ciphertext at all.
  for (const auto& request :
       {encrypted_request("official_account", kTextMessage, {.aes_key = kForeignAesKey, .receiveid = "wxapp"}), [] {
          const auto cut = encrypt(kTextMessage, {.receiveid = "wxapp"}).substr(0, 61);
          return Request{.account = "official_account",
                         .query = signed_query(cut, {}),
                         .body = "<xml><Encrypt><![CDATA[" + cut + "]]></Encrypt></xml>"};
        }()}) {
    EXPECT_EQ(answer(request), "200 success");
    expected.insert("undecryptable");
  }
  for (const auto* body : {"<xml></xml>", "", "{"}) {
    EXPECT_EQ(answer(webhook_now("channel", body, fmt::format("m{}", std::string_view(body).size()))), "204") << body;
    expected.insert("malformed_json");
  }
  // A time before WeChat existed, and one of the week after next.
  for (const auto at : {1LL, std::stoll(now_text()) + 14 * 86'400}) {
    auto message = text_message(1);
    message.replace(message.find("<CreateTime>") + 12, 10, std::to_string(at));
    EXPECT_EQ(answer(encrypted_request("official_account", message, {.receiveid = "wxapp"})), "200 success") << at;
    expected.insert("implausible_time");
  }
  EXPECT_EQ(ingest_->callbacks("official_account", "dead_letter", "doctype"), 1);
  EXPECT_EQ(ingest_->metric("wxpipe_dead_letters_total{reason=\"undecryptable\",stage=\"ingest\"}"), 2);
  ingest_->stop();

  EXPECT_THAT(events(), IsEmpty());
  std::multiset<std::string> reasons;
  std::set<std::string> receipts;
  for (const auto& letter : letters()) {
    reasons.emplace(to_string(letter.reason));
    receipts.insert(letter.receipt);
    EXPECT_EQ(letter.stage, "ingest");
    EXPECT_FALSE(letter.account.empty());
  }
  EXPECT_EQ(reasons, expected);
  EXPECT_EQ(receipts.size(), expected.size());
}

// The signature of a clear callback covers none of its body, that of an encrypted one only its Encrypt.
TEST_F(CallbacksTest, WhoeverHasSeenOneAddressCannotMakeDeadLettersWithoutEnd) {
  ingest_->stop();
  auto limited = settings();
  limited.ingest.repeated_dead_letters = 3;
  RunningIngest ingest(limited);
  auto client = ingest.client();
  const auto status_of = [&](const Request& request) { return client.send(http(request)).status; };

  auto encrypted = encrypted_request("wework_app", kWeworkMessage, {.aes_key = kForeignAesKey, .receiveid = "wwcorp"});
  auto clear = plain(1);
  for (int i = 0; i < 10; ++i) {
    encrypted.body += "\n";
    clear.body = fmt::format("<xml>{}", i);
    const int expected = i < 4 ? 200 : 429;
    EXPECT_EQ(status_of(encrypted), expected) << i;
    EXPECT_EQ(status_of(clear), expected) << i;
  }
  EXPECT_EQ(ingest.callbacks("wework_app", "refused", "too_many_dead_letters"), 6);
  EXPECT_EQ(ingest.callbacks("plain", "refused", "too_many_dead_letters"), 6);
  // Whatever has a signature of its own is kept meanwhile, so an AES key that is wrong for a day loses nothing.
  for (int i = 0; i < 10; ++i) {
    const std::string nonce = fmt::format("genuine{}", i);
    EXPECT_EQ(status_of(encrypted_request("wework_app", kWeworkMessage,
                                          {.aes_key = kForeignAesKey, .receiveid = "wwcorp", .nonce = nonce})),
              200);
    EXPECT_EQ(status_of(clear_request("plain", text_message(i), kToken, now_text())), 200);
  }
  ingest.stop();
  EXPECT_EQ(letters().size(), 4u + 4 + 10);
  EXPECT_EQ(events().size(), 10u);
}

TEST_F(CallbacksTest, ADeadLetterHoldsTheBytesAndTheSignedQueryAsTheyCame) {
  const auto request =
      encrypted_request("wework_suite_command", kSuiteTicket, {.aes_key = kForeignAesKey, .receiveid = "wwsuite"});
  EXPECT_EQ(answer(request), "200 success");
  ingest_->stop();
  const auto kept = letters();
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept[0].body, request.body);
  EXPECT_EQ(schemas::attribute(kept[0].context, "query"), request.query);
  EXPECT_EQ(kept[0].reason, Reason::undecryptable);
}

TEST_F(CallbacksTest, JsonWhereXmlIsDueAndTheReverseAreReadAsWhatTheyAre) {
  const std::string json =
      R"({"ToUserName":"gh_original","FromUserName":"oU","CreateTime":1409659814,"MsgType":"text","Content":"hi","MsgId":8})";
  EXPECT_EQ(answer(encrypted_request("official_account", json, {.receiveid = "wxapp"})), "200 success");
  EXPECT_EQ(answer(encrypted_json_request("official_account", kTextMessage, {.receiveid = "wxapp"}, "Encrypt")),
            "200 success");
  EXPECT_EQ(answer(encrypted_request("wework_bot", kBotMessage, {})), "200");
  EXPECT_EQ(answer(clear_request("plain", json)), "200 success");
  ingest_->stop();
  EXPECT_THAT(letters(), IsEmpty());
  for (const auto& event : events()) EXPECT_EQ(event.type, "message.text") << event.raw;
  EXPECT_EQ(events().size(), 4u);
}

TEST_F(CallbacksTest, WhatIsUnknownIsStoredUnderItsOwnWord) {
  const auto with_type = [](const std::string& type) {
    return "<xml><ToUserName>gh_original</ToUserName><FromUserName>oU</FromUserName><CreateTime>1409659813</CreateTime>"
           "<MsgType>" +
           type + "</MsgType><MsgId>9</MsgId></xml>";
  };
  EXPECT_EQ(answer(clear_request("plain", with_type("hologram"))), "200 success");
  EXPECT_EQ(answer(clear_request("plain", "<xml><action>CheckContainerPath</action></xml>")), "200 success");
  EXPECT_EQ(answer(webhook_now("channel", "[1,2,{\"any\":\"shape\"}]", "m1")), "204");
  ingest_->stop();
  const auto kept = events();
  ASSERT_EQ(kept.size(), 3u);
  for (const auto& event : kept) EXPECT_TRUE(event.type.starts_with("unknown.")) << event.type;
}

TEST_F(CallbacksTest, AddressesThatDifferInsideAreCountedAndKept) {
  auto body = kTextMessage;
  body.replace(body.find("gh_original"), 11, "gh_other");
  EXPECT_EQ(answer(encrypted_request("official_account", body, {.receiveid = "wxapp"})), "200 success");
  EXPECT_EQ(ingest_->metric("wxpipe_address_mismatches_total{account=\"official_account\"}"), 1);
  ingest_->stop();
  EXPECT_EQ(events().size(), 1u);
}

TEST_F(CallbacksTest, SecretsAreSealedAndNeverInTheAnswerOrTheMetrics) {
  EXPECT_EQ(answer(encrypted_request("open_platform", kTicket, {.receiveid = "wxcomponent"})), "200 success");
  const auto metrics = ingest_->admin().get("/metrics").body;
  ingest_->stop();
  for (const auto& record : support::read_topic(topics_->settings(), topics_->name(TopicName::events)))
    EXPECT_EQ(record.value.find("ticket@@@secret"), std::string::npos);
  for (const auto secret : {std::string_view("ticket@@@secret"), kToken, kAesKey})
    EXPECT_EQ(metrics.find(secret), std::string::npos);
}

TEST_F(CallbacksTest, ATraceGoesOnAndOneIsBegunWhereThereIsNone) {
  auto traced = http(plain(1));
  traced.headers.emplace_back("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  EXPECT_EQ(client_().send(traced).status, 200);
  EXPECT_EQ(client_().send(http(plain(2))).status, 200);
  // Who sees a slow answer finds the callback. The reply is counted after it is sent.
  http::Request for_prometheus{.target = "/metrics",
                               .headers = {{"Accept", "application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1"}}};
  http::Response metrics;
  EXPECT_TRUE(rig::eventually([&] {
    metrics = ingest_->admin().send(for_prometheus);
    return metrics.body.find(" # {trace_id=\"0af7651916cd43dd8448eb211c80319c\",receipt=\"") != std::string::npos;
  })) << metrics.body;
  EXPECT_EQ(metrics.header("Content-Type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
  ingest_->stop();
  std::map<std::string, std::string> traces;
  for (const auto& record : support::read_topic(topics_->settings(), topics_->name(TopicName::events))) {
    const auto event = schemas::decode<schemas::Event>(record.value).value();
    traces[event.msg_id] = event.trace_id;
    EXPECT_EQ(record.traceparent.substr(3, 32), event.trace_id);
    EXPECT_EQ(record.headers, std::vector<std::string>{"traceparent"});
    EXPECT_EQ(record.event_id, to_string(event.id));
    EXPECT_EQ(record.receipt, event.receipt);
    EXPECT_EQ(record.timestamp, std::chrono::floor<std::chrono::milliseconds>(event.received_at));
  }
  ASSERT_EQ(traces.size(), 2u);
  EXPECT_EQ(traces["24801004976000001"], "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(traces["24801004976000002"].size(), 32u);
  EXPECT_NE(traces["24801004976000002"], traces["24801004976000001"]);
}

TEST_F(CallbacksTest, BothSecretsAreGoodDuringARotation) {
  int number = 10;
  for (const auto token : {kToken, kPreviousToken})
    for (const auto key : {kAesKey, kPreviousAesKey})
      EXPECT_EQ(answer(encrypted_request("official_account", text_message(number++),
                                         {.token = token, .aes_key = key, .receiveid = "wxapp"})),
                "200 success");
  ingest_->stop();
  EXPECT_EQ(events().size(), 4u);
}

// ---- Passive replies ----

class PassiveRepliesTest : public CallbacksTest {
 protected:
  void SetUp() override {
    IngestTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    auto answering = settings();
    for (auto& account : answering.accounts) {
      if (account.kind == "wework_instance" || account.kind == "channel" || account.kind == "open_platform" ||
          account.kind == "wework_suite_command")
        continue;
      account.replies = {{"follower.subscribed", {}, false, "欢迎！"}, {"keyword", "价格", false, "请看报价单"}};
    }
    ingest_ = std::make_unique<RunningIngest>(answering);
  }
  static std::string asking(const std::string& content) {
    auto body = kTextMessage;
    return body.replace(body.find("hello"), 5, content);
  }
  static std::string text_of(const Document& document, const char* name) { return std::string(document.value(name)); }
  // Decrypts an answer as the platform does, and checks its signature.
  static std::string opened(const std::string& body, std::string_view receiveid,
                            DocumentFormat format = DocumentFormat::xml) {
    const auto document = parse_document(body).value();
    const bool json = format == DocumentFormat::json;
    const auto field = [&](const char* xml_name, const char* json_name) {
      return text_of(document, json ? json_name : xml_name);
    };
    const auto encrypted = field("Encrypt", "encrypt");
    EXPECT_EQ(field("MsgSignature", "msgsignature"),
              sign({kToken, field("TimeStamp", "timestamp"), field("Nonce", "nonce"), encrypted}));
    std::string buffer;
    wxcrypt::Plaintext plain;
    EXPECT_EQ(wxcrypt::decrypt(wxcrypt::decode_aes_key(kAesKey).value(), encrypted, buffer, plain),
              wxcrypt::CipherFault::none);
    EXPECT_EQ(plain.receiveid, receiveid);
    return std::string(plain.message);
  }
};

TEST_F(PassiveRepliesTest, ARuleThatFitsAnswersEncryptedWhereTheCallbackWas) {
  const auto response = send(encrypted_request("official_account", asking("你们的价格？"), {.receiveid = "wxapp"}));
  EXPECT_EQ(response.status, 200);
  const auto reply = opened(response.body, "wxapp");
  EXPECT_NE(reply.find("<ToUserName><![CDATA[oUser]]></ToUserName>"), std::string::npos) << reply;
  EXPECT_NE(reply.find("<FromUserName><![CDATA[gh_original]]></FromUserName>"), std::string::npos) << reply;
  EXPECT_NE(reply.find("<Content><![CDATA[请看报价单]]></Content>"), std::string::npos) << reply;
  const auto clear = send(clear_request("plain", asking("价格")));
  EXPECT_NE(clear.body.find("<Content><![CDATA[请看报价单]]></Content>"), std::string::npos) << clear.body;
  EXPECT_EQ(answer(encrypted_request("official_account", asking("谢谢"), {.receiveid = "wxapp"})), "200 success");
  ingest_->stop();
  std::multiset<std::string> replies;
  for (const auto& event : events()) replies.insert(event.reply);
  EXPECT_EQ(replies, (std::multiset<std::string>{"", "请看报价单", "请看报价单"})) << "recorded with the message";
}

TEST_F(PassiveRepliesTest, EveryProductIsAnsweredInItsOwnForm) {
  const auto wework = [&] {
    auto body = kWeworkMessage;
    return body.replace(body.find("hello"), 5, "价格");
  }();
  const auto app = send(encrypted_request("wework_app", wework, {.receiveid = "wwcorp"}));
  EXPECT_NE(opened(app.body, "wwcorp").find("请看报价单"), std::string::npos);
  const auto suite =
      send(with_tenant(encrypted_request("wework_suite_data", wework, {.receiveid = "wwcorp"}), "wwcorp"));
  EXPECT_NE(opened(suite.body, "wwcorp").find("请看报价单"), std::string::npos);
  const auto tenant = send(
      with_tenant(encrypted_request("open_platform_messages", asking("价格"), {.receiveid = "wxcomponent"}), "wx1"));
  EXPECT_NE(opened(tenant.body, "wxcomponent").find("请看报价单"), std::string::npos);
  auto asked = kBotMessage;
  asked.replace(asked.find("hello"), 5, "价格");
  const auto bot = send(encrypted_json_request("wework_bot", asked, {}));
  EXPECT_NE(opened(bot.body, "", DocumentFormat::json).find("请看报价单"), std::string::npos);
  EXPECT_EQ(bot.header("Content-Type"), "application/json; charset=utf-8");
}

}  // namespace
}  // namespace wxpipe::ingest::test
