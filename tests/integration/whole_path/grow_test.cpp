// wxpipe topics grow, as far as it needs no load: what it says beforehand, what it refuses, and topics of facts.
// tests/chaos/grow_events_test.cpp grows events.
#include "common/kafka/admin.hpp"
#include "tests/integration/whole_path/wxpipe_fixture.hpp"

namespace wxpipe::whole_path {
namespace {
using testing::AllOf;
using testing::HasSubstr;

class GrowTest : public WholePathTest {
 protected:
  int partitions(TopicName topic) const {
    return kafka::Admin(topics_->settings()).view().topics.at(topics_->name(topic)).partitions;
  }
};

TEST_F(GrowTest, SaysBeforehandWhatItWouldDo) {
  const auto ran = command({"topics", "grow", "events", "--to", "12"});
  EXPECT_EQ(ran.code(), 0) << ran.errors;
  EXPECT_THAT(ran.output, AllOf(HasSubstr("seen_ids.v1 gets 12 partitions instead of 6"),
                                HasSubstr("hold their events back"), HasSubstr("--yes")));
  EXPECT_EQ(partitions(TopicName::events), 6);
  EXPECT_EQ(partitions(TopicName::seen_ids), 6);
}

TEST_F(GrowTest, MessagesGrowWhileEverythingRunsAndThePlanAgrees) {
  auto all = start();
  ASSERT_TRUE(all->ready()) << all->readiness();
  const auto send = [&](int first, int count) {
    for (int i = first; i < first + count; ++i)
      ASSERT_EQ(all->client().send(http(shop(mp_text(fmt::format("o_{}", i % 20), i, "你好")))).status, 200);
  };
  send(0, 40);
  const auto ran = command({"topics", "grow", "messages", "--to", "12", "--yes", "--json"});
  EXPECT_EQ(ran.code(), 0) << ran.errors;
  EXPECT_THAT(ran.output, HasSubstr("\"grown\":true"));
  EXPECT_EQ(partitions(TopicName::messages), 12);
  send(40, 40);
  EXPECT_TRUE(settled(80));
  ASSERT_TRUE(eventually([&] { return count("wxpipe.sink_offsets where group_id like '%messages'") == 12; }))
      << "new partitions are read";
  send(80, 40);
  EXPECT_TRUE(settled(120));
  EXPECT_EQ(command({"topics", "plan", "--partitions", "12"}).code(), 1) << "events has 6";
  EXPECT_EQ(command({"topics", "plan"}).code(), 0);
  EXPECT_EQ(command({"topics", "grow", "messages", "--to", "12", "--yes"}).code(), 0) << "it has them";
}

TEST_F(GrowTest, IsRefusedInOneSentence) {
  const auto refused = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"topics", "grow"});
    const auto ran = command(std::move(arguments));
    EXPECT_EQ(ran.code(), 2) << ran.output;
    return ran.errors;
  };
  EXPECT_THAT(refused({"custody", "--to", "2"}), HasSubstr("one partition is enough"));
  EXPECT_THAT(refused({"events", "--to", "3"}), HasSubstr("can't take any away"));
  EXPECT_THAT(refused({"menu", "--to", "3"}), HasSubstr("no topic 'menu'"));
  EXPECT_THAT(refused({"events", "--to", "12", "--within", "soon"}), HasSubstr("'soon' is not a duration"));
  EXPECT_EQ(command({"topics", "grow", "events", "--to", "12"}, {{"KAFKA_BOOTSTRAP", "127.0.0.1:1"}}).code(), 3);
}

}  // namespace
}  // namespace wxpipe::whole_path
