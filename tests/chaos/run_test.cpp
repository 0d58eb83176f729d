// The command itself: a short run from a fixed seed in which everything is killed, frozen and cut off. Nothing may be
// lost, doubled or wrong. For longer runs see docs/guarantees.md.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/chaos/world.hpp"

namespace wxpipe::chaos {
namespace {

TEST(ChaosRun, AMinuteOfFaultsLosesNothingAndDoublesNothing) {
  WXPIPE_NEEDS_STACK();
  const rig::TemporaryFolder folder;
  rig::Process run({.program = support::wxpipe_program(),
                    .arguments = {"chaos", "--seed", "20261125", "--minutes", "1", "--rate", "200", "--every", "1500ms",
                                  "--folder", folder.path().string(), "--stack", WXPIPE_SOURCE "/dev/stack"}});
  const auto exit = run.wait(280s);
  ASSERT_TRUE(exit) << "it did not end: " << run.errors();
  EXPECT_EQ(*exit, rig::Exit{}) << run.output() << run.errors();
  EXPECT_NE(run.output().find("fine: nothing acknowledged was lost, doubled or wrong"), std::string::npos)
      << run.output();
  fmt::print("{}", run.output());
}

TEST(ChaosRun, SaysBeforehandWhatItWouldDo) {
  rig::Process run(
      {.program = support::wxpipe_program(),
       .arguments = {"chaos", "--seed", "7", "--minutes", "1", "--print-schedule", "--without", "clock_jump"}});
  EXPECT_EQ(run.wait(), rig::Exit{});
  EXPECT_EQ(run.output(), to_text(make_schedule(7, 60s, {}, {.without = {FaultKind::clock_jump}})));
}

TEST(ChaosRun, RefusesAScheduleThatItCannotReadAndSaysTheLine) {
  const rig::TemporaryFolder folder;
  const auto file = folder.write("schedule.txt", "length 9000ms\n5ms explode sink.0\n");
  rig::Process run({.program = support::wxpipe_program(), .arguments = {"chaos", "--schedule", file.string()}});
  EXPECT_EQ(run.wait(), (rig::Exit{.code = 2, .signal = 0}));
  EXPECT_NE(run.errors().find("schedule.txt:2: 'explode' is no fault"), std::string::npos) << run.errors();
}

}  // namespace
}  // namespace wxpipe::chaos
