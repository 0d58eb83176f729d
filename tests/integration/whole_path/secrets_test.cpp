// docs/guarantees.md law 8: credentials are sealed before they leave ingest, and secrets of the configuration are never
// written. Searches everything that wxpipe writes: topics, tables, logs, metrics, answers.
#include "tests/integration/whole_path/wxpipe_fixture.hpp"

namespace wxpipe::whole_path {
namespace {

TEST_F(WholePathTest, NoSecretIsEverWrittenInClear) {
  // At least eight characters each, so that any match is a leak.
  const std::map<std::string, std::string> sent{
      {"component ticket", "ticket@@@component-secret"},
      {"suite ticket", "suite-ticket-secret"},
      {"authorization code", "queryauthcode-secret"},
      {"pre-auth code", "preauthcode-secret"},
      {"auth code", "authcode-of-suite-secret"},
      {"welcome code", "WELCOMECODE-secret"},
      {"KF token", "ENCkftoken-secret"},
      {"response url", "https://qyapi.weixin.qq.com/cgi-bin/aibot/response?response_code=bot-secret"},
      {"webhook's token", "access-token-of-webhook-secret"}};
  const std::vector<Request> requests{
      encrypted_request(
          "component",
          fmt::format(
              "<xml><AppId>wxcomponent</AppId><CreateTime>{}</CreateTime><InfoType>component_verify_ticket</InfoType>"
              "<ComponentVerifyTicket><![CDATA[{}]]></ComponentVerifyTicket></xml>",
              now_text(), sent.at("component ticket")),
          {.receiveid = "wxcomponent"}),
      encrypted_request(
          "component",
          fmt::format("<xml><AppId>wxcomponent</AppId><CreateTime>{}</CreateTime><InfoType>authorized</InfoType>"
                      "<AuthorizerAppid>wx1</AuthorizerAppid><AuthorizationCode>{}</AuthorizationCode>"
                      "<PreAuthCode>{}</PreAuthCode></xml>",
                      now_text(), sent.at("authorization code"), sent.at("pre-auth code")),
          {.receiveid = "wxcomponent"}),
      encrypted_request(
          "suite",
          fmt::format("<xml><SuiteId>wwsuite</SuiteId><InfoType>suite_ticket</InfoType><TimeStamp>{}</TimeStamp>"
                      "<SuiteTicket>{}</SuiteTicket></xml>",
                      now_text(), sent.at("suite ticket")),
          {.receiveid = "wwsuite"}),
      encrypted_request(
          "suite",
          fmt::format("<xml><SuiteId>wwsuite</SuiteId><InfoType>create_auth</InfoType><TimeStamp>{}</TimeStamp>"
                      "<AuthCode>{}</AuthCode></xml>",
                      now_text(), sent.at("auth code")),
          {.receiveid = "wwsuite"}),
      encrypted_request("corp",
                        wework_event("change_external_contact",
                                     fmt::format("<ChangeType>add_external_contact</ChangeType><UserID>zhang</UserID>"
                                                 "<ExternalUserID>wm1</ExternalUserID><WelcomeCode>{}</WelcomeCode>",
                                                 sent.at("welcome code"))),
                        {.receiveid = "wwcorp"}),
      encrypted_request(
          "corp",
          fmt::format("<xml><ToUserName>wwcorp</ToUserName><CreateTime>{}</CreateTime><MsgType>event</MsgType>"
                      "<Event>kf_msg_or_event</Event><Token>{}</Token><OpenKfId>wk1</OpenKfId></xml>",
                      now_text(), sent.at("KF token")),
          {.receiveid = "wwcorp"}),
      encrypted_json_request(
          "robot",
          fmt::format(
              R"({{"msgid":"m9","aibotid":"bot","chattype":"single","from":{{"userid":"lisi"}},"response_url":"{}","msgtype":"text","text":{{"content":"hi"}}}})",
              sent.at("response url")),
          {}),
      webhook_now("forms",
                  fmt::format(R"({{"type":"form_submit","data":{{"contact_name":"w","access_token":"{}"}}}})",
                              sent.at("webhook's token")),
                  "m1"),
      // Refused and unreadable callbacks must not leak either.
      encrypted_request("shop", mp_text("oAnna", 1, "x"), {.token = "somebody-elses-token", .receiveid = "wxapp"}),
      encrypted_request("suite", kSuiteTicket, {.aes_key = kForeignAesKey, .receiveid = "wwsuite"})};

  std::string everything;
  {
    const auto wxpipe = start({"run", "--config", config_.string()});
    ASSERT_TRUE(wxpipe->ready()) << wxpipe->readiness();
    auto client = wxpipe->client();
    for (const auto& request : requests) {
      const auto response = client.send(http(request));
      everything += response.body + "\n";
    }
    ASSERT_TRUE(settled(9)) << wxpipe->log();
    everything += wxpipe->admin().get("/metrics").body + wxpipe->admin().get("/readyz").body;
    EXPECT_EQ(wxpipe->stop(), (Exit{.code = 0}));
    everything += wxpipe->log() + wxpipe->process().output();
  }
  const auto printed = command({"check-config", "--print"});
  EXPECT_EQ(printed.code(), 0) << printed.errors;
  everything += printed.output + printed.errors;
  for (const auto& topic : schemas::kTopics)
    for (const auto& record :
         support::read_topic(topics_->settings(), topics_->name(topic.name), support::Isolation::uncommitted))
      everything += record.key + " " + record.value + " " + record.receipt + "\n";
  const auto tables = database_->query(
      "select table_schema || '.' || table_name from information_schema.tables "
      "where table_schema in ('public', 'wxpipe') and table_type = 'BASE TABLE' order by 1");
  EXPECT_GT(tables.size(), 10u);
  for (size_t i = 0; i < tables.size(); ++i)
    for (const auto& line : lines("select * from " + tables.text(i, 0))) everything += line + "\n";
  // Dead letters hold bytes (bytea): search these as text too.
  for (const auto& line : lines("select encode(body, 'escape') from dead_letters")) everything += line + "\n";

  ASSERT_NE(everything.find("sealed:v1:"), std::string::npos) << "it is there, sealed";
  ASSERT_NE(everything.find("wm1"), std::string::npos) << "and so is what is no secret";
  for (const auto& [what, secret] : sent) EXPECT_EQ(everything.find(secret), std::string::npos) << what;
  for (const std::string_view secret : {kToken, kAesKey, kWebhookSecret, std::string_view(kSealingKey)})
    EXPECT_EQ(everything.find(secret), std::string::npos) << secret;
  EXPECT_EQ(everything.find("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), std::string::npos);
}

}  // namespace
}  // namespace wxpipe::whole_path
