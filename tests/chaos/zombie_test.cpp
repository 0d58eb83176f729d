// Zombies: a process is frozen in the middle of work until another process has done that work; then it wakes up and
// goes on. A sink is stopped by the fence, the compare-and-set at the start of each batch. `process` is stopped by its
// producer's epoch. What `ingest` sends twice has the same id.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "chaos/evidence.hpp"
#include "common/kafka/transactional_producer.hpp"
#include "common/result.hpp"
#include "common/runtime/fault_point.hpp"
#include "tests/chaos/world.hpp"
#include "tests/integration/sinks/facts.hpp"
#include "tests/support/unique_name.hpp"

namespace wxpipe::chaos {
namespace {
namespace facts = sinks::testing;

constexpr int kPartitions = 6;  // of messages.v1
constexpr int kZombies = 5;     // at one time; the sixth process survives
constexpr int kRounds = 10;

// Each zombie is frozen when it has a batch.
std::string freeze_with_every_batch() {
  std::string faults;
  for (int hit = 1; hit <= kRounds; ++hit)
    faults += fmt::format("{}sink.before_batch:stall:{}", hit > 1 ? "," : "", hit);
  return faults;
}

TEST(Zombies, FiftyAreRefusedByTheFence) {
  WXPIPE_NEEDS_STACK();
  if (!runtime::kHasFaultPoints) GTEST_SKIP() << "this build has no fault points";
  TestWorld world(
      TestWorld::Whose::shared,
      {.members = {1, 1, 1 + kZombies}, .session = 2s, .more_config = "[sink]\nfamilies = [\"messages\"]\n"});
  auto& fleet = world.fleet();
  std::vector<std::string> topics;
  for (const auto& topic : schemas::kTopics) topics.push_back(schemas::topic_name(world.topic_prefix(), topic.name));
  kafka::TransactionalProducer producer(world.pipeline().kafka(), support::unique_name("writer"), topics);
  producer.init();
  fleet.start(Actor::sink, 0);
  for (int zombie = 1; zombie <= kZombies; ++zombie)
    fleet.start(Actor::sink, zombie, {{"WXPIPE_FAULT", freeze_with_every_batch()}});

  for (int round = 0; round < kRounds; ++round) {
    // Each has one partition.
    ASSERT_TRUE(world.comes_true([&] {
      return fleet.all_ready() && world.rows("(select distinct owner from wxpipe.sink_offsets) owners") == 1 + kZombies;
    })) << "round "
        << round << ": " << fleet.not_ready() << world.logs();
    producer.begin();
    for (int partition = 0; partition < kPartitions; ++partition) {
      const auto message = facts::message(round * kPartitions + partition);
      const auto value = facts::value_of(message);
      producer.produce(static_cast<size_t>(schemas::TopicName::messages),
                       {"k", value, {}, system_clock().now(), partition});
    }
    producer.commit();
    const auto frozen = [&] {
      int count = 0;
      for (int zombie = 1; zombie <= kZombies; ++zombie) count += fleet.stopped(Actor::sink, zombie) ? 1 : 0;
      return count;
    };
    ASSERT_TRUE(world.comes_true([&] { return frozen() == kZombies; })) << "round " << round << world.logs();
    // The survivor takes all of it over and stores what the zombies hold.
    ASSERT_TRUE(world.comes_true([&] { return world.rows("messages") == (round + 1) * kPartitions; }))
        << "round " << round << world.logs();
    EXPECT_EQ(world.rows("wxpipe.sink_offsets where owner = 'sink-0'"), kPartitions);
    for (int zombie = 1; zombie <= kZombies; ++zombie) fleet.signal(Actor::sink, zombie, SIGCONT);
    const auto refused = static_cast<size_t>((round + 1) * kZombies);
    ASSERT_TRUE(world.comes_true([&] { return fleet.count_in_logs(Actor::sink, "sink_fenced") >= refused; }))
        << "round " << round << world.logs();
  }
  EXPECT_EQ(fleet.count_in_logs(Actor::sink, "sink_fenced"), static_cast<size_t>(kRounds * kZombies));
  EXPECT_EQ(fleet.metric(Actor::sink, "wxpipe_sink_retries_total", "class=\"fenced\""), kRounds * kZombies);
  EXPECT_EQ(world.rows("messages"), kRounds * kPartitions);
  EXPECT_EQ(world.rows("(select distinct event_id from messages) events"), kRounds * kPartitions);
  EXPECT_EQ(world.rows("dead_letters"), 0);
}

// Freezes the first of a role's two instances under load.
class ZombieTest : public testing::Test {
 protected:
  void SetUp() override {
    WXPIPE_NEEDS_STACK();
    if (!runtime::kHasFaultPoints) GTEST_SKIP() << "this build has no fault points";
  }
  void start(Actor role, const std::string& fault) {
    world_ = std::make_unique<TestWorld>(
        TestWorld::Whose::shared, WorldPlan{.members = {role == Actor::ingest ? 2 : 1, role == Actor::process ? 2 : 1,
                                                        role == Actor::sink ? 2 : 1},
                                            .session = 2s});
    auto& fleet = world_->fleet();
    for (const auto each : kRoles)
      if (each != role) fleet.start(each, 0);
    fleet.start(role, 0, {{"WXPIPE_FAULT", fault}});
    fleet.start(role, 1);
    world_->pipeline().wait_until_ready();
    sender_ = std::make_unique<rig::Process>(world_->pipeline().sender(
        {"--rate", "300", "--duration", "4s", "--attempts", "12", "--patience", "2s", "--retry-spacing", "3s"}));
    ASSERT_TRUE(world_->comes_true([&] { return fleet.stopped(role, 0); })) << world_->logs();
  }
  void expect_all_acknowledged() {
    EXPECT_TRUE(world_->comes_true([&] { return !sender_->running(); }));
    EXPECT_EQ(sender_->wait(0ms), rig::Exit{}) << "some callbacks were never acknowledged\n" << world_->logs();
  }
  // Everything acknowledged is in the tables while the zombie still sleeps.
  void expect_taken_over() {
    expect_all_acknowledged();
    const auto connection = world_->pipeline().database();
    std::string left;
    const auto nothing_left = [&] {
      try {
        left = still_to_take(world_->pipeline().kafka(), *connection);
      } catch (const Unavailable& error) {
        left = error.what();  // an open transaction holds offsets: the broker will end it
      }
      return left.empty();
    };
    EXPECT_TRUE(world_->comes_true(nothing_left)) << left << world_->logs();
  }
  void expect_wakes_up_well(Actor role) {
    world_->fleet().signal(role, 0, SIGCONT);
    expect_all_acknowledged();
    expect_fine(*world_);  // also waits until everybody is ready
    EXPECT_TRUE(world_->fleet().ends(role, 0).empty()) << "it goes on by itself\n" << world_->logs();
  }

  std::unique_ptr<TestWorld> world_;
  std::unique_ptr<rig::Process> sender_;
};

// Callbacks that it made durable but didn't answer come again, and the other instance takes them.
TEST_F(ZombieTest, AnIngestThatWakesUpHasDoubledNothing) {
  start(Actor::ingest, "ingest.before_reply:stall:100");
  // No other callbacks are sent twice here.
  ASSERT_TRUE(world_->comes_true([&] { return world_->rows("wxpipe.duplicate_receipts") > 0; })) << world_->logs();
  expect_wakes_up_well(Actor::ingest);
}

// Its records and offsets are in a transaction that the broker ends meanwhile.
TEST_F(ZombieTest, AProcessThatWakesUpCannotCommit) {
  start(Actor::process, "process.before_commit:stall:3");
  expect_taken_over();
  expect_wakes_up_well(Actor::process);
}

TEST_F(ZombieTest, ASinkThatWakesUpCannotCommit) {
  start(Actor::sink, "sink.before_batch:stall:10");
  expect_taken_over();
  expect_wakes_up_well(Actor::sink);
  // It was ready before it slept, so nothing has waited for its first try.
  EXPECT_TRUE(world_->comes_true([&] { return world_->fleet().count_in_logs(Actor::sink, "sink_fenced") >= 1; }))
      << world_->logs();
}

}  // namespace
}  // namespace wxpipe::chaos
