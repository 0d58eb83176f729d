// Dead letters under one signature are limited, genuine ones never are.
#include "ingest/dead_letter_limit.hpp"

#include <gtest/gtest.h>

namespace wxpipe::ingest {
namespace {
using namespace std::chrono_literals;
using Admission = DeadLetterLimit::Admission;

const DeadLetterLimit::Time kNow{1h};

int admitted(DeadLetterLimit& limit, int tries, std::string_view account, Reason reason, std::string_view signature,
             DeadLetterLimit::Time now = kNow) {
  int count = 0;
  for (int i = 0; i < tries; ++i) count += limit.admit(account, reason, signature, now) != Admission::refused;
  return count;
}

TEST(DeadLetterLimit, OneSignatureMakesTheFirstAndThenSoManyAMinute) {
  DeadLetterLimit limit(30);
  EXPECT_EQ(limit.admit("shop", Reason::undecryptable, "s", kNow), Admission::first);
  EXPECT_EQ(limit.admit("shop", Reason::undecryptable, "s", kNow), Admission::repeated);
  EXPECT_EQ(admitted(limit, 1000, "shop", Reason::undecryptable, "s"), 29);
  EXPECT_EQ(admitted(limit, 1000, "shop", Reason::undecryptable, "s", kNow + 2s), 1);
  EXPECT_EQ(admitted(limit, 1000, "shop", Reason::undecryptable, "s", kNow + 1h), 30) << "it saves nothing up";
}

TEST(DeadLetterLimit, IsOneForAllSignaturesOfAnAccountAndReason) {
  DeadLetterLimit limit(10);
  int count = 0;
  for (const auto* signature : {"a", "b", "c", "d"})
    count += admitted(limit, 100, "shop", Reason::undecryptable, signature);
  EXPECT_EQ(count, 4 + 10);
  EXPECT_EQ(admitted(limit, 100, "shop", Reason::malformed_xml, "a"), 10);
  EXPECT_EQ(admitted(limit, 100, "other", Reason::undecryptable, "a"), 11);
}

// An account's AES key is wrong, so that all its callbacks become dead letters, and somebody sends an old one again.
TEST(DeadLetterLimit, NeverHoldsBackWhatHasASignatureOfItsOwn) {
  DeadLetterLimit limit(1);
  for (int i = 0; i < 50'000; ++i) {
    ASSERT_EQ(limit.admit("shop", Reason::undecryptable, "genuine " + std::to_string(i), kNow), Admission::first) << i;
    limit.admit("shop", Reason::undecryptable, "genuine 0", kNow);
  }
}

TEST(DeadLetterLimit, WhatWasNotKeptMayComeAgain) {
  DeadLetterLimit limit(0);
  EXPECT_EQ(limit.admit("shop", Reason::undecryptable, "s", kNow), Admission::first);
  EXPECT_EQ(limit.admit("shop", Reason::undecryptable, "s", kNow), Admission::refused);
  limit.forget("shop", "s");
  EXPECT_EQ(limit.admit("shop", Reason::undecryptable, "s", kNow), Admission::first);
}

TEST(DeadLetterLimit, WithoutASignatureThereIsNothingToLimitBy) {
  DeadLetterLimit limit(0);
  EXPECT_EQ(admitted(limit, 100, "channel", Reason::malformed_json, ""), 100);
}

}  // namespace
}  // namespace wxpipe::ingest
