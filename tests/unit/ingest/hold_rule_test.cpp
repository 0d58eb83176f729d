#include "ingest/delivery/hold_rule.hpp"

#include <gtest/gtest.h>

namespace wxpipe::ingest {
namespace {
using namespace std::chrono_literals;

const HoldRule::Time kBegin{std::chrono::hours(1)};

TEST(HoldRule, HoldsUntilTheFirstAnswer) { EXPECT_LT(HoldRule().free_until(), kBegin); }

TEST(HoldRule, IsFreeForALeaseFromWhenItAsked) {
  HoldRule rule;
  rule.read("", kBegin);
  EXPECT_EQ(rule.free_until(), kBegin + HoldRule::kLease);
}

TEST(HoldRule, HoldsAtOnceWhenANoteIsRead) {
  HoldRule rule;
  rule.read("", kBegin);
  rule.read("a 1", kBegin + 1s);
  EXPECT_LT(rule.free_until(), kBegin);
}

TEST(HoldRule, HoldsAsLongAsTheNoteChanges) {
  HoldRule rule;
  auto now = kBegin;
  for (int i = 0; i < 100; ++i, now += HoldRule::kPatience / 2) rule.read("a " + std::to_string(i), now);
  EXPECT_LT(rule.free_until(), kBegin);
}

TEST(HoldRule, IsFreeAgainWhenTheNoteIsGone) {
  HoldRule rule;
  rule.read("a 1", kBegin);
  rule.read("", kBegin + 1s);
  EXPECT_EQ(rule.free_until(), kBegin + 1s + HoldRule::kLease);
}

TEST(HoldRule, ForgetsANoteWhoseWriterDied) {
  HoldRule rule;
  rule.read("a 1", kBegin);
  rule.read("a 1", kBegin + HoldRule::kPatience - 1ms);
  EXPECT_LT(rule.free_until(), kBegin);
  rule.read("a 1", kBegin + HoldRule::kPatience);
  EXPECT_EQ(rule.free_until(), kBegin + HoldRule::kPatience + HoldRule::kLease);
  rule.read("b 1", kBegin + HoldRule::kPatience + 1s);  // the next one
  EXPECT_LT(rule.free_until(), kBegin);
}

// Whoever writes the note counts on it: after this time no process goes on with an old answer.
TEST(HoldRule, EveryLeaseIsOverWhenAllAreHeld) { EXPECT_LT(HoldRule::kLease, HoldRule::kAllHeldAfter); }

}  // namespace
}  // namespace wxpipe::ingest
