// Which partition a row belongs to, by month, day, ISO week or hash, and which ones should exist by now.
#include "common/postgres/partition_plan.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace wxpipe::postgres {
namespace {
using namespace std::chrono;
using Names = std::vector<std::string>;

const PartitionedTable kMonths{"m", {By::month}}, kDays{"d", {By::day}}, kWeeks{"w", {By::iso_week, "measured_at"}},
    kParts{"p", {By::hash, "instance_id", 3}};
const Timestamp kNow = sys_days{2026y / November / 29} + 6h;

Names names(const std::vector<PartitionRange>& ranges) {
  Names list;
  for (const auto& range : ranges) list.push_back(range.name);
  return list;
}

TEST(PartitionFor, AMonthIsNamedByYearAndMonth) {
  const auto range = partition_for(kMonths, Timestamp{sys_days{2026y / December / 31} + 23h});
  EXPECT_EQ(range.name, "m_202612");
  EXPECT_EQ(range.from, sys_days{2026y / December / 1});
  EXPECT_EQ(range.to, sys_days{2027y / January / 1});
}

TEST(PartitionFor, ADayIsNamedByItsDate) {
  const auto range = partition_for(kDays, Timestamp{sys_days{2028y / February / 29} + 12h});
  EXPECT_EQ(range.name, "d_20280229");
  EXPECT_EQ(range.to, sys_days{2028y / March / 1});
}

// From the calendar of ISO 8601: 2026 has 53 weeks, and the first days of 2027 belong to the last of them.
TEST(PartitionFor, AWeekBeginsOnMondayAndBelongsToTheYearOfItsThursday) {
  const auto week = [](sys_days day) { return partition_for(kWeeks, Timestamp{day}); };
  EXPECT_EQ(week(2026y / November / 29).name, "w_2026w48");
  EXPECT_EQ(week(2026y / November / 30).name, "w_2026w49");
  EXPECT_EQ(week(2027y / January / 3).name, "w_2026w53");
  EXPECT_EQ(week(2027y / January / 4).name, "w_2027w01");
  EXPECT_EQ(week(2024y / December / 30).name, "w_2025w01");
  EXPECT_EQ(week(2027y / January / 3).from, sys_days{2026y / December / 28});
  EXPECT_EQ(week(2027y / January / 3).to, sys_days{2027y / January / 4});
  EXPECT_EQ(week(2027y / January / 3).column, "measured_at");
}

TEST(PartitionFor, APartOfAHashIsNamedByItsNumber) {
  const auto part = partition_for(kParts, 2);
  EXPECT_EQ(part.name, "p_p02");
  EXPECT_EQ(part.modulus, 3);
  EXPECT_EQ(part.remainder, 2);
  EXPECT_EQ(part.column, "instance_id");
}

TEST(PartitionForProperty, EveryTimeLiesInItsOwnStretchAndStretchesMeet) {
  const bool held = rc::check([](int64_t seconds_since) {
    const Timestamp at{seconds{*rc::gen::inRange<int64_t>(1'000'000'000, 4'000'000'000)} + seconds{seconds_since % 9}};
    for (const auto& table : {kMonths, kDays, kWeeks}) {
      const auto range = partition_for(table, at);
      RC_ASSERT(range.from <= at);
      RC_ASSERT(at < range.to);
      const auto next = partition_for(table, range.to), before = partition_for(table, range.from - 1us);
      RC_ASSERT(next.from == range.to);
      RC_ASSERT(before.to == range.from);
      RC_ASSERT(next.name > range.name);
      RC_ASSERT(before.name < range.name);
    }
  });
  EXPECT_TRUE(held);
}

TEST(MissingAhead, NamesTheStretchesUpToTheHorizonAndEveryPart) {
  const std::vector tables{kMonths, kDays, kWeeks, kParts};
  const Horizon horizon{.months_ahead = 1, .days_ahead = 2, .weeks_ahead = 1};
  EXPECT_EQ(names(missing_ahead(tables, {"m_202611", "d_20261130", "p_p01"}, kNow, horizon)),
            (Names{"m_202612", "d_20261129", "d_20261201", "w_2026w48", "w_2026w49", "p_p00", "p_p02"}));
}

TEST(Creatable, OddTimesStayInTheDefaultPartition) {
  EXPECT_TRUE(creatable(kMonths, sys_days{2011y / January / 1}, kNow));
  EXPECT_FALSE(creatable(kMonths, sys_days{2010y / December / 31}, kNow));
  for (const auto& table : {kDays, kWeeks}) {
    EXPECT_TRUE(creatable(table, kNow - days{399}, kNow)) << table.name;
    EXPECT_FALSE(creatable(table, kNow - days{401}, kNow)) << table.name;
  }
  EXPECT_FALSE(creatable(kMonths, kNow + days{33}, kNow));
}

}  // namespace
}  // namespace wxpipe::postgres
