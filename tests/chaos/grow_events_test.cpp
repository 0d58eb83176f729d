// `wxpipe topics grow events` under load: keys move to other partitions, and on messages.v1 every subject's events stay
// in their order. Nothing is lost or doubled, also if an ingest process dies and comes back while events are held.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/kafka/admin.hpp"
#include "tests/chaos/world.hpp"

namespace wxpipe::chaos {
namespace {
constexpr int kGrown = 24;

class GrowTest : public testing::Test {
 protected:
  void SetUp() override {
    WXPIPE_NEEDS_STACK();
    world_ = std::make_unique<TestWorld>(TestWorld::Whose::shared, WorldPlan{.members = {2, 2, 2}});
    fleet().start();
    world_->pipeline().wait_until_ready();
  }
  Fleet& fleet() { return world_->fleet(); }
  // For longer than the topic needs to grow.
  void send() {
    sender_ = std::make_unique<rig::Process>(world_->pipeline().sender({"--rate", "200", "--duration", "50s"}));
    ASSERT_TRUE(world_->comes_true([&] { return world_->rows("messages") > 500; })) << world_->logs();
  }
  void send_no_more() {
    ASSERT_TRUE(world_->comes_true([&] { return !sender_->running(); }, 120s));
  }
  std::unique_ptr<rig::Process> grow(std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"topics", "grow", "events", "--to", fmt::format("{}", kGrown), "--yes"});
    return std::make_unique<rig::Process>(world_->pipeline().wxpipe(std::move(more)));
  }
  bool holds() {
    return world_->comes_true([&] { return fleet().count_in_logs(Actor::ingest, "events_held") >= 2; });
  }
  int partitions() {
    return kafka::Admin(world_->pipeline().kafka()).view().topics.at(world_->topic_prefix() + "events.v1").partitions;
  }
  // An acknowledged callback went past the spool again, at both processes.
  bool flows() {
    return world_->comes_true([&] {
      return fleet().count_in_logs(Actor::ingest, "events_released") >= 2 &&
             fleet().metric(Actor::ingest, "wxpipe_spool_events") == 0;
    });
  }

  std::unique_ptr<TestWorld> world_;
  std::unique_ptr<rig::Process> sender_;
};

TEST_F(GrowTest, UnderLoadEveryKeyKeepsItsOrder) {
  send();
  const auto growing = grow();
  EXPECT_TRUE(holds()) << world_->logs();
  ASSERT_TRUE(world_->comes_true([&] { return !growing->running(); }, 120s));
  EXPECT_EQ(*growing->wait(), rig::Exit{}) << growing->output() << growing->errors();
  EXPECT_EQ(partitions(), kGrown);
  EXPECT_TRUE(sender_->running()) << "it was under load all the time";
  EXPECT_TRUE(flows()) << world_->logs();
  send_no_more();
  expect_fine(*world_);
}

TEST_F(GrowTest, AnIngestProcessThatDiesMeanwhileChangesNothing) {
  send();
  const auto growing = grow();
  ASSERT_TRUE(holds()) << world_->logs();
  fleet().kill(Actor::ingest, 0, 1s);
  ASSERT_TRUE(world_->comes_true([&] { return !growing->running(); }, 120s));
  EXPECT_EQ(*growing->wait(), rig::Exit{}) << growing->output() << growing->errors();
  EXPECT_EQ(partitions(), kGrown);
  EXPECT_TRUE(flows()) << world_->logs();
  send_no_more();
  // What the dead process had stored but not answered is sent again, and by then its key may have moved. Rows come once
  // all the same.
  expect_fine(*world_, false);
}

TEST_F(GrowTest, WhenProcessDoesNotCatchUpNothingChangesAndEventsGoOn) {
  send();
  for (int i = 0; i < 2; ++i) fleet().signal(Actor::process, i, SIGSTOP);
  const auto growing = grow({"--within", "15s"});
  ASSERT_TRUE(world_->comes_true([&] { return !growing->running(); }, 120s));
  EXPECT_EQ(growing->wait()->code, 1);
  EXPECT_NE(growing->output().find("process has not taken"), std::string::npos)
      << growing->output() << growing->errors();
  for (int i = 0; i < 2; ++i) fleet().signal(Actor::process, i, SIGCONT);
  EXPECT_EQ(partitions(), 6);
  EXPECT_TRUE(flows()) << world_->logs();
  send_no_more();
  expect_fine(*world_);
}

// Killed, so that it can't tell anybody.
TEST_F(GrowTest, WhenTheCommandDiesIngestGoesOnByItself) {
  send();
  const auto growing = grow();
  ASSERT_TRUE(holds()) << world_->logs();
  growing->signal(SIGKILL);
  EXPECT_TRUE(flows()) << world_->logs();
  EXPECT_EQ(partitions(), 6);
  send_no_more();
  expect_fine(*world_);
}

}  // namespace
}  // namespace wxpipe::chaos
