// wxpipe dlq: what a wrong key left unread becomes the events that it always was.
#include "tests/integration/whole_path/wxpipe_fixture.hpp"

namespace wxpipe::whole_path {
namespace {
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr auto kWrongKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

class DlqTest : public WholePathTest {
 protected:
  void SetUp() override {
    WholePathTest::SetUp();
    if (IsSkipped()) return;
    ASSERT_EQ(command({"topics", "apply"}).code(), 0);
  }
  std::string dlq(std::vector<std::string> arguments, Environment more = {}) const {
    arguments.insert(arguments.begin(), "dlq");
    arguments.push_back("--json");
    const auto ran = command(std::move(arguments), std::move(more), 60s);
    EXPECT_EQ(ran.code(), 0) << ran.errors << ran.output;
    return ran.output;
  }
  // Callbacks that arrive while the configured key is wrong.
  void receive_with_wrong_key(int count) {
    auto all = start({"run"}, {{"TEST_AES_KEY", kWrongKey}});
    ASSERT_TRUE(all->ready()) << all->readiness();
    auto client = all->client();
    for (int i = 1; i <= count; ++i)
      ASSERT_EQ(client.send(http(shop(mp_text("o_" + std::to_string(i % 7), i, "第" + std::to_string(i))))).status,
                200);
    ASSERT_TRUE(settled(count));
    ASSERT_EQ(count_of("messages"), 0);
    all->stop();
  }
  int64_t count_of(const std::string& from) const { return count(from); }
};

TEST_F(DlqTest, OpensWithTheRightKeyWhatAWrongOneLeftUnread) {
  constexpr int kLetters = 40;
  receive_with_wrong_key(kLetters);
  EXPECT_THAT(dlq({"ls"}), AllOf(HasSubstr(R"("by_reason":[{"reason":"undecryptable","letters":40}])"),
                                 HasSubstr(R"("by_account":[{"account":"shop","letters":40}])")));
  // With the wrong key nothing can be put back, and it says so.
  EXPECT_THAT(dlq({"retry", "--all", "--yes"}, {{"TEST_AES_KEY", kWrongKey}}),
              AllOf(HasSubstr(R"("put_back":0)"), HasSubstr("still undecryptable")));
  EXPECT_THAT(dlq({"retry", "--all"}, {{"TEST_AES_KEY", kWrongKey}}),
              AllOf(HasSubstr("0 letters would be put back"), HasSubstr("can't be put back yet"),
                    HasSubstr("still undecryptable"), Not(HasSubstr("Is the filter right?"))));
  // A dry run counts and changes nothing, and says how to do it.
  EXPECT_THAT(dlq({"retry", "--reason", "undecryptable", "--why", "key corrected"}),
              AllOf(HasSubstr("nothing was changed; 40 letters would be put back"), HasSubstr(R"("samples":[{)"),
                    HasSubstr("wxpipe dlq retry --reason undecryptable --why 'key corrected' --json --yes")));
  EXPECT_EQ(count("wxpipe.dead_letter_actions"), 0);

  auto all = start();
  ASSERT_TRUE(all->ready()) << all->readiness();
  EXPECT_THAT(dlq({"retry", "--reason", "undecryptable", "--why", "key corrected", "--yes"}),
              HasSubstr(R"("put_back":40)"));
  ASSERT_EQ(eventually_equal([&] { return count("messages"); }, kLetters), kLetters);
  // The same ids that a right key gives at once: sent again, each is a repeat of its row.
  auto client = all->client();
  ASSERT_EQ(client.send(http(shop(mp_text("o_1", 1, "第1")))).status, 200);
  EXPECT_EQ(lines("select m.receipt from messages m join dead_letters d using (receipt)").size(), size_t{kLetters});
  EXPECT_EQ(lines("select operation, affected, reason from audit_logs where resource_type <> 'topics'"),
            (Lines{R"(("dlq retry",40,"key corrected"))"}));
  // The event and the letter both tell it.
  const auto ids = database_->query(
      "select m.event_id, d.dead_letter_id, (select operator from audit_logs where operation = 'dlq retry') from messages m "
      "join dead_letters d using (receipt) limit 1");
  const auto put_back = fmt::format(R"("station":"dlq","where":"{}","what":"put back by {}: key corrected")",
                                    ids.text(0, 1), ids.text(0, 2));
  EXPECT_THAT(command({"trace", ids.text(0, 0), "--json"}).output,
              AllOf(HasSubstr(R"("kind":"message")"), HasSubstr("ingest: undecryptable"), HasSubstr(put_back)));
  EXPECT_THAT(command({"trace", ids.text(0, 1), "--json"}).output,
              AllOf(HasSubstr(R"("kind":"dead_letter")"), HasSubstr(put_back),
                    HasSubstr(R"("sink":"dead_letters","writer":"test","table":"dead_letters")")));
  // A second one finds nothing to do.
  EXPECT_THAT(dlq({"retry", "--reason", "undecryptable", "--yes"}), HasSubstr(R"("letters":0,"put_back":0)"));
  EXPECT_THAT(dlq({"ls", "--state", "retried"}), HasSubstr(R"("letters":40)"));
  all->stop();
  const auto audit = command({"audit"}, {}, 30s);
  EXPECT_EQ(audit.code(), 0) << audit.output << audit.errors;
}

TEST_F(DlqTest, LeavesAloneWhatFailsAgainAndAgain) {
  receive_with_wrong_key(1);
  database_->query(
      "insert into wxpipe.dead_letter_actions (dead_letter_id, at, action, receipt, command_id) select gen_random_uuid(), now() + "
      "n * interval '1 second', 'retry', receipt, gen_random_uuid() from dead_letters, generate_series(1, 3) n");
  EXPECT_THAT(dlq({"ls"}), HasSubstr(R"("letters":0)"));
  EXPECT_THAT(dlq({"retry", "--all", "--yes"}), HasSubstr(R"("put_back":0)"));
  EXPECT_THAT(dlq({"ls", "--state", "parked"}), HasSubstr(R"("letters":1)"));
  EXPECT_THAT(dlq({"retry", "--state", "parked", "--all", "--yes"}), HasSubstr(R"("put_back":1)"));
}

// The letter was put back, and its event was lost then: nothing was sent here.
TEST_F(DlqTest, ALetterThatWasPutBackAccountsForNothingAndCanBePutBackAgain) {
  receive_with_wrong_key(2);
  auto sink = start({"sink"});  // for the last custody mark: the other one may have stopped before it came
  EXPECT_TRUE(eventually([&] {
    const auto before = command({"audit"}, {}, 30s);
    return before.code() == 0 && before.output.find("on its way") == std::string::npos;
  }));
  sink->stop();
  database_->query(
      "insert into wxpipe.dead_letter_actions (dead_letter_id, action, receipt, command_id) select dead_letter_id, 'retry', receipt, "
      "gen_random_uuid() from dead_letters order by failed_at limit 1");
  const auto lost = command({"audit"}, {}, 30s);
  EXPECT_EQ(lost.code(), 1) << lost.errors;
  EXPECT_THAT(lost.output, AllOf(HasSubstr("1 callback found nowhere"), HasSubstr("dlq retry --state retried")));

  auto all = start();
  ASSERT_TRUE(all->ready()) << all->readiness();
  EXPECT_THAT(dlq({"retry", "--state", "retried", "--all", "--yes"}), HasSubstr(R"("put_back":1)"));
  ASSERT_EQ(eventually_equal([&] { return count("messages"); }, 1), 1);
  all->stop();
  const auto found = command({"audit"}, {}, 30s);
  EXPECT_EQ(found.code(), 0) << found.output << found.errors;
}

TEST_F(DlqTest, ShowsAndDropsWithAReason) {
  receive_with_wrong_key(2);
  const auto id =
      database_->query("select dead_letter_id::text from dead_letters order by failed_at limit 1").text(0, 0);
  EXPECT_THAT(dlq({"show", id}), AllOf(HasSubstr("undecryptable"), HasSubstr("<Encrypt>"), HasSubstr("msg_signature")));
  const auto no_reason = command({"dlq", "drop", id, "--yes"});
  EXPECT_EQ(no_reason.code(), 2);
  EXPECT_THAT(no_reason.errors, HasSubstr("--why"));
  EXPECT_EQ(command({"dlq", "drop", "--why", "x", "--yes"}).code(), 2) << "no choice is no permission for all";
  EXPECT_THAT(dlq({"drop", id, "--why", "a test"}), HasSubstr("nothing was changed"));
  EXPECT_THAT(dlq({"drop", id, "--why", "a test", "--yes"}), HasSubstr(R"("dropped":1)"));
  EXPECT_THAT(dlq({"ls"}), HasSubstr(R"("letters":1,)"));
  EXPECT_EQ(count("dead_letters"), 2) << "the rows stay";
  EXPECT_THAT(command({"trace", id, "--json"}).output,
              AllOf(HasSubstr(R"("what":"dropped by )"), HasSubstr(R"(: a test")")));
  EXPECT_EQ(
      lines(
          "select operation, affected, reason, resource_id is not null from audit_logs where resource_type <> 'topics'"),
      (Lines{R"(("dlq drop",1,"a test",t))"}));
  EXPECT_EQ(command({"dlq", "show", "01934f2a-7e48-8c4e-9b1f-5a0c7d21e3b4"}).code(), 1);
  EXPECT_EQ(command({"dlq", "show", "undecryptable"}).code(), 2);
  EXPECT_EQ(command({"dlq", "show", ""}).code(), 2) << "no id is not each of them";
}

// A wrong word finds nothing, and nothing looks like "all is well".
TEST_F(DlqTest, AWordThatNoLetterCanHaveIsWrongUsage) {
  const auto refused = [&](Lines more, const std::string& why) {
    Lines arguments{"dlq", "ls"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto ran = command(arguments);
    EXPECT_EQ(ran.code(), 2) << ran.output;
    EXPECT_THAT(ran.errors, HasSubstr(why));
  };
  refused({"--reason", "undecriptable"}, "--reason: there is no 'undecriptable'; the nearest is 'undecryptable'");
  refused({"--stage", "sink.message"}, "--stage: there is no 'sink.message'; the nearest is 'sink.messages'");
  refused({"--account", "shpo"}, "--account: there is no 'shpo'; the nearest is 'shop'");
  refused({"--from", "1h", "--to", "2h"}, "is not after --from");
  EXPECT_THAT(dlq({"ls", "--reason", "malformed_xml", "--stage", "sink.messages", "--account", "shop"}),
              HasSubstr(R"("letters":0)"));
  receive_with_wrong_key(1);
  database_->query("update dead_letters set account = 'before'");
  EXPECT_THAT(dlq({"ls", "--account", "before"}), HasSubstr(R"("letters":1)")) << "an old name";
}

}  // namespace
}  // namespace wxpipe::whole_path
