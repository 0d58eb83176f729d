// Which partitions the autopilot makes: those needed soon, and those that stray rows wait for, each once.
#include "sinks/autopilot.hpp"

#include <gtest/gtest.h>

namespace wxpipe::sinks {
namespace {
using namespace std::chrono;
const Timestamp kNow = sys_days{2026y / November / 24} + 13h;
const std::vector<postgres::PartitionedTable> kTables{{"lead_activities", {postgres::By::month}},
                                                      {"messages", {postgres::By::month}},
                                                      {"system_logs", {postgres::By::day}}};

std::vector<std::string> names(const std::vector<postgres::PartitionRange>& ranges) {
  std::vector<std::string> list;
  for (const auto& range : ranges) list.push_back(range.name);
  return list;
}

TEST(DecidePartitions, MakesThisIntervalAndTheOnesAheadOfEveryTable) {
  const auto plan = decide_partitions(kTables, {"messages_202611"}, {}, kNow, {.months_ahead = 1, .days_ahead = 1});
  EXPECT_EQ(names(plan.create),
            (std::vector<std::string>{"lead_activities_202611", "lead_activities_202612", "messages_202612",
                                      "system_logs_20261124", "system_logs_20261125"}));
}

TEST(DecidePartitions, MakesAPartitionForStrayRowsOnce) {
  const auto month = postgres::partition_for(kTables[1], kNow);
  const auto plan = decide_partitions(kTables, {}, {{month, 7}}, kNow, {.months_ahead = 0, .days_ahead = 0});
  EXPECT_EQ(names(plan.create),
            (std::vector<std::string>{"lead_activities_202611", "messages_202611", "system_logs_20261124"}));
  EXPECT_EQ(plan.stray.size(), 1u);
}

TEST(DecidePartitions, LeavesRowsOfOddTimesInTheDefaultPartition) {
  const auto old = postgres::partition_for(kTables[1], sys_days{1970y / January / 1});
  const auto plan = decide_partitions(kTables, {}, {{old, 3}}, kNow, {.months_ahead = 0, .days_ahead = 0});
  EXPECT_EQ(plan.stray.size(), 0u);
  ASSERT_EQ(plan.stay_in_default.size(), 1u);
  EXPECT_EQ(plan.stay_in_default[0].belongs_to.name, "messages_197001");
  EXPECT_EQ(names(plan.create),
            (std::vector<std::string>{"lead_activities_202611", "messages_202611", "system_logs_20261124"}));
}

}  // namespace
}  // namespace wxpipe::sinks
