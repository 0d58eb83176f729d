// Marks compared with what was found: each acknowledged receipt counts once, and each that is nowhere is named.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <random>
#include <set>

#include "sinks/custody/boots.hpp"
#include "sinks/custody/reconcile.hpp"

namespace wxpipe::sinks {
namespace {
using namespace std::chrono_literals;
using schemas::CustodyMark;

const Timestamp kMinute = Timestamp(29'700'000min);

// A range of one boot. Outcomes: "s" (shop), "c" (corp), "p" (shop, by the spool), "-" (void).
CustodyMark mark(int64_t number, int64_t first, std::string_view outcomes, std::string boot = "19ab") {
  CustodyMark made;
  made.instance = "edge-1";
  made.boot = std::move(boot);
  made.number = number;
  made.first = first;
  made.next = first + static_cast<int64_t>(outcomes.size());
  made.acknowledged = {{"shop", kMinute, false, 0}, {"corp", kMinute + 1min, false, 0}, {"shop", kMinute, true, 0}};
  for (const char outcome : outcomes) {
    const auto index = std::string_view("-scp").find(outcome);
    made.outcomes.push_back({static_cast<uint32_t>(index), 1});
    if (index > 0) ++made.acknowledged[index - 1].count;
  }
  return made;
}

std::vector<std::string> names(const std::vector<MissingReceipt>& missing) {
  std::vector<std::string> list;
  for (const auto& one : missing) list.push_back(one.receipt);
  return list;
}

TEST(MarkedReceipts, AreCountedWhereTheyWereFoundAndNamedWhereNot) {
  MarkedReceipts receipts({mark(2, 1, "sc-s"), mark(3, 5, "sp")}, {});
  receipts.found("edge-1/19ab/1", Found::stored);
  receipts.found("edge-1/19ab/2", Found::duplicate);
  receipts.found("edge-1/19ab/3", Found::stored) /* void, stored all the same: harmless */;
  receipts.found("edge-1/19ab/4", Found::dead_letter);
  EXPECT_EQ(receipts.missing(), (std::vector<MissingReceipt>{{"edge-1/19ab/5", "shop", kMinute, false, 1},
                                                             {"edge-1/19ab/6", "shop", kMinute, true, 1}}));
  Tallies tallies;
  receipts.count(tallies);
  EXPECT_EQ(tallies,
            (Tallies{{{"shop", kMinute}, {4, 1, 0, 1, 0, 0}}, {{"corp", kMinute + 1min}, {1, 0, 1, 0, 0, 0}}}));
  EXPECT_EQ(receipts.voided(), 1);
}

TEST(MarkedReceipts, AReceiptThatWasFoundTwiceCountsWhereItWasFoundFirst) {
  MarkedReceipts receipts({mark(2, 1, "s")}, {});
  receipts.found("edge-1/19ab/1", Found::stored);
  receipts.found("edge-1/19ab/1", Found::dead_letter);  // of a derived table, say
  Tallies tallies;
  receipts.count(tallies);
  EXPECT_EQ(tallies, (Tallies{{{"shop", kMinute}, {1, 1, 0, 0, 0, 0}}}));
}

TEST(MarkedReceipts, OthersReceiptsAreNotTheirs) {
  MarkedReceipts receipts({mark(2, 10, "ss")}, {});
  for (const auto* other : {"", "x", "edge-1/19ab/9", "edge-1/19ab/12", "edge-1/19ac/10", "edge-2/19ab/10"})
    receipts.found(other, Found::stored);
  EXPECT_EQ(names(receipts.missing()), (std::vector<std::string>{"edge-1/19ab/10", "edge-1/19ab/11"}));
}

TEST(MarkedReceipts, OnlyWhatIsWantedIsCountedAndMissed) {
  const auto missing = [](const Wanted& wanted) { return names(MarkedReceipts({mark(2, 1, "sc")}, wanted).missing()); };
  using Names = std::vector<std::string>;
  EXPECT_EQ(missing({{}, {}, "shop"}), Names{"edge-1/19ab/1"});
  EXPECT_EQ(missing({kMinute + 1min, {}, ""}), Names{"edge-1/19ab/2"});
  EXPECT_EQ(missing({{}, kMinute + 1min, ""}), Names{"edge-1/19ab/1"});
  EXPECT_EQ(missing({kMinute, kMinute, ""}), Names{});
}

TEST(MarkedReceiptsProperty, AcknowledgedIsTheSumOfAllFatesWhateverTheOrder) {
  const bool held = rc::check("sum", [](uint32_t seed) {
    std::mt19937 random(seed);
    const auto pick = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
    std::vector<CustodyMark> marks;
    int64_t next = 1;
    for (int number = 1; number <= 1 + pick(6); ++number) {
      std::string outcomes;
      for (int i = pick(40); i > 0; --i) outcomes += "-scp"[pick(4)];
      marks.push_back(mark(number, next, outcomes));
      next = marks.back().next;
    }
    std::set<std::string> lost, acknowledged;
    std::vector<std::pair<std::string, Found>> found;
    for (const auto& one : marks) {
      auto sequence = one.first;
      for (const auto& [outcome, length] : one.outcomes) {
        const auto receipt = "edge-1/19ab/" + std::to_string(sequence++);
        if (outcome > 0) acknowledged.insert(receipt);
        if (pick(10) == 0) {
          if (outcome > 0) lost.insert(receipt);
        } else {
          found.emplace_back(receipt, static_cast<Found>(pick(3)));
          if (pick(4) == 0) found.push_back(found.back());
        }
      }
    }
    std::shuffle(marks.begin(), marks.end(), random);
    std::shuffle(found.begin(), found.end(), random);
    MarkedReceipts receipts(marks, {});
    for (const auto& [receipt, where] : found) receipts.found(receipt, where);
    auto missing = names(receipts.missing());
    std::sort(missing.begin(), missing.end());
    RC_ASSERT(missing == std::vector<std::string>(lost.begin(), lost.end()));
    Tallies tallies;
    receipts.count(tallies);
    Tally sum;
    for (const auto& [where, tally] : tallies) sum += tally;
    RC_ASSERT(sum.acknowledged == static_cast<int64_t>(acknowledged.size()));
    RC_ASSERT(sum.acknowledged ==
              sum.stored + sum.duplicates + sum.dead_letters + static_cast<int64_t>(missing.size()));
  });
  EXPECT_TRUE(held);
}

TEST(Tail, WhatLiesBetweenTheMarkAndTheHighestFoundIsOpen) {
  Tail tail(100);
  EXPECT_TRUE(tail.open().empty());
  for (const int64_t sequence : {104, 99, 101, 104, 100, 107}) tail.found(sequence);
  EXPECT_EQ(tail.open(), (std::vector<int64_t>{102, 103, 105, 106}));
}

Boot boot(std::string name, int64_t emptied_at = 0) {
  Boot made;
  made.instance = "edge-1";
  made.boot = std::move(name);
  made.emptied_at_number = emptied_at;
  return made;
}

TEST(Boots, AreOrderedByTheirTime) {
  EXPECT_TRUE(is_earlier_boot("19ab", "19ac"));
  EXPECT_TRUE(is_earlier_boot("fff", "1000"));
  EXPECT_FALSE(is_earlier_boot("1000", "fff"));
  EXPECT_FALSE(is_earlier_boot("19ab", "19ab"));
}

TEST(Boots, WereKilledWhenAnotherCameWithoutTheirEnd) {
  auto first = boot("19ab"), second = boot("19ac"), elsewhere = boot("19ad");
  elsewhere.instance = "edge-2";
  EXPECT_TRUE(was_killed(first, {first, second}));
  EXPECT_FALSE(was_killed(second, {first, second, elsewhere}));
  first.ended = true;
  EXPECT_FALSE(was_killed(first, {first, second}));
  second.silent = true;
  EXPECT_TRUE(was_killed(second, {first, second}));
}

TEST(Boots, ASpoolThatWasEmptyAfterAMarkHoldsNothingOfIt) {
  const auto asked = mark(5, 1, "p");
  EXPECT_FALSE(spool_emptied_since({boot("19ab")}, asked)) << "it never said so";
  EXPECT_FALSE(spool_emptied_since({boot("19ab", 4)}, asked)) << "before";
  EXPECT_TRUE(spool_emptied_since({boot("19ab", 5)}, asked));
  EXPECT_TRUE(spool_emptied_since({boot("19ab"), boot("19ac", 1)}, asked)) << "the next boot has the same spool";
  EXPECT_FALSE(spool_emptied_since({boot("19aa", 9)}, asked)) << "the boot before it knew nothing of it";
  auto elsewhere = boot("19ac", 1);
  elsewhere.instance = "edge-2";
  EXPECT_FALSE(spool_emptied_since({elsewhere}, asked));
}

}  // namespace
}  // namespace wxpipe::sinks
