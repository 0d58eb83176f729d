// Zombies: a sink that is frozen with a batch in its hands, beyond its session, until another one has its partition and has
// stored that batch. When it wakes up it still believes that the partition is its own. Only the fence stops it: the
// compare-and-set that each batch begins with.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "common/kafka/transactional_producer.hpp"
#include "common/runtime/fault_point.hpp"
#include "tests/chaos/world.hpp"
#include "tests/integration/sinks/facts.hpp"
#include "tests/support/unique_name.hpp"

namespace wxpipe::chaos {
namespace {
namespace facts = sinks::testing;

constexpr int kPartitions = 6;  // of messages.v1
constexpr int kZombies = 5;     // at once; the sixth process survives
constexpr int kRounds = 10;

// Frozen each time it has a batch.
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
    // One partition each.
    ASSERT_TRUE(world.comes_true([&] {
      return fleet.all_ready() && world.rows("(select distinct owner from wxpipe.sink_offsets) owners") == 1 + kZombies;
    })) << "round "
        << round << ": " << fleet.not_ready() << world.logs();
    producer.begin();
    for (int partition = 0; partition < kPartitions; ++partition) {
      const auto message = facts::message(round * kPartitions + partition);
      const auto value = facts::value_of(message);
      producer.produce(static_cast<size_t>(schemas::TopicName::messages), {"k", value, {}, facts::noon(), partition});
    }
    producer.commit();
    const auto frozen = [&] {
      int count = 0;
      for (int zombie = 1; zombie <= kZombies; ++zombie) count += fleet.stopped(Actor::sink, zombie) ? 1 : 0;
      return count;
    };
    ASSERT_TRUE(world.comes_true([&] { return frozen() == kZombies; })) << "round " << round << world.logs();
    // The survivor takes over all of it, and stores what they hold.
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

}  // namespace
}  // namespace wxpipe::chaos
