// How many workers a reader needs.
#include "operate/scale.hpp"

#include <gtest/gtest.h>

namespace wxpipe::operate {
namespace {
using namespace std::chrono_literals;

constexpr auto kTarget = 60s;

ScaleInput behind(size_t partitions, size_t workers, int64_t records, double in, double out) {
  return {partitions, workers, records, in, out, 30s};
}

TEST(Advise, LeavesAReaderAloneThatKeepsUp) {
  const auto idle = advise({6, 2, 0, 0, 0, 0us}, kTarget);
  EXPECT_EQ(idle.need, Need::nothing);
  EXPECT_EQ(idle.workers, 2u);
  const auto busy = advise({6, 2, 40, 500, 480, 100ms}, kTarget);
  EXPECT_EQ(busy.need, Need::nothing) << "what is on its way is no backlog";
  EXPECT_EQ(busy.workers, 2u);
}

TEST(Advise, LeavesAReaderAloneThatWillBeThereInTime) {
  const auto advice = advise(behind(6, 2, 3000, 100, 200), kTarget);
  EXPECT_EQ(advice.need, Need::nothing);
  EXPECT_EQ(advice.caught_up, 30s);
}

TEST(Advise, AddsTheFewestWorkersThatReachTheTarget) {
  // One worker does 100 a second; 300 come, and 6,000 wait: 400 a second are needed.
  const auto advice = advise(behind(24, 1, 6000, 300, 100), kTarget);
  EXPECT_EQ(advice.need, Need::more);
  EXPECT_DOUBLE_EQ(advice.needed_per_second, 400);
  EXPECT_EQ(advice.workers, 4u);
  EXPECT_EQ(advice.caught_up, 60s);
}

TEST(Advise, CountsTheBusiestWorkersPartitions) {
  // Six partitions: four and five workers are as fast as three.
  const auto advice = advise(behind(6, 1, 600, 340, 100), kTarget);
  EXPECT_DOUBLE_EQ(advice.needed_per_second, 350);
  EXPECT_EQ(advice.workers, 6u);
  const auto four = advise(behind(6, 4, 600, 290, 300), kTarget);
  EXPECT_EQ(four.need, Need::nothing) << "600 at ten a second are there in a minute";
}

TEST(Advise, SaysWhenPartitionsAreTheLimit) {
  const auto advice = advise(behind(6, 6, 60'000, 0, 600), 10s);
  EXPECT_EQ(advice.need, Need::partitions);
  EXPECT_EQ(advice.workers, 6u);
  EXPECT_EQ(advice.partitions, 60u);
  EXPECT_EQ(advice.caught_up, 100s);
  const auto never = advise(behind(6, 6, 60'000, 900, 600), 10s);
  EXPECT_EQ(never.caught_up, std::nullopt);
}

TEST(Advise, TellsNobodyIsThereFromNobodyGetsOn) {
  EXPECT_EQ(advise(behind(6, 0, 10, 5, 0), kTarget).need, Need::start);
  EXPECT_EQ(advise(behind(6, 0, 10, 5, 0), kTarget).workers, 1u);
  EXPECT_EQ(advise(behind(6, 0, 0, 0, 0), kTarget).need, Need::nothing);
  EXPECT_EQ(advise(behind(6, 2, 10, 5, 0), kTarget).need, Need::look_at_it);
}

TEST(Advise, SaysWhenWorkersHaveNothingToDo) {
  const auto advice = advise({1, 3, 0, 0, 0, 0us}, kTarget);
  EXPECT_EQ(advice.need, Need::fewer);
  EXPECT_EQ(advice.workers, 1u);
}

TEST(Advise, NeverAdvisesMoreThanPartitionsOrFewerThanOne) {
  for (size_t partitions : {0u, 1u, 7u, 24u})
    for (size_t workers : {0u, 1u, 5u, 30u})
      for (const int64_t records : {int64_t{0}, int64_t{1}, int64_t{1'000'000'000}})
        for (const double out : {0.0, 1.0, 1e6}) {
          const auto advice = advise(behind(partitions, workers, records, 1000, out), kTarget);
          EXPECT_GE(advice.workers, 1u);
          EXPECT_LE(advice.workers, std::max<size_t>(1, partitions));
        }
}

}  // namespace
}  // namespace wxpipe::operate
