// How long to wait before the next try.
#include "common/runtime/backoff.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace wxpipe::runtime {
namespace {
using namespace std::chrono_literals;
using testing::AllOf;
using testing::Ge;
using testing::Le;

TEST(Backoff, DoublesUpToTheMostAndNeverWaitsLessThanHalfAStep) {
  Backoff backoff(100ms, 1s);
  for (const auto step : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms})
    EXPECT_THAT(backoff.next(), AllOf(Ge(step / 2), Le(step)));
  for (int i = 0; i < 100; ++i) EXPECT_THAT(backoff.next(), AllOf(Ge(500ms), Le(1s))) << "the steps don't overflow";
}

TEST(Backoff, BeginsAnewOnceItWorked) {
  Backoff backoff(100ms, 1s);
  for (int i = 0; i < 5; ++i) backoff.next();
  backoff.reset();
  EXPECT_THAT(backoff.next(), AllOf(Ge(50ms), Le(100ms)));
}

TEST(Backoff, FirstTriesMayComeAtOnce) {
  Backoff backoff(100ms, 1s, 1);
  EXPECT_EQ(backoff.next(), 0ms);
  EXPECT_THAT(backoff.next(), AllOf(Ge(50ms), Le(100ms)));
  backoff.reset();
  EXPECT_EQ(backoff.next(), 0ms);
}

TEST(Backoff, SpreadsThoseThatFailTogether) {
  std::set<std::chrono::milliseconds> waits;
  for (int i = 0; i < 20; ++i) waits.insert(Backoff(1s, 1min).next());
  EXPECT_GT(waits.size(), 1U);
}

}  // namespace
}  // namespace wxpipe::runtime
