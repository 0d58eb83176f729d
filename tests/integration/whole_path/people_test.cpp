// From callbacks to who is who and what scores are made of: the tables, their views, and the commands customers and
// score.
#include "tests/integration/whole_path/wxpipe_fixture.hpp"

namespace wxpipe::whole_path {
namespace {
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class PeopleTest : public WholePathTest {
 protected:
  void SetUp() override {
    WholePathTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    wxpipe_ = start();
    ASSERT_TRUE(wxpipe_->ready()) << wxpipe_->readiness();
    client_ = std::make_unique<HttpClient>("127.0.0.1", wxpipe_->port().value());
  }
  void send(const Request& request) {
    const auto status = client_->send(http(request)).status;
    EXPECT_TRUE(status == 200 || status == 204) << status << ' ' << request.body;
  }
  void webhook(const std::string& account, const std::string& id, const std::string& type, const std::string& data) {
    send(webhook_now(
        account, fmt::format(R"({{"type":"{}","timestamp":"2025-01-15T08:00:00Z","data":{{{}}}}})", type, data), id));
  }
  // A follower of shop who took a card in outlet too, and filled in a form; and a contact of an instance.
  void meet() {
    send(shop(mp_event("oAnna", "subscribe", "<EventKey><![CDATA[qrscene_utm_source=expo]]></EventKey>")));
    send(shop(mp_event("oAnna", "user_get_card", "<CardId>c1</CardId><UnionId><![CDATA[u1]]></UnionId>")));
    send(encrypted_request("outlet", mp_event("oBert", "user_get_card", "<CardId>c1</CardId><UnionId>u1</UnionId>"),
                           {.receiveid = "wxapp"}));
    send(shop(mp_text("oAnna", 101, "价格？加我微信 anna_2026 或 13700137000")));
    webhook("forms", "f1", "form_submit",
            R"("contact_name":"王小明","contact_phone":"+86 138 0013 8000","openid":"oAnna","company_name":"某公司")");
    webhook("desk", "d1", "contact.added",
            R"("account":"wxid_desk1","wxid":"wxid_c7","nickname":"小王","phone":"13800138000","tags":["展会","VIP"])");
    ASSERT_EQ(eventually_equal([&] { return count("identities"); }, 4), 4);
    ASSERT_EQ(eventually_equal([&] { return count("leads"); }, 2), 2);
    ASSERT_EQ(eventually_equal([&] { return count("customers"); }, 2), 2);
    ASSERT_EQ(eventually_equal([&] { return count("account_health"); }, 4), 4);
  }
  std::string ran(std::vector<std::string> arguments, int code = 0) const {
    arguments.push_back("--json");
    const auto one = command(std::move(arguments), {}, 60s);
    EXPECT_EQ(one.code(), code) << one.errors << one.output;
    return one.output + one.errors;
  }

  std::unique_ptr<RunningWxpipe> wxpipe_;
  std::unique_ptr<HttpClient> client_;
};

TEST_F(PeopleTest, AreCustomersOverAllAccounts) {
  ASSERT_NO_FATAL_FAILURE(meet());
  EXPECT_EQ(lines("select c.name, c.phone, c.company, c.wechat, c.identity_count from customers c order by c.name"),
            (Lines{"(小王,13800138000,,,1)", "(王小明,13800138000,某公司,anna_2026,3)"}))
      << "a phone in a message gives way to that of a form";
  EXPECT_EQ(lines("select type, name, phone, wechat_id, company_name, stage, score, custom_fields->>'utm_source', "
                  "wx_identity_count from crm.customers order by name"),
            (Lines{"(individual,小王,13800138000,,,potential,0,,1)",
                   "(individual,王小明,13800138000,anna_2026,某公司,interested,45,expo,3)"}));
  EXPECT_EQ(
      lines("select l.wx_account, l.status, l.contact_phone, l.contact_wechat, l.utm_source, c.name from crm.leads "
            "l join crm.customers c on c.id = l.customer_id order by 1"),
      (Lines{"(forms,qualified,\"+86 138 0013 8000\",,,王小明)",
             "(shop,qualified,13700137000,anna_2026,expo,王小明)"}));
  EXPECT_EQ(lines("select t.name, c.name from crm.customer_tags ct join crm.tags t on t.id = ct.tag_id join "
                  "crm.customers c on c.id = ct.customer_id order by t.name"),
            (Lines{"(VIP,小王)", "(展会,小王)"}));
  EXPECT_EQ(
      lines("select a.type, a.title, a.description, a.wx_account from crm.customer_activities a join crm.customers "
            "c on c.id = a.customer_id where c.name = '小王' order by a.title, a.description"),
      (Lines{"(custom,added,,desk)", "(custom,nickname,小王,desk)", "(custom,phone,13800138000,desk)",
             "(tag_change,tags,\"[\"\"VIP\"\", \"\"展会\"\"]\",desk)"}));
  EXPECT_EQ(count("identities where identity_id <> wxpipe.eid('identity', account, tenant, subject)"), 0);

  // An application says what became of a lead, a payment shows it.
  webhook("forms", "f2", "lead_update", R"("contact_phone":"+86 138 0013 8000","status":"lost")");
  webhook("desk", "d2", "message.sent",
          R"("account":"wxid_desk1","chat_type":"private","chat_wxid":"wxid_c7","message_uuid":"u2",)"
          R"("sender_wxid":"wxid_desk1","message_type":"text","content":"在吗")");
  const auto lost = [&] { return count("crm.leads where status = 'lost' and wx_account = 'forms'"); };
  EXPECT_EQ(eventually_equal(lost, 1), 1);
  const auto contacted = [&] { return count("crm.leads where status = 'contacted' and wx_account = 'desk'"); };
  EXPECT_EQ(eventually_equal(contacted, 1), 1);
}

TEST_F(PeopleTest, CanBeExplainedAndJudged) {
  ASSERT_NO_FATAL_FAILURE(meet());
  EXPECT_THAT(ran({"customers", "explain", "oBert"}),
              AllOf(HasSubstr(R"("name":"王小明")"), HasSubstr(R"("kind":"unionid","value":"u1")"),
                    HasSubstr(R"("kind":"openid","value":"oAnna")"), HasSubstr("wxid_c7")));
  EXPECT_THAT(ran({"customers", "explain", "oNobody"}, 1), HasSubstr("nobody is known"));
  const std::vector<std::string> confirm{"customers", "judge",       "wxid_c7",   "--kind",   "phone",
                                         "--value",   "13800138000", "--verdict", "confirmed"};
  EXPECT_THAT(ran(confirm), HasSubstr("nothing was written"));
  EXPECT_EQ(count("customers"), 2);
  auto sure = confirm;
  sure.insert(sure.end(), {"--why", "she said so", "--yes"});
  ran(sure);
  EXPECT_EQ(lines("select identity_count from customers"), Lines{"(4)"});
  EXPECT_EQ(lines("select operation, resource_type, filter, reason from audit_logs"),
            Lines{"(\"customers judge\",identities,\"phone=13800138000 confirmed\",\"she said so\")"});

  ran({"customers", "judge", "oBert", "--kind", "unionid", "--value", "u1", "--verdict", "refuted", "--why",
       "sold the "
       "card",
       "--yes"});
  EXPECT_EQ(lines("select identity_count from customers order by 1"), (Lines{"(1)", "(3)"}));
  // It holds for what is told later.
  send(encrypted_request("outlet", mp_event("oBert", "user_get_card", "<CardId>c2</CardId><UnionId>u1</UnionId>"),
                         {.receiveid = "wxapp"}));
  const auto told = [&] { return count("identity_links where subject = 'oBert' and kind = 'unionid'"); };
  ASSERT_EQ(eventually_equal(told, 2), 2);
  EXPECT_EQ(count("customers"), 2);
  ran({"customers", "judge", "oBert", "--kind", "unionid", "--value", "u1", "--verdict", "open", "--why", "a mistake",
       "--yes"});
  EXPECT_EQ(lines("select identity_count from customers"), Lines{"(4)"});
}

TEST_F(PeopleTest, HaveScoresThatCanBeExplainedAndTriedByOtherRules) {
  ASSERT_NO_FATAL_FAILURE(meet());
  EXPECT_THAT(ran({"score", "explain", "oAnna"}),
              AllOf(HasSubstr(R"("score":15)"), HasSubstr(R"("sum":15)"), HasSubstr("asked_for_price")));
  EXPECT_THAT(ran({"score", "explain", "oAnna", "--on", "2020-01-01"}), HasSubstr(R"("score":0)"));
  ran({"score", "explain", "oAnna", "--on", "someday"}, 2);
  EXPECT_THAT(ran({"score", "explain", "oNobody"}, 1), HasSubstr("no lead is known"));

  const auto rules = folder_.write("rules.toml",
                                   "[[rules]]\nname = \"asked_for_price\"\ndimension = \"intent\"\npoints = "
                                   "40\ntypes = [\"message.text\"]\ncontains = [\"价格\"]\n");
  ran({"score", "replay", "--rules", rules.string()}, 2);
  EXPECT_THAT(ran({"score", "replay", "--rules", rules.string(), "--dry-run"}),
              AllOf(HasSubstr(R"("subject":"oAnna","name":"","before":15,"after":40,"change":25)"),
                    HasSubstr(R"("before":30,"after":0,"change":-30)"), HasSubstr(R"("up":1,"down":1)")));
  EXPECT_EQ(lines("select score from leads order by 1"), (Lines{"(15)", "(30)"})) << "nothing is written";
  // Two rules give points for one event.
  const auto more = folder_.write(
      "more.toml",
      "[[rules]]\nname = \"asked_for_price\"\ndimension = \"intent\"\npoints = 15\ntypes = [\"message.text\"]\ncontains = "
      "[\"价格\"]\n[[rules]]\nname = \"asked_at_all\"\ndimension = \"intent\"\npoints = 5\ntypes = [\"message.*\"]\n"
      "[[rules]]\nname = \"left_contact\"\ndimension = \"intent\"\npoints = 30\ntypes = [\"form.submitted\", \"lead.*\"]\n");
  EXPECT_THAT(ran({"score", "replay", "--rules", more.string(), "--dry-run"}),
              AllOf(HasSubstr(R"("subject":"oAnna","name":"","before":15,"after":20,"change":5)"),
                    HasSubstr(R"("up":1,"down":0)")));
}

}  // namespace
}  // namespace wxpipe::whole_path
