#include "common/backoff.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace wxpipe {
namespace {
using namespace std::chrono_literals;

constexpr Backoff kBackoff{.first = 100ms, .most = 5s};
constexpr double kLeast = 0, kMost = 1;  // of the randomness

TEST(Backoff, DoublesUpToItsCap) {
  std::vector<std::chrono::milliseconds> steps;
  for (unsigned attempt = 0; attempt < 8; ++attempt) steps.push_back(kBackoff.delay(attempt, kMost));
  EXPECT_EQ(steps, (std::vector{100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 5000ms, 5000ms}));
}

TEST(Backoff, IsNeverLessThanHalfAStep) {
  EXPECT_EQ(kBackoff.delay(0, kLeast), 50ms);
  EXPECT_EQ(kBackoff.delay(3, kLeast), 400ms);
  EXPECT_EQ(kBackoff.delay(3, 0.5), 600ms);
}

TEST(Backoff, StaysAtItsCapHoweverOftenItWasTried) {
  for (const unsigned attempt : {20u, 31u, 32u, 63u, 64u, 1'000'000u, std::numeric_limits<unsigned>::max()}) {
    EXPECT_EQ(kBackoff.delay(attempt, kMost), 5s) << attempt;
    EXPECT_EQ(kBackoff.delay(attempt, kLeast), 2500ms) << attempt;
  }
}

}  // namespace
}  // namespace wxpipe
