// What processes say about partitions that change hands, and what can be told from it.
#include "operate/rebalances.hpp"

#include <gtest/gtest.h>

namespace wxpipe::operate {
namespace {
using namespace std::chrono_literals;
using Cause = Rebalance::Cause;

const Timestamp kStart = Timestamp(1'700'000'000s);

GroupLine process(std::chrono::seconds at, std::string event, std::string instance, std::string service = "sink") {
  return {kStart + at, std::move(event), std::move(instance), std::move(service)};
}
GroupLine move(std::chrono::seconds at, std::string event, std::string instance, int64_t partitions, bool lost = false,
               std::string group = "sink.messages") {
  return {kStart + at, std::move(event), std::move(instance), "sink", std::move(group), partitions, lost};
}

TEST(Rebalances, AreWhatAllProcessesSayWithinSeconds) {
  const std::vector<GroupLine> lines{
      process(0s, "admin_listening", "a"),       move(2s, "partitions_assigned", "a", 12),
      process(100s, "admin_listening", "b"),     move(102s, "partitions_revoked", "a", 12),
      move(103s, "partitions_assigned", "a", 6), move(103s, "partitions_assigned", "b", 6),
  };
  EXPECT_EQ(rebalances(lines), (std::vector<Rebalance>{
                                   {kStart + 102s, "sink.messages", Cause::started, "b", 12, 12, {"a", "b"}},
                                   {kStart + 2s, "sink.messages", Cause::started, "a", 0, 12, {"a"}},
                               }));
}

TEST(Rebalances, OfAStopComeWhenTheSessionEnds) {
  const std::vector<GroupLine> lines{
      process(0s, "stopping", "b"),
      move(11s, "partitions_revoked", "a", 6),
      move(12s, "partitions_assigned", "a", 12),
  };
  EXPECT_EQ(rebalances(lines),
            (std::vector<Rebalance>{{kStart + 11s, "sink.messages", Cause::stopped, "b", 6, 12, {"a"}}}));
}

TEST(Rebalances, HaveNoCauseInProcessesOfOtherRolesOrOfLongAgo) {
  const std::vector<GroupLine> lines{
      process(0s, "admin_listening", "b", "sink"), process(40s, "admin_listening", "p", "process"),
      move(41s, "partitions_assigned", "a", 12),   move(41s, "partitions_assigned", "p", 6, false, "process"),
      process(60s, "admin_listening", "c", "run"),
  };
  const auto all = rebalances(lines);
  ASSERT_EQ(all.size(), 2u);
  for (const auto& one : all) {
    const bool of_process = one.group == "process";
    EXPECT_EQ(one.cause, of_process ? Cause::started : Cause::unknown) << one.group;
    EXPECT_EQ(one.by, of_process ? "p" : "");
  }
}

TEST(Rebalances, NameTheProcessThatWasSilent) {
  const std::vector<GroupLine> lines{
      process(0s, "admin_listening", "b"),
      move(5s, "partitions_revoked", "a", 6, true),
      move(6s, "partitions_assigned", "b", 12),
  };
  EXPECT_EQ(rebalances(lines),
            (std::vector<Rebalance>{{kStart + 5s, "sink.messages", Cause::silent, "a", 6, 12, {"a", "b"}}}));
}

TEST(Rebalances, AreAFindingWhereNothingExplainsThem) {
  const auto times = [](size_t count, Cause cause) {
    return std::vector<Rebalance>(count, {.at = kStart, .group = "sink.leads", .cause = cause});
  };
  EXPECT_TRUE(findings_of(times(50, Cause::started), kStart + 1min).empty()) << "a deployment";
  EXPECT_TRUE(findings_of(times(3, Cause::unknown), kStart + 1min).empty());
  EXPECT_EQ(findings_of(times(4, Cause::unknown), kStart + 1min).size(), 1u);
  EXPECT_EQ(findings_of(times(1, Cause::silent), kStart + 1min).size(), 1u);
  EXPECT_TRUE(findings_of(times(4, Cause::silent), kStart + 61min).empty()) << "an hour ago";
}

}  // namespace
}  // namespace wxpipe::operate
