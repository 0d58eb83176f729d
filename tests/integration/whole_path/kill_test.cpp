// kill -9 at the critical places: what was answered with success is stored once, whatever was going on.
#include "common/runtime/fault_point.hpp"
#include "rig/socket.hpp"
#include "tests/integration/whole_path/wxpipe_fixture.hpp"

namespace wxpipe::whole_path {
namespace {
using runtime::FaultPoint;

class KillTest : public WholePathTest, public ::testing::WithParamInterface<FaultPoint> {
 protected:
  void SetUp() override {
    if (!runtime::kHasFaultPoints) GTEST_SKIP() << "this build has no fault points (preset dev, asan or tsan has)";
    WholePathTest::SetUp();
  }
  // Sends messages [from, …) until one isn't answered or there are enough. Returns those answered with success.
  std::set<std::string> send(RunningWxpipe& wxpipe, int from, int most) {
    std::set<std::string> acknowledged;
    try {
      auto client = wxpipe.client();
      for (int i = from; i < from + most; ++i)
        if (client.send(http(shop(mp_text(fmt::format("o{}", i % 5), i, "hello")))).status == 200)
          acknowledged.insert(std::to_string(i));
    } catch (const support::HttpError&) {
      // Whether it was killed.
    }
    return acknowledged;
  }
  // Checks that each of them is stored once, and no other but the one whose answer was lost.
  void expect_stored(const std::set<std::string>& acknowledged, int lost_answers) {
    std::set<std::string> stored;
    EXPECT_TRUE(eventually([&] {
      stored.clear();
      for (const auto& line : lines("select msg_id from messages order by 1"))
        stored.insert(line.substr(1, line.size() - 2));
      return std::includes(stored.begin(), stored.end(), acknowledged.begin(), acknowledged.end());
    }));
    EXPECT_LE(stored.size(), acknowledged.size() + static_cast<size_t>(lost_answers));
    EXPECT_EQ(count("messages"), static_cast<int64_t>(stored.size())) << "each once";
    EXPECT_EQ(count("dead_letters"), 0);
  }
};

std::string place_name(const ::testing::TestParamInfo<FaultPoint>& place) {
  std::string name(to_string(place.param));
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

class SpoolKillTest : public KillTest {};

// The broker is away, so everything goes to the spool; the process dies while writing there.
TEST_P(SpoolKillTest, WhatWasAnsweredFromTheSpoolIsStored) {
  // A commit takes at least one fsync, and opening the spool takes some.
  const int hit = GetParam() == FaultPoint::spool_before_fsync ? 20 : 5;
  const std::string fault = fmt::format("{}:kill:{}", to_string(GetParam()), hit);
  const rig::Socket nobody = rig::bound(0);
  std::set<std::string> acknowledged;
  {
    const auto ingest = start({"ingest"}, {{"WXPIPE_FAULT", fault},
                                           {"KAFKA_BOOTSTRAP", fmt::format("127.0.0.1:{}", rig::local_port(nobody))}});
    acknowledged = send(*ingest, 0, 50);
    EXPECT_EQ(ingest->process().wait(), (Exit{.code = 0, .signal = SIGKILL})) << ingest->log();
    EXPECT_FALSE(acknowledged.empty());
    EXPECT_LT(acknowledged.size(), 50u);
  }
  const auto all = start();
  ASSERT_TRUE(all->ready()) << all->readiness();
  const auto more = send(*all, 1000, 5);
  acknowledged.insert(more.begin(), more.end());
  expect_stored(acknowledged, 1);
}
INSTANTIATE_TEST_SUITE_P(At, SpoolKillTest,
                         ::testing::Values(FaultPoint::spool_before_commit, FaultPoint::spool_before_fsync,
                                           FaultPoint::spool_after_commit, FaultPoint::ingest_before_reply),
                         place_name);

// All roles in one process, killed there; then started again on what is left.
TEST_P(KillTest, WhatWasAnsweredIsStoredOnce) {
  std::set<std::string> acknowledged;
  {
    const auto all = start({"run"}, {{"WXPIPE_FAULT", fmt::format("{}:kill:2", to_string(GetParam()))}});
    ASSERT_TRUE(all->ready()) << all->readiness();
    for (int i = 0; i < 100 && all->process().running(); ++i) {
      const auto some = send(*all, i * 10, 10);
      acknowledged.insert(some.begin(), some.end());
    }
    EXPECT_EQ(all->process().wait(), (Exit{.code = 0, .signal = SIGKILL})) << all->log();
  }
  const auto again = start();
  ASSERT_TRUE(again->ready()) << again->readiness();
  const auto more = send(*again, 5000, 5);
  EXPECT_EQ(more.size(), 5u);
  acknowledged.insert(more.begin(), more.end());
  expect_stored(acknowledged, 1);
}
INSTANTIATE_TEST_SUITE_P(At, KillTest,
                         ::testing::Values(FaultPoint::ingest_after_produce, FaultPoint::ingest_before_reply,
                                           FaultPoint::process_before_offsets, FaultPoint::process_before_commit,
                                           FaultPoint::process_after_commit, FaultPoint::sink_before_batch,
                                           FaultPoint::sink_before_commit, FaultPoint::sink_after_commit),
                         place_name);

// The broker has the drained records, but the spool still holds them: they are sent again and are still one row each.
TEST_F(WholePathTest, WhatWasDrainedTwiceIsOneRow) {
  if (!runtime::kHasFaultPoints) GTEST_SKIP() << "this build has no fault points (preset dev, asan or tsan has)";
  const rig::Socket nobody = rig::bound(0);
  {
    const auto away = start({"ingest"}, {{"KAFKA_BOOTSTRAP", fmt::format("127.0.0.1:{}", rig::local_port(nobody))}});
    auto client = away->client();
    for (int i = 0; i < 20; ++i) ASSERT_EQ(client.send(http(shop(mp_text("oAnna", i, "hello")))).status, 200);
    EXPECT_EQ(away->stop(), (Exit{.code = 0})) << away->log();
  }
  {
    const auto drains = start({"ingest"}, {{"WXPIPE_FAULT", "spool.after_drain:kill"}});
    EXPECT_EQ(drains->process().wait(), (Exit{.code = 0, .signal = SIGKILL})) << drains->log();
  }
  const auto all = start();
  ASSERT_TRUE(all->ready()) << all->readiness();
  EXPECT_EQ(eventually_equal([&] { return all->metric("wxpipe_spool_events"); }, 0), 0);
  EXPECT_EQ(eventually_equal([&] { return count("messages"); }, 20), 20);
  EXPECT_TRUE(eventually([&] { return all->metric("wxpipe_duplicates_total{stage=\"process\"}") >= 1; }));
  EXPECT_EQ(count("messages"), 20);
  EXPECT_EQ(count("wxpipe.duplicate_receipts"), 0) << "the same receipt is no other callback";
}

}  // namespace
}  // namespace wxpipe::whole_path
