// What two looks at the same readers say together.
#include "operate/lag.hpp"

#include <gtest/gtest.h>

namespace wxpipe::operate {
namespace {
using namespace std::chrono_literals;

const Timestamp kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + 8h;

PartitionLag at(int partition, int64_t next, int64_t end, int64_t records = 0) {
  PartitionLag lag{.reader = "process", .partition = {"events.v1", partition}, .next = next, .end = end};
  lag.records = records;
  if (records > 0) lag.oldest = kNow - 5s;
  return lag;
}

TEST(ReaderLag, SumsPartitionsAndTakesTheOldest) {
  auto late = at(1, 10, 60, 40);
  late.oldest = kNow - 9s;
  late.estimated = true;
  const auto all = readers({kNow - 2s, {at(0, 0, 100), at(1, 0, 60)}}, {kNow, {at(0, 50, 100, 45), late}});
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].partitions, 2u);
  EXPECT_EQ(all[0].records, 85);
  EXPECT_TRUE(all[0].estimated);
  EXPECT_EQ(all[0].age, 9s);
  EXPECT_DOUBLE_EQ(all[0].in_per_second, 0);
  EXPECT_DOUBLE_EQ(all[0].out_per_second, 30);
  ASSERT_TRUE(all[0].catch_up);
  EXPECT_NEAR(std::chrono::duration<double>(*all[0].catch_up).count(), 85.0 / 30, 1e-3);
  EXPECT_FALSE(all[0].stands_still);
}

TEST(ReaderLag, MarkersAloneAreNoLag) {
  const auto all = readers({kNow - 1s, {at(0, 90, 100)}}, {kNow, {at(0, 90, 100)}});
  EXPECT_EQ(all[0].records, 0);
  EXPECT_FALSE(all[0].stands_still);
  EXPECT_EQ(all[0].catch_up, 0us);
}

TEST(ReaderLag, StandsStillWhenNothingIsTaken) {
  const auto all = readers({kNow - 1s, {at(0, 90, 100, 9)}}, {kNow, {at(0, 90, 120, 19)}});
  EXPECT_TRUE(all[0].stands_still);
  EXPECT_EQ(all[0].catch_up, std::nullopt);
  EXPECT_DOUBLE_EQ(all[0].in_per_second, 20);
}

TEST(ReaderLag, AnOpenTransactionCountsOnlyIfItStays) {
  auto before = at(0, 90, 100), now = at(0, 90, 100);
  before.undecided = 5;
  now.undecided = 7;
  EXPECT_EQ(readers({kNow - 1s, {before}}, {kNow, {now}})[0].undecided, 5);
  now.end = 104;  // it ended, and another one began
  EXPECT_EQ(readers({kNow - 1s, {before}}, {kNow, {now}})[0].undecided, 0);
}

}  // namespace
}  // namespace wxpipe::operate
