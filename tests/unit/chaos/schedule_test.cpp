// A schedule must be repeatable: the same from its seed on every machine, and the same from its own text. And every
// schedule can be carried out.
#include "chaos/schedule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "common/result.hpp"

namespace wxpipe::chaos {
namespace {
using namespace std::chrono_literals;

std::string complaint(std::string_view text) {
  try {
    parse_schedule(text, "faults.txt");
  } catch (const UsageError& error) {
    return error.what();
  }
  return "none";
}

rc::Gen<Schedule> schedules() {
  return rc::gen::map(rc::gen::tuple(rc::gen::arbitrary<uint64_t>(), rc::gen::inRange(1, 600), rc::gen::inRange(1, 5),
                                     rc::gen::inRange(1, 5), rc::gen::inRange(1, 5)),
                      [](const auto& t) {
                        const auto& [seed, length, ingest, process, sink] = t;
                        return make_schedule(seed, std::chrono::seconds(length), {ingest, process, sink});
                      });
}

TEST(Schedule, IsTheSameOnEveryMachineForOneSeed) {
  EXPECT_EQ(to_text(make_schedule(7, 20s, {})),
            "wxpipe chaos schedule\nseed 7\nlength 20000ms\nmembers 2 ingest 2 process 2 sink\n"
            "3000ms slice sink.0-postgres by 3867 for 3946ms\n5170ms kill kafka for 436ms\n"
            "7587ms stop postgres for 2154ms\n11652ms cut sink.1-postgres for 452ms\n"
            "13562ms kill ingest.1 for 65ms\n15546ms kill process.1 for 391ms\n");
}

TEST(Schedule, DiffersBetweenSeeds) { EXPECT_NE(make_schedule(1, 60s, {}).faults, make_schedule(2, 60s, {}).faults); }

TEST(Schedule, KillsEveryRoleAndBothServersInFourMinutes) {
  std::map<std::string, int> kills;
  for (const auto& fault : make_schedule(1, 240s, {}).faults)
    if (fault.kind == FaultKind::kill) ++kills[std::string(to_string(fault.target.actor))];
  EXPECT_GE(kills["ingest"], 8);
  EXPECT_GE(kills["process"], 8);
  EXPECT_GE(kills["sink"], 8);
  EXPECT_GE(kills["kafka"], 2);
  EXPECT_GE(kills["postgres"], 2);
}

TEST(Schedule, HasEveryKindOverALongRun) {
  std::set<FaultKind> kinds;
  for (const auto& fault : make_schedule(3, 1200s, {}).faults) kinds.insert(fault.kind);
  EXPECT_EQ(kinds.size(), static_cast<size_t>(FaultKind::clock_jump) + 1);
}

TEST(Schedule, LeavesOutWhatIsNotWished) {
  for (const auto& fault : make_schedule(3, 1200s, {}, {.without = {FaultKind::clock_jump, FaultKind::kill}}).faults)
    EXPECT_TRUE(fault.kind != FaultKind::clock_jump && fault.kind != FaultKind::kill) << to_text(fault);
}

RC_GTEST_PROP(Schedule, ReadsBackWhatItWrites, ()) {
  const auto schedule = *schedules();
  RC_ASSERT(parse_schedule(to_text(schedule), "kept") == schedule);
}

RC_GTEST_PROP(Schedule, EveryFaultLiesWithinTheLoadAndNoTargetIsHitWhileItIsDown, ()) {
  const auto schedule = *schedules();
  std::map<Target, milliseconds> until;
  milliseconds before = 0ms;
  for (const auto& fault : schedule.faults) {
    RC_ASSERT(fault.at >= before);
    RC_ASSERT(fault.at + fault.lasts < schedule.length);
    RC_ASSERT(fault.target.number < schedule.members.of(fault.target.actor));
    RC_ASSERT(!until.contains(fault.target) || until[fault.target] < fault.at);
    until[fault.target] = fault.at + fault.lasts;
    before = fault.at;
  }
}

TEST(Schedule, CanBeWrittenByHand) {
  const auto schedule = parse_schedule(
      "# what broke on Tuesday\nlength 9000ms\nmembers 1 ingest 1 process 3 sink\n\n"
      "5000ms  delay sink.2-postgres by 140 for 4100ms\n200ms kill kafka\n300ms storm process.* by 2 for 3000ms\n",
      "faults.txt");
  EXPECT_EQ(schedule, (Schedule{.seed = 0,
                                .length = 9s,
                                .members = {1, 1, 3},
                                .faults = {{200ms, FaultKind::kill, {Actor::kafka, 0, {}}, 0, 0ms},
                                           {300ms, FaultKind::storm, {Actor::process, kAnyNumber, {}}, 2, 3s},
                                           {5s, FaultKind::delay, {Actor::sink, 2, Actor::postgres}, 140, 4100ms}}}));
}

TEST(Schedule, SaysWhichLineIsWrongAndWhy) {
  const std::string head = "length 9000ms\n";
  EXPECT_EQ(complaint("kill\n"), "faults.txt:1: the moment: expected milliseconds such as 400ms, got 'kill'");
  EXPECT_EQ(complaint(head + "5ms kill sink.7"),
            "faults.txt:2: there is no sink.7; the line 'members' says how many there are");
  EXPECT_EQ(complaint(head + "5ms kill kafka.1"),
            "faults.txt:2: 'kafka.1': a process has a number, such as sink.0, a server has none");
  EXPECT_EQ(complaint(head + "5ms cut sink.0"), "faults.txt:2: 'cut' can't befall 'sink.0'");
  EXPECT_EQ(complaint(head + "5ms cut process.0-postgres for 3ms"),
            "faults.txt:2: 'cut' can't befall 'process.0-postgres'");
  EXPECT_EQ(complaint(head + "5ms withhold_end sink.0-kafka for 3ms"),
            "faults.txt:2: 'withhold_end' can't befall 'sink.0-kafka'");
  EXPECT_EQ(complaint(head + "5ms stop_at_commit postgres for 3ms"),
            "faults.txt:2: 'stop_at_commit' can't befall 'postgres'");
  EXPECT_EQ(complaint(head + "5ms disk_full sink.0 for 3ms"), "faults.txt:2: 'disk_full' can't befall 'sink.0'");
  EXPECT_EQ(complaint(head + "5ms delay sink.0-kafka for 3ms"), "faults.txt:2: expected 'by', got 'for'");
  EXPECT_EQ(complaint(head + "5ms kill sink.0 for 3"),
            "faults.txt:2: how long: expected milliseconds such as 400ms, got '3'");
  EXPECT_EQ(complaint(head + "5ms kill sink.0 for 3ms please"), "faults.txt:2: what is 'please' for?");
  EXPECT_EQ(complaint("seed 4\n"), "faults.txt: there is no line such as 'length 60000ms'");
  EXPECT_THAT(complaint(head + "5ms explode sink.0"),
              testing::StartsWith("faults.txt:2: 'explode' is no fault; there are kill,"));
}

}  // namespace
}  // namespace wxpipe::chaos
