// Which tables have a limit, when a partition is old, and which receipts an audit leaves out.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>

#include "common/result.hpp"
#include "sinks/custody/reconcile.hpp"
#include "sinks/retention/policy.hpp"

namespace wxpipe::sinks {
namespace {
using namespace std::chrono;
using config::Age;
using Limits = std::vector<std::pair<std::string, std::string>>;

Limits limits(const std::map<std::string, std::string>& keep) {
  Limits list;
  for (const auto& policy : table_policies({keep, {}}))
    list.emplace_back(policy.table.name, config::format_age(policy.keep));
  return list;
}
std::string complaint(const std::map<std::string, std::string>& keep) {
  try {
    table_policies({keep, {}});
  } catch (const UsageError& error) {
    return error.what();
  }
  return {};
}

TEST(TablePolicies, AreOfFamiliesAndOfTablesWhichCountBefore) {
  EXPECT_EQ(limits({}), Limits{});
  EXPECT_EQ(limits({{"messages", "24 months"}}), (Limits{{"messages", "24 months"}}));
  EXPECT_EQ(limits({{"leads", "1 year"}, {"logs", "30 days"}}),
            (Limits{{"lead_activities", "1 year"}, {"system_logs", "30 days"}}));
  EXPECT_EQ(limits({{"logs", "30 days"}, {"system_logs", "1 week"}, {"audit_logs", "7 years"}}),
            (Limits{{"system_logs", "1 week"}, {"audit_logs", "7 years"}}));
  EXPECT_EQ(limits({{"receipts", "2 years"}}), (Limits{{"receipts", "2 years"}})) << "send_records goes by hash";
}

TEST(TablePolicies, SayWhatIsWrong) {
  EXPECT_EQ(complaint({{"directory", "1 year"}}),
            "retention.keep: directory: its partitions go by hash and not by time, so nothing of it can be dropped by "
            "age");
  EXPECT_EQ(complaint({{"send_records", "1 year"}}),
            "retention.keep: send_records: its partitions go by hash and not by time, so nothing of it can be dropped "
            "by age");
  EXPECT_EQ(complaint({{"dead_letters", "1 year"}}),
            "retention.keep: dead_letters: its tables have no partitions, so nothing of them can be dropped by age");
  EXPECT_TRUE(complaint({{"message", "1 year"}}).starts_with("retention.keep: message: there is no family or table"));
  EXPECT_EQ(complaint({{"messages", "for ever"}}), "retention.keep: messages: 'for ever' is no age");
}

TEST(IsOld, WhenTheLastMomentOfThePartitionIs) {
  const auto range =
      postgres::partition_for(postgres::PartitionedTable{"m", {postgres::By::month}}, sys_days{2024y / February / 10});
  const Age age{24, Age::Unit::months};
  EXPECT_FALSE(is_old(range, age, sys_days{2026y / March / 1} - 1us));
  EXPECT_TRUE(is_old(range, age, sys_days{2026y / March / 1}));
}

TEST(RetiredReceipts, AreRangesApartFromEachOther) {
  RetiredReceipts retired;
  retired.add("in-1/a", {5, 7});
  retired.add("in-1/a", {1, 3});
  retired.add("in-1/a", {9, 9});
  retired.add("in-1/b", {1, 2});
  EXPECT_EQ(retired.of("in-1/a"), (std::vector<SequenceRange>{{1, 3}, {5, 7}}));
  retired.add("in-1/a", {3, 5});
  EXPECT_EQ(retired.of("in-1/a"), (std::vector<SequenceRange>{{1, 7}}));
  EXPECT_EQ(retired.of("in-1/c"), (std::vector<SequenceRange>{}));
  EXPECT_TRUE(retired.contains("in-1/a/6"));
  EXPECT_FALSE(retired.contains("in-1/a/7"));
  EXPECT_FALSE(retired.contains("in-1/c/1"));
  EXPECT_FALSE(retired.contains("no receipt"));
}

TEST(RetiredReceiptsProperty, HoldWhatASetWouldHold) {
  EXPECT_TRUE(rc::check([] {
    RetiredReceipts retired;
    std::set<int64_t> model;
    const auto number = *rc::gen::inRange(0, 12);
    for (int i = 0; i < number; ++i) {
      const auto first = *rc::gen::inRange<int64_t>(1, 40), length = *rc::gen::inRange<int64_t>(0, 8);
      retired.add("in-1/a", {first, first + length});
      for (auto one = first; one < first + length; ++one) model.insert(one);
    }
    for (int64_t one = 1; one < 50; ++one)
      RC_ASSERT(retired.contains("in-1/a/" + std::to_string(one)) == model.contains(one));
    int64_t end = 0;
    for (const auto& [first, next] : retired.of("in-1/a")) {
      RC_ASSERT(first > end || end == 0);  // apart: else they would be one
      RC_ASSERT(next > first);
      end = next;
    }
  }));
}

TEST(MarkedReceipts, LeavesOutWhatIsRetired) {
  schemas::CustodyMark mark;
  mark.instance = "in-1";
  mark.boot = "a";
  mark.first = 10;
  mark.next = 16;
  mark.acknowledged = {{"shop", Timestamp{}, false, 5}};
  mark.outcomes = {{1, 2}, {0, 1}, {1, 3}};  // 12 was answered with a failure
  MarkedReceipts receipts({mark}, {});
  receipts.found("in-1/a/10", Found::stored);
  receipts.found("in-1/a/14", Found::stored);
  RetiredReceipts retired;
  retired.add("in-1/a", {1, 12});
  retired.add("in-1/a", {13, 14});
  receipts.leave_out(retired);
  EXPECT_EQ(receipts.left_out(), 3);
  Tallies tallies;
  receipts.count(tallies);
  EXPECT_EQ(tallies, (Tallies{{{"shop", Timestamp{}}, {2, 1, 0, 0, 0, 0}}}));
  ASSERT_EQ(receipts.missing().size(), 1u);
  EXPECT_EQ(receipts.missing()[0].receipt, "in-1/a/15");
}

}  // namespace
}  // namespace wxpipe::sinks
