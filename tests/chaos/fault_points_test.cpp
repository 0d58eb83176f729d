// A process dies under load at each of the worst places (common/runtime/fault_point.hpp) and is started again, as by
// systemd. Nothing that was acknowledged may be lost, doubled or out of order.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "common/runtime/fault_point.hpp"
#include "tests/chaos/world.hpp"

namespace wxpipe::runtime {
void PrintTo(const FaultPlace& place, std::ostream* out) { *out << place.name << ": " << place.meaning; }
}  // namespace wxpipe::runtime

namespace wxpipe::chaos {
namespace {
using runtime::FaultPlace;
using runtime::FaultPoint;
using Environment = std::map<std::string, std::string>;

// The first process of the member that is to die.
Environment dies_at(const FaultPlace& place, int hit) {
  return {{"WXPIPE_FAULT", fmt::format("{}:kill:{}", place.name, hit)}};
}
const char* kNoBroker = "127.0.0.1:9";  // the discard port: nobody listens there

class FaultPointTest : public testing::TestWithParam<FaultPlace> {
 protected:
  void SetUp() override {
    WXPIPE_NEEDS_STACK();
    if (!runtime::kHasFaultPoints) GTEST_SKIP() << "this build has no fault points";
    const auto point = GetParam().point;
    const bool two = point == FaultPoint::process_after_abort;
    world_ =
        std::make_unique<TestWorld>(TestWorld::Whose::shared, WorldPlan{.members = {1, two ? 2 : 1, 1}, .guests = 1});
  }

  Fleet& fleet() { return world_->fleet(); }

  // Starts all members; the member to die gets the fault point.
  void start(Actor victim, Environment environment) {
    for (const auto role : kRoles)
      if (role != victim) fleet().start(role, 0);
    fleet().start(victim, 0, environment);
  }
  void send(double seconds = 3) {
    sender_ = std::make_unique<rig::Process>(world_->pipeline().sender(
        {"--rate", "300", "--duration", fmt::format("{}ms", static_cast<int>(seconds * 1000)), "--attempts", "8",
         "--retry-spacing", "1s", "--resend", "5%", "--resend-changed", "10%"}));
  }
  void expect_dies(Actor victim) {
    EXPECT_TRUE(world_->comes_true([&] { return !fleet().ends(victim, 0).empty(); })) << world_->logs();
    EXPECT_EQ(fleet().ends(victim, 0), std::vector{(rig::Exit{.code = 0, .signal = SIGKILL})});
  }
  void expect_all_acknowledged() {
    EXPECT_TRUE(world_->comes_true([&] { return !sender_->running(); }));
    EXPECT_EQ(sender_->wait(0ms), rig::Exit{}) << "some callbacks were never acknowledged\n" << world_->logs();
  }

  std::unique_ptr<TestWorld> world_;
  std::unique_ptr<rig::Process> sender_;
};

TEST_P(FaultPointTest, ADeathThereLosesNothingAndDoublesNothing) {
  const auto& place = GetParam();
  switch (place.point) {
    case FaultPoint::ingest_after_produce:
    case FaultPoint::ingest_before_reply:
      start(Actor::ingest, dies_at(place, 300));
      send();
      expect_dies(Actor::ingest);
      break;
    case FaultPoint::spool_before_commit:
    case FaultPoint::spool_before_fsync:
    case FaultPoint::spool_after_commit: {
      auto environment = dies_at(place, 20);
      environment["KAFKA_BOOTSTRAP"] = kNoBroker;  // so everything must go to the spool
      start(Actor::ingest, environment);
      send();
      expect_dies(Actor::ingest);
      break;
    }
    case FaultPoint::spool_after_drain: {
      start(Actor::ingest, {{"KAFKA_BOOTSTRAP", kNoBroker}});
      send(2);
      expect_all_acknowledged();
      fleet().signal(Actor::ingest, 0, SIGKILL);
      EXPECT_TRUE(world_->comes_true([&] { return fleet().ends(Actor::ingest, 0).size() == 1; }));
      fleet().start(Actor::ingest, 0, dies_at(place, 1));
      EXPECT_TRUE(world_->comes_true([&] { return fleet().ends(Actor::ingest, 0).size() == 2; })) << world_->logs();
      EXPECT_EQ(fleet().ends(Actor::ingest, 0).back(), (rig::Exit{.code = 0, .signal = SIGKILL}));
      return expect_fine(*world_);
    }
    case FaultPoint::process_before_offsets:
    case FaultPoint::process_before_commit:
    case FaultPoint::process_after_commit:
      start(Actor::process, dies_at(place, 4));
      send();
      expect_dies(Actor::process);
      break;
    case FaultPoint::process_after_abort:
      // Frozen inside a transaction until the group has dropped it: its offsets are then refused and it must abort.
      // Shorter than the transaction's own timeout (10 s), which would fence the producer: another error path.
      start(Actor::process, {{"WXPIPE_FAULT", fmt::format("process.before_offsets:stall:10,{}:kill", place.name)}});
      fleet().start(Actor::process, 1);
      world_->pipeline().wait_until_ready();
      send(4);
      EXPECT_TRUE(world_->comes_true([&] { return fleet().stopped(Actor::process, 0); })) << world_->logs();
      EXPECT_TRUE(world_->comes_true([&, before = rig::read_file(fleet().log(Actor::process, 1)).size()] {
        const auto log = rig::read_file(fleet().log(Actor::process, 1));
        return log.find("event=partitions_revoked group=process", before) != std::string::npos;
      })) << world_->logs();
      fleet().signal(Actor::process, 0, SIGCONT);
      expect_dies(Actor::process);
      break;
    case FaultPoint::process_revoke:
    case FaultPoint::sink_revoke: {
      const auto role = place.point == FaultPoint::sink_revoke ? Actor::sink : Actor::process;
      start(role, dies_at(place, 1));
      world_->pipeline().wait_until_ready();
      send(4);
      fleet().start(role, 1);  // it joins, and gets some of the partitions
      expect_dies(role);
      break;
    }
    case FaultPoint::sink_before_batch:
    case FaultPoint::sink_before_commit:
    case FaultPoint::sink_after_commit:
      start(Actor::sink, dies_at(place, 10));
      send();
      expect_dies(Actor::sink);
      break;
  }
  expect_all_acknowledged();
  expect_fine(*world_);
}

INSTANTIATE_TEST_SUITE_P(AtEachPlace, FaultPointTest, testing::ValuesIn(runtime::kFaultPlaces), [](const auto& place) {
  std::string name(place.param.name);
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
});

TEST(FaultPoints, APlaceThatDoesNotExistEndsTheProcess) {
  if (!runtime::kHasFaultPoints) GTEST_SKIP() << "this build has no fault points";
  for (const auto* wrong : {"ingest.after_lunch:kill", "ingest.before_reply:maim", "ingest.before_reply:kill:0"}) {
    rig::Process process(
        {.program = support::wxpipe_program(), .arguments = {"--version"}, .environment = {{"WXPIPE_FAULT", wrong}}});
    EXPECT_EQ(process.wait(), (rig::Exit{.code = 2, .signal = 0})) << wrong;
    EXPECT_NE(process.errors().find(wrong), std::string::npos) << process.errors();
  }
}

}  // namespace
}  // namespace wxpipe::chaos
