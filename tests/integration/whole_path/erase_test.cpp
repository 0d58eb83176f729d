// A person asks to be forgotten: from callbacks to tables in which nothing names them, and a replay of the topics,
// which still do, brings nobody back.
#include "tests/integration/whole_path/wxpipe_fixture.hpp"

namespace wxpipe::whole_path {
namespace {
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class EraseTest : public WholePathTest {
 protected:
  void SetUp() override {
    WholePathTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    begin();
  }
  void begin() {
    wxpipe_ = start();
    ASSERT_TRUE(wxpipe_->ready()) << wxpipe_->readiness();
    client_ = std::make_unique<HttpClient>("127.0.0.1", wxpipe_->port().value());
  }
  void send(const Request& request) {
    const auto status = client_->send(http(request)).status;
    EXPECT_TRUE(status == 200 || status == 204) << status << ' ' << request.body;
    ++sent_;
  }
  void webhook(const std::string& account, const std::string& type, const std::string& data) {
    send(webhook_now(account,
                     fmt::format(R"({{"type":"{}","timestamp":"2025-01-15T08:00:00Z","data":{{{}}}}})", type, data),
                     fmt::format("msg_{}", sent_)));
  }
  // Anna is a follower of two accounts, filled in a form, is a contact of an instance and a member of a group; messages
  // were sent to her; one of her callbacks couldn't be read. Bert is somebody else.
  void meet() {
    const std::string login = R"("account":"wxid_desk1",)";
    send(shop(mp_event("oAnna_in_shop", "subscribe", "<EventKey><![CDATA[qrscene_utm_source=expo]]></EventKey>")));
    send(shop(mp_event("oAnna_in_shop", "user_get_card", "<CardId>c1</CardId><UnionId><![CDATA[uAnna]]></UnionId>")));
    send(shop(mp_text("oAnna_in_shop", 101, "价格？加我微信 anna_2026 或 13800138000")));
    send(shop(mp_event("oAnna_in_shop", "TEMPLATESENDJOBFINISH", "<MsgID>200163836</MsgID><Status>success</Status>")));
    send(encrypted_request("outlet",
                           mp_event("oAnna_in_outlet", "user_get_card", "<CardId>c1</CardId><UnionId>uAnna</UnionId>"),
                           {.receiveid = "wxapp"}));
    send(clear_request("clear", mp_event("oAnna_in_shop", "subscribe"), kToken, now_text()));
    send(clear_request("clear", "<xml><FromUserName>oAnna_in_shop</FromUserName><MsgType>text</MsgType></xml>", kToken,
                       now_text()));
    webhook(
        "forms", "form_submit",
        R"("contact_name":"王小明","contact_phone":"+86 138 0013 8000","openid":"oAnna_in_shop","company_name":"某公司")");
    webhook(
        "desk", "contact.added",
        login + R"("wxid":"wxid_anna","nickname":"安娜呀","unionid":"uAnna","phone":"13800138000","tags":["展会"])");
    webhook("desk", "contact.added", login + R"("wxid":"wxid_bert","nickname":"李雷")");
    webhook("desk", "message.received",
            login + R"("message_uuid":"u1","chat_type":"private","chat_wxid":"wxid_anna","sender_wxid":"wxid_anna",)"
                    R"("message_type":"text","content":"我是安娜呀")");
    webhook("desk", "message.sent",
            login + R"("message_uuid":"u2","chat_type":"private","chat_wxid":"wxid_anna","sender_wxid":"wxid_desk1",)"
                    R"("message_type":"text","content":"安娜呀，您好")");
    webhook("desk", "message.status",
            login + R"("message_uuid":"u2","chat_wxid":"wxid_anna","send_status":"sent","task_uuid":"t1")");
    webhook("desk", "group.created",
            login + R"("group_wxid":"g1@chatroom","group_name":"福利群","members":[)"
                    R"({"wxid":"wxid_anna","nickname":"安娜呀"},{"wxid":"wxid_bert","nickname":"李雷"}])");
    webhook("desk", "message.received",
            login + R"("message_uuid":"u3","chat_type":"group","chat_wxid":"g1@chatroom","sender_wxid":"wxid_anna",)"
                    R"("message_type":"text","content":"大家好，13800138000")");
    ASSERT_TRUE(settled(sent_)) << wxpipe_->log();
    // What is derived from the same callbacks comes through topics of its own.
    for (const auto& [from, rows] : std::map<std::string, int64_t>{{"identities", 6},
                                                                   {"identity_links", 19},
                                                                   {"customers where identity_count = 5", 1},
                                                                   {"leads", 3},
                                                                   {"lead_activities", 4},
                                                                   {"followers", 4},
                                                                   {"follower_history", 4},
                                                                   {"directory", 6},
                                                                   {"directory_history", 6},
                                                                   {"receipts", 4},
                                                                   {"dead_letters", 1}})
      ASSERT_EQ(eventually_equal([&] { return count(from); }, rows), rows) << from;
  }
  std::string ran(Lines arguments, int code = 0) const {
    arguments.push_back("--json");
    const auto one = command(std::move(arguments), {}, 60s);
    EXPECT_EQ(one.code(), code) << one.errors << one.output;
    return one.output + one.errors;
  }

  // Tables and views, of every schema, in which one of the texts stands, in whatever column: as it is, or as bytes.
  Lines found(const Lines& texts) const {
    std::string pattern;
    for (const auto& text : texts) {
      pattern += fmt::format("{}{}|", pattern.empty() ? "" : "|", text);
      for (const char c : text) fmt::format_to(std::back_inserter(pattern), "{:02x}", static_cast<unsigned char>(c));
    }
    const auto connection = database_->connect();
    connection->execute("set jit = off");
    const auto names = connection->execute(
        "select c.oid::regclass from pg_class c where c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition and "
        "c.relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) order by 1");
    EXPECT_GT(names.size(), 60u);
    Lines with;
    for (size_t i = 0; i < names.size(); ++i) {
      const auto rows = connection->execute(fmt::format(
          "select substring(t::text from '{0}') from {1} t where t::text ~ '{0}' limit 1", pattern, names.text(i, 0)));
      if (!rows.empty()) with.push_back(fmt::format("{}: {}", names.text(i, 0), rows.text(0, 0)));
    }
    return with;
  }
  void expect_no_trace() const {
    EXPECT_EQ(found({"oAnna_in_shop", "oAnna_in_outlet", "wxid_anna", "uAnna", "13800138000", "138 0013 8000",
                     "anna_2026", "安娜呀", "王小明"}),
              Lines{});
  }
  // What counts in every account and table.
  Lines numbers() const {
    return lines(
        "select 'messages', account, type, count(*), sum(extract(epoch from received_at)), md5(string_agg(receipt || event_id, ' ' "
        "order by receipt)) from messages group by 2, 3 union all select 'dead_letters', account, reason, count(*), 0, "
        "md5(string_agg(receipt, ' ')) from dead_letters group by 2, 3 union all select 'followers', account, state, count(*), "
        "sum(change_count), '' from followers group by 2, 3 union all select 'leads', account, score::text, count(*), "
        "sum(activity_count), '' from leads group by 2, 3 union all select 'conversations', account, is_group::text, "
        "count(*), sum(message_count), '' from conversations group by 2, 3 union all select 'sends', account, status, "
        "count(*), sum(receipt_count), '' from send_records group by 2, 3 union all select 'directory', account, kind || "
        "state, count(*), sum(change_count), '' from directory group by 2, 3 order by 1, 2, 3, 4");
  }
  std::string customer() const {
    return database_->query("select customer_id::text from customers where identity_count > 1").text(0, 0);
  }

  std::unique_ptr<RunningWxpipe> wxpipe_;
  std::unique_ptr<HttpClient> client_;
  int sent_ = 0;
};

TEST_F(EraseTest, LeavesNoTraceAndNoReplayBringsOneBack) {
  ASSERT_NO_FATAL_FAILURE(meet());
  ran({"customers", "judge", "wxid_anna", "--kind", "phone", "--value", "13800138000", "--verdict", "confirmed",
       "--why", "she said so", "--yes"});
  const auto id = customer();
  const auto before = numbers();
  ASSERT_GT(found({"oAnna_in_shop"}).size(), 10u);

  // Without --yes it counts.
  EXPECT_THAT(
      ran({"erase", "--customer", id}),
      AllOf(HasSubstr(R"("written":false)"), HasSubstr(R"({"table":"dead_letters","rows":1})"),
            HasSubstr(R"({"table":"audit_logs","rows":)"), HasSubstr("--yes and --reason"), HasSubstr("events.v1")));
  EXPECT_THAT(ran({"erase", "--subject", "oAnna_in_outlet"}),
              AllOf(HasSubstr("4 identities are left behind: the same customer"), HasSubstr(id)));
  EXPECT_EQ(numbers(), before);
  EXPECT_THAT(ran({"erase", "--customer", id, "--yes"}, 2), HasSubstr("--reason"));
  EXPECT_THAT(ran({"erase", "--customer", id, "--yes", "--reason", "wxid_anna asked"}, 2), HasSubstr("must not name"));
  EXPECT_THAT(ran({"erase", "--subject", "oNobody_at_all"}, 1), HasSubstr("nobody is known"));

  // While all sinks run.
  ran({"replay", "--into", "schema:beside"});
  EXPECT_THAT(ran({"erase", "--customer", id, "--yes", "--reason", "request 117"}), HasSubstr(R"("written":true)"));
  expect_no_trace();
  EXPECT_EQ(numbers(), before) << "rows, receipts, times and counts stay";
  EXPECT_EQ(count("customers"), 1) << "Bert";
  EXPECT_EQ(count("directory where name = '李雷'"), 2);
  EXPECT_EQ(count("wxpipe.erasures where reason = 'request 117' and counts is not null"), 5);
  EXPECT_EQ(
      lines("select operation, operation_type, resource_type, resource_id like 'erased:%', reason, affected > 20 from "
            "audit_logs where operation = 'erase'"),
      Lines{R"((erase,DELETE,person,t,"request 117",t))"});

  // The topics still have everything.
  ran({"replay", "events", "--yes", "--why", "a test"});
  for (const auto* topic :
       {"messages", "followers", "leads", "customers", "logs", "dead_letters", "directory", "receipts"})
    ran({"replay", topic, "--yes", "--why", "a test"});
  ran({"replay", "--into", "schema:beside"});
  ran({"replay", "--renormalize", "--into", "schema:later"});
  expect_no_trace();
  EXPECT_EQ(numbers(), before);
  // A database that lost rows gets them back as they were after the erasure.
  database_->query(
      "truncate messages, followers, follower_history, leads, lead_activities, wxpipe.lead_daily, conversations");
  ran({"replay", "events", "--yes", "--why", "a test"});
  expect_no_trace();
  EXPECT_EQ(numbers(), before);
  EXPECT_TRUE(eventually([&] { return command({"audit"}).code() == 0; })) << command({"audit"}).output;

  // She writes again: that is new.
  send(shop(mp_text("oAnna_in_shop", 102, "我又来了")));
  ASSERT_TRUE(settled(sent_));
  EXPECT_EQ(lines("select content from messages where sender = 'oAnna_in_shop'"), Lines{"(我又来了)"});
  ran({"erase", "--subject", "oAnna_in_shop", "--account", "shop", "--yes", "--reason", "request 118"});
  expect_no_trace();
  EXPECT_THAT(ran({"erase", "--subject", "oAnna_in_shop"}, 1), HasSubstr("nobody is known"));
}

}  // namespace
}  // namespace wxpipe::whole_path
