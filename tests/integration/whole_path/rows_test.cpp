// From a platform's callback to a row in Postgres, through the executable.
#include "tests/integration/whole_path/wxpipe_fixture.hpp"

namespace wxpipe::whole_path {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class RowsTest : public WholePathTest {
 protected:
  void SetUp() override {
    WholePathTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    wxpipe_ = start();
    ASSERT_TRUE(wxpipe_->ready()) << wxpipe_->readiness();
    client_ = std::make_unique<HttpClient>("127.0.0.1", wxpipe_->port().value());
  }
  int send(const Request& request) { return client_->send(http(request)).status; }

  std::unique_ptr<RunningWxpipe> wxpipe_;
  std::unique_ptr<HttpClient> client_;
};

TEST_F(RowsTest, CallbacksOfEveryPlatformBecomeRows) {
  EXPECT_EQ(send(shop(mp_text("oAnna", 101, "价格？"))), 200);
  EXPECT_EQ(send(shop(mp_event("oAnna", "subscribe",
                               "<EventKey><![CDATA[qrscene_1001]]></EventKey><Ticket><![CDATA[T]]></Ticket>"))),
            200);
  EXPECT_EQ(send(encrypted_request("outlet", mp_text("oBert", 102, "hello"), {.receiveid = "wxapp"})), 200);
  EXPECT_EQ(send(clear_request("clear", mp_text("oCarl", 103, "hello"), kToken, now_text())), 200);
  EXPECT_EQ(send(encrypted_request("mini", mp_text("oDora", 104, "hello"), {.receiveid = "wxapp"})), 200);
  EXPECT_EQ(send(with_tenant(
                encrypted_request("authorised", mp_text("oEmil", 105, "hello"), {.receiveid = "wxcomponent"}), "wx77")),
            200);
  EXPECT_EQ(send(encrypted_request("component", kTicket, {.receiveid = "wxcomponent"})), 200);
  EXPECT_EQ(
      send(encrypted_request(
          "component",
          fmt::format(
              "<xml><AppId>wxcomponent</AppId><CreateTime>{}</CreateTime><InfoType>authorized</InfoType>"
              "<AuthorizerAppid>wx77</AuthorizerAppid><AuthorizationCode>code-123456789</AuthorizationCode></xml>",
              now_text()),
          {.receiveid = "wxcomponent"})),
      200);
  EXPECT_EQ(send(encrypted_request("corp", kWeworkMessage, {.receiveid = "wwcorp"})), 200);
  EXPECT_EQ(
      send(encrypted_request(
          "corp",
          wework_event("change_external_contact",
                       "<ChangeType><![CDATA[add_external_contact]]></ChangeType><UserID><![CDATA[zhang]]></UserID>"
                       "<ExternalUserID><![CDATA[wmCustomer]]></ExternalUserID><State><![CDATA[spring]]></State>"),
          {.receiveid = "wwcorp"})),
      200);
  EXPECT_EQ(send(encrypted_request("suite", kSuiteTicket, {.receiveid = "wwsuite"})), 200);
  EXPECT_EQ(send(with_tenant(encrypted_request("suitedata", kWeworkMessage, {.receiveid = "wwcorp"}), "wwcorp")), 200);
  EXPECT_EQ(send(encrypted_json_request("robot", kBotMessage, {})), 200);
  EXPECT_EQ(
      send(webhook_now(
          "desk",
          R"({"type":"message.received","timestamp":"2026-11-24T14:04:49Z","data":{"account":"wxid_desk1","message_uuid":"u1","chat_type":"private","chat_wxid":"wxid_c7","sender_wxid":"wxid_c7","message_type":"text","content":"这个多少钱？"}})",
          "msg_1")),
      204);
  EXPECT_EQ(
      send(webhook_now(
          "forms",
          R"({"type":"form_submit","timestamp":"2026-11-24T14:04:49Z","data":{"contact_name":"王小明","contact_phone":"13800138000","message":"想要一份报价"}})",
          "msg_2")),
      204);
  EXPECT_EQ(send(encrypted_request("corp", "<!DOCTYPE x><xml/>", {.receiveid = "wwcorp"})), 200);
  ASSERT_TRUE(settled(16)) << wxpipe_->log();

  EXPECT_THAT(lines("select account, type, coalesce(tenant, '-'), category, coalesce(sender, '-') from messages "
                    "order by account, type, sender"),
              ElementsAre("(authorised,message.text,wx77,message,oEmil)", "(clear,message.text,-,message,oCarl)",
                          "(component,authorization.granted,wx77,event,-)", "(component,ticket.component,-,event,-)",
                          "(corp,contact.added,-,event,sys)", "(corp,message.text,-,message,member)",
                          "(desk,message.text,-,message,wxid_c7)", "(forms,lead.submitted,-,event,13800138000)",
                          "(mini,message.text,-,message,oDora)", "(outlet,message.text,-,message,oBert)",
                          "(robot,message.text,-,message,lisi)", "(shop,follower.subscribed,-,event,oAnna)",
                          "(shop,message.text,-,message,oAnna)", "(suite,ticket.suite,-,event,-)",
                          "(suitedata,message.text,wwcorp,message,member)"));
  EXPECT_EQ(eventually_equal([&] { return count("followers"); }, 2), 2);
  EXPECT_THAT(lines("select account, subject, owner, state, coalesce(channel, '-') from followers order by account"),
              ElementsAre("(corp,wmCustomer,zhang,following,-)", "(shop,oAnna,\"\",following,门店海报)"));
  EXPECT_THAT(lines("select account, change from follower_history order by account"),
              ElementsAre("(corp,added)", "(shop,subscribed)"));
  EXPECT_EQ(eventually_equal([&] { return count("leads"); }, 2), 2);
  EXPECT_THAT(lines("select account, rule, points from lead_activities order by account"),
              ElementsAre("(forms,left_contact,30)", "(shop,asked_for_price,15)"));
  EXPECT_TRUE(eventually([&] { return count("system_logs") >= 1; }));
  EXPECT_THAT(lines("select account, module, action from system_logs where account = 'component'"),
              testing::Contains(HasSubstr("authorization")));
  EXPECT_THAT(lines("select account, stage, reason from dead_letters"), ElementsAre("(corp,ingest,doctype)"));
  EXPECT_THAT(lines("select reply from messages where reply is not null"), ElementsAre("(欢迎！)"));

  EXPECT_EQ(wxpipe_->stop(), (Exit{.code = 0}));
}

TEST_F(RowsTest, ARetryIsOneRowAndOtherBytesUnderTheSameIdentityAreAnother) {
  const auto body = mp_text("oAnna", 7001, "hello"), changed = mp_text("oAnna", 7001, "hello!");
  for (const auto* nonce : {"1", "22", "333"}) {
    const auto timestamp = now_text();
    EXPECT_EQ(send(encrypted_request("shop", body, {.receiveid = "wxapp", .timestamp = timestamp, .nonce = nonce})),
              200);
  }
  EXPECT_EQ(send(shop(changed)), 200);
  ASSERT_TRUE(settled(4));
  EXPECT_EQ(lines("select msg_id, content, count(*) from messages group by 1, 2 order by 2"),
            (Lines{"(7001,hello,1)", "(7001,hello!,1)"}));
  EXPECT_EQ(count("wxpipe.duplicate_receipts"), 2) << "each retry's receipt has an end";
  EXPECT_EQ(wxpipe_->metric("wxpipe_identity_collisions_total"), 1);
  EXPECT_EQ(wxpipe_->metric("wxpipe_duplicates_total{stage=\"process\"}"), 2);
  EXPECT_EQ(eventually_equal([&] { return count("system_logs where module = 'collision'"); }, 1), 1) << "explained";
}

TEST_F(RowsTest, ALateEventLandsInItsOwnMonth) {
  const auto late = system_clock().now() - std::chrono::hours(24 * 365), now = system_clock().now();
  EXPECT_EQ(send(shop(mp_text("oAnna", 1, "late", late))), 200);
  EXPECT_EQ(send(shop(mp_text("oAnna", 2, "now", now))), 200);
  ASSERT_TRUE(settled(2));
  const auto month = [](Timestamp at) {
    const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(at));
    return fmt::format("messages_{:04}{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()));
  };
  EXPECT_EQ(lines("select content, tableoid::regclass from messages order by content"),
            (Lines{fmt::format("(late,{})", month(late)), fmt::format("(now,{})", month(now))}));
  EXPECT_EQ(count("messages_default"), 0);
}

TEST_F(RowsTest, TimelessEventsKeepTheTimeOfTheirFirstDelivery) {
  EXPECT_EQ(send(encrypted_json_request("robot", kBotMessage, {})), 200);
  ASSERT_TRUE(settled(1));
  const auto first = lines("select event_id, occurred_at from messages");
  EXPECT_EQ(wxpipe_->stop(), (Exit{.code = 0}));
  wxpipe_ = start();
  ASSERT_TRUE(wxpipe_->ready()) << wxpipe_->readiness();
  client_ = std::make_unique<HttpClient>("127.0.0.1", wxpipe_->port().value());
  EXPECT_EQ(send(encrypted_json_request("robot", kBotMessage, {.nonce = "other"})), 200);
  ASSERT_TRUE(settled(2));
  EXPECT_EQ(lines("select event_id, occurred_at from messages"), first);
}

TEST_F(RowsTest, TermEndsItWithinTenSecondsAndNothingThatWasAnsweredIsMissing) {
  std::atomic<int> accepted = 0;
  std::vector<std::jthread> senders;
  for (int sender = 0; sender < 3; ++sender)
    senders.emplace_back([&, sender](std::stop_token stop) {
      try {
        HttpClient client("127.0.0.1", wxpipe_->port().value());
        for (int i = 0; !stop.stop_requested(); ++i)
          if (client.send(http(shop(mp_text(fmt::format("o{}", sender), sender * 100'000 + i, "hello")))).status == 200)
            ++accepted;
      } catch (const support::HttpError&) {
        // Whether it has stopped.
      }
    });
  EXPECT_TRUE(eventually([&] { return accepted > 200; }));
  const auto asked = steady_clock::now();
  EXPECT_EQ(wxpipe_->stop(), (Exit{.code = 0})) << wxpipe_->log();
  EXPECT_LT(steady_clock::now() - asked, 10s);
  senders.clear();
  const auto again = start();
  ASSERT_TRUE(again->ready());
  EXPECT_TRUE(eventually([&] { return count("messages") >= accepted; }));
  EXPECT_LE(count("messages"), accepted + 3) << "at most one each whose answer got lost";
  EXPECT_EQ(count("dead_letters"), 0);
}

TEST_F(RowsTest, RolesWorkAsProcessesOfTheirOwn) {
  EXPECT_EQ(wxpipe_->stop(), (Exit{.code = 0}));
  const auto ingest = start({"ingest"}, {{"WXPIPE_INSTANCE", "in-1"}, {"DATABASE_URL", ""}});
  const auto process = start({"process", "--instance", "proc-1"}, {{"DATABASE_URL", ""}});
  const auto sink = start({"sink", "--instance", "sink-1"});
  for (auto* role : {ingest.get(), process.get(), sink.get()}) EXPECT_TRUE(role->ready()) << role->readiness();
  HttpClient client("127.0.0.1", ingest->port().value());
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client.send(http(shop(mp_text("oAnna", i, "hello")))).status, 200);
  ASSERT_TRUE(settled(20));
  for (auto* role : {sink.get(), process.get(), ingest.get()})
    EXPECT_EQ(role->stop(), (Exit{.code = 0})) << role->log();
}

TEST_F(RowsTest, ReceiptsLeadFromTheAnswerToTheRow) {
  for (int i = 0; i < 10; ++i) EXPECT_EQ(send(shop(mp_text("oAnna", i, "hello"))), 200);
  ASSERT_TRUE(settled(10));
  EXPECT_EQ(count("(select distinct receipt from messages where receipt ~ '^test/[0-9a-f]+/[0-9]+$') r"), 10);
  EXPECT_EQ(count("messages where trace_id !~ '^[0-9a-f]{32}$'"), 0);
  EXPECT_EQ(count("messages where received_at < occurred_at - interval '2 seconds' or created_at < received_at"), 0);
}

}  // namespace
}  // namespace wxpipe::whole_path
