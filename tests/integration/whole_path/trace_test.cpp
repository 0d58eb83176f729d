// wxpipe trace: each kind of key leads to the callback, and its story names every place.
#include "common/json/read.hpp"
#include "tests/integration/whole_path/wxpipe_fixture.hpp"

namespace wxpipe::whole_path {
namespace {
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class TraceTest : public WholePathTest {
 protected:
  void SetUp() override {
    WholePathTest::SetUp();
    if (IsSkipped()) return;
    ASSERT_EQ(command({"topics", "apply"}).code(), 0);
    all_ = start();
    ASSERT_TRUE(all_->ready()) << all_->readiness();
  }
  void send(const Request& request) { ASSERT_EQ(all_->client().send(http(request)).status, 200); }
  std::string trace(std::vector<std::string> arguments, int code = 0) const {
    arguments.insert(arguments.begin(), "trace");
    arguments.push_back("--json");
    const auto ran = command(std::move(arguments));
    EXPECT_EQ(ran.code(), code) << ran.errors << ran.output;
    return ran.output;
  }
  std::string value(const std::string& sql) const { return database_->query(sql).text(0, 0); }

  std::unique_ptr<RunningWxpipe> all_;
};

TEST_F(TraceTest, TellsTheStoryOfAMessageByEachOfItsKeys) {
  const auto once = shop(mp_text("o_asker", 23871900536422002, "请问价格"));
  send(once), send(once);
  ASSERT_TRUE(settled(2));
  ASSERT_TRUE(eventually([&] { return count("lead_activities") == 1 && count("wxpipe.custody_marks") > 0; }));
  const auto id = value("select event_id::text from messages");
  const auto whole = AllOf(HasSubstr(fmt::format(R"("kind":"message","id":"{}")", id)),
                           HasSubstr(R"("station":"received")"), HasSubstr(R"("station":"repeat")"),
                           HasSubstr(R"("station":"stored")"), HasSubstr("asked_for_price: 15 points"),
                           HasSubstr(topics_->prefix() + "events.v1-"), HasSubstr(topics_->prefix() + "messages.v1-"),
                           HasSubstr(topics_->prefix() + "leads.v1-"), HasSubstr("请问价格"));
  EXPECT_THAT(trace({id}), whole);
  EXPECT_THAT(trace({"23871900536422002"}), whole);
  EXPECT_THAT(trace({value("select identity from messages")}), whole);
  EXPECT_THAT(trace({value("select receipt from messages")}), whole);
  EXPECT_THAT(trace({value("select receipt from wxpipe.duplicate_receipts")}), whole);
  EXPECT_THAT(trace({"o_asker"}), whole);
  EXPECT_THAT(trace({"o_asker", "--rows-only"}), AllOf(HasSubstr("stored"), Not(HasSubstr("events.v1-"))));
}

TEST_F(TraceTest, FindsWhatHasNoNumber) {
  // A group robot's MsgId isn't a number. A click has none: its person and time find it.
  send(encrypted_request("robot",
                         R"({"msgid":"CAIQ16HMjQYY/NGagIOAgAMgq4KM0AI=","aibotid":"AIB1","chattype":"single",)"
                         R"("from":{"userid":"mei"},"msgtype":"text","text":{"content":"早"}})",
                         {.receiveid = ""}));
  send(shop(mp_event("o_asker", "CLICK", "<EventKey><![CDATA[PRICE]]></EventKey>")));
  ASSERT_TRUE(settled(2));
  EXPECT_THAT(trace({"CAIQ16HMjQYY/NGagIOAgAMgq4KM0AI="}), HasSubstr("早"));
  EXPECT_THAT(trace({value("select identity from messages where account = 'shop'")}), HasSubstr("menu.clicked"));
}

TEST_F(TraceTest, TellsWhatHappenedInThatOrder) {
  send(shop(mp_text("o_asker", 23871900536422002, "请问价格")));
  ASSERT_TRUE(settled(1));
  ASSERT_TRUE(eventually([&] { return count("lead_activities") == 1 && count("wxpipe.custody_marks") > 0; }));
  const auto story = trace({value("select event_id::text from messages")});
  const auto place = [&](const std::string& words) {
    const auto at = story.find(words);
    EXPECT_NE(at, story.npos) << words;
    return at;
  };
  const auto received = place(R"("station":"received")"), event = place(topics_->prefix() + "events.v1-");
  EXPECT_LT(place(R"("station":"happened")"), received);
  EXPECT_LT(received, event) << story;
  for (const auto* made : {"messages.v1-", "leads.v1-"}) {
    EXPECT_LT(event, place(topics_->prefix() + made)) << story;
    EXPECT_LT(place(topics_->prefix() + made), place(R"("station":"stored")")) << story;
    EXPECT_LT(place(topics_->prefix() + made), place(R"("station":"score")")) << story;
  }
}

TEST_F(TraceTest, AKeyOfManyIsAListToChooseFrom) {
  send(shop(mp_text("o_asker", 1, "一")));
  send(shop(mp_text("o_asker", 2, "二")));
  ASSERT_TRUE(settled(2));
  ASSERT_TRUE(eventually([&] { return count("account_health") == 1; }));
  EXPECT_THAT(trace({"o_asker"}), AllOf(HasSubstr("一"), HasSubstr("二"), HasSubstr("2 rows may be meant")));
  EXPECT_THAT(trace({"o_asker", "--account", "outlet"}, 1), HasSubstr("no row is known"));
  EXPECT_THAT(trace({"o_asker", "--limit", "1"}), HasSubstr("二"));
}

TEST_F(TraceTest, FindsDeadLetters) {
  auto broken = shop(mp_text("o_asker", 3, "三"));
  broken = encrypted_request("shop", "<xml><ToUserName>", {.receiveid = "wxapp"});
  send(broken);
  ASSERT_TRUE(settled(1));
  const auto id = value("select dead_letter_id::text from dead_letters");
  EXPECT_THAT(trace({id}), AllOf(HasSubstr(R"("kind":"dead_letter")"), HasSubstr("malformed_xml"),
                                 HasSubstr(topics_->prefix() + "dead_letters.v1-0@")));
  EXPECT_THAT(trace({value("select receipt from dead_letters")}), HasSubstr(id));
}

TEST_F(TraceTest, SaysWhatWasCommittedTogetherAndByWhom) {
  for (int i = 1; i <= 5; ++i) send(shop(mp_text("o_asker", i, "价格？")));
  ASSERT_TRUE(settled(5));
  ASSERT_TRUE(eventually([&] { return count("lead_activities") == 5; }));
  const auto id = value("select event_id::text from messages where msg_id = '3'");
  // As if one transaction had written them all.
  database_->query("update messages set created_at = (select max(created_at) from messages)");
  const auto table = value("select tableoid::regclass::text from messages where msg_id = '3'");
  EXPECT_THAT(
      trace({id, "--rows-only"}),
      AllOf(HasSubstr(fmt::format(R"("sink":"messages","writer":"test","table":"{}","rows_at_least":5}})", table)),
            HasSubstr(R"("sink":"leads","writer":"test","table":"lead_activities_)")));
  // A row that a replay brought back names it.
  database_->query("delete from messages where msg_id = '3'");
  ASSERT_EQ(command({"replay", "--yes"}).code(), 0);
  EXPECT_THAT(trace({id, "--rows-only"}),
              HasSubstr(fmt::format(R"("sink":"messages","writer":"replay","table":"{}","rows_at_least":1}})", table)));
}

TEST_F(TraceTest, SaysWhichReplaysHaveReadItAgain) {
  send(shop(mp_text("o_asker", 1, "价格？")));
  ASSERT_TRUE(settled(1));
  const auto id = value("select event_id::text from messages");
  EXPECT_THAT(trace({id}), HasSubstr(R"("replays":[])"));
  const auto replay = [&](Lines arguments) {
    arguments.insert(arguments.begin(), "replay");
    const auto ran = command(std::move(arguments));
    EXPECT_EQ(ran.code(), 0) << ran.errors << ran.output;
  };
  replay({"--where", "account=shop", "--match", "/content=价格*", "--into", "schema:side"});
  replay({"messages", "--into", "schema:side"});
  replay({"--yes"});
  replay({"--where", "account=outlet", "--into", "schema:others"});
  replay({"--where", "content=no idea", "--into", "schema:spaces"});
  // These have not read it.
  replay({"--from", "offset:1000000", "--into", "schema:behind"});
  replay({"--to", "1h", "--into", "schema:before"});
  replay({"followers", "--into", "schema:followers"});
  replay({"--into", "topic:" + topics_->create("copy", 1), "--dry-run"});

  const auto anna = value("select distinct operator from audit_logs where operation = 'replay'");
  const auto story = trace({id});
  const auto told = [&](const std::string& topic, const std::string& into, const std::string& takes,
                        const std::string& order) {
    const auto record = story.find(topics_->prefix() + topic + ".v1-");
    EXPECT_NE(record, story.npos) << topic;
    const auto place = story.substr(record, story.find('"', record) - record);
    return HasSubstr(fmt::format(R"("record":"{}","into":"{}","takes":{},"finished":true,"asked_by":"{}","order":"{}")",
                                 place, into, takes, anna, order));
  };
  EXPECT_THAT(story, AllOf(told("events", "schema:side", "true", "where=account=shop match=/content=价格*"),
                           told("messages", "schema:side", "true", ""), told("events", "tables", "true", ""),
                           told("events", "schema:others", "false", "where=account=outlet"),
                           told("events", "schema:spaces", "null", "where=content=no idea")));
  for (const auto* into : {"schema:behind", "schema:before", "schema:followers", "topic:"})
    EXPECT_THAT(story, Not(HasSubstr(fmt::format(R"("into":"{})", into))));

  // A replay that stands before it, or that was stopped there.
  database_->query("update side_wxpipe.replays set next_offset = begin_offset");
  database_->query("update wxpipe.replays set end_offset = end_offset + 1");
  EXPECT_THAT(trace({id}), AllOf(Not(HasSubstr(R"("into":"schema:side")")),
                                 HasSubstr(R"("into":"tables","takes":true,"finished":false)")));
  // A side schema of an older version doesn't know where its replays began.
  database_->query("alter table others_wxpipe.replays drop column begin_offset");
  EXPECT_THAT(trace({id}), Not(HasSubstr("schema:others")));
}

TEST_F(TraceTest, SaysWhatItCanNotFindAndWhy) {
  EXPECT_THAT(trace({"01934f2a-7e48-8c4e-9b1f-5a0c7d21e3b4"}, 1), HasSubstr("no row is known"));
  EXPECT_THAT(trace({"nobody/19ab1f5b2c0/42"}, 1), HasSubstr("no row is known"));
  const auto vague = command({"trace", "wxa_media_check|trace_id=67876e40"});
  EXPECT_EQ(vague.code(), 2);
  EXPECT_THAT(vague.errors, HasSubstr("add --from"));
  const auto away = command({"trace", "1"}, {{"DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none"}});
  EXPECT_EQ(away.code(), 3);
}

}  // namespace
}  // namespace wxpipe::whole_path
