// A batch waits long where waiting brings records, and not where it brings none.
#include "common/worker/pace.hpp"

#include <gtest/gtest.h>

namespace wxpipe::worker {
namespace {
using namespace std::chrono_literals;
using std::chrono::microseconds;

constexpr std::chrono::milliseconds kLongest = 50ms;

// The wait after ten seconds at this rate, with a batch after each of its waits.
microseconds wait_at(double per_second, Pace::Moment now = Pace::Moment(1h)) {
  Pace pace(kLongest);
  double owed = 0;
  for (const auto end = now + 10s; now < end;) {
    const auto step = std::max<microseconds>(pace.wait(now), 1ms);
    now += step;
    owed += per_second * std::chrono::duration<double>(step).count();
    const auto records = static_cast<size_t>(owed);
    if (records > 0) pace.took(records, now);
    owed -= static_cast<double>(records);
  }
  return pace.wait(now);
}

TEST(Pace, DoesNotWaitBeforeItKnowsTheRate) { EXPECT_EQ(Pace(kLongest).wait(Pace::Moment(1h)), 0us); }

TEST(Pace, WaitsLongAtAMiddlingAndAHighRateAndLittleAtALowOne) {
  EXPECT_EQ(wait_at(1'000'000), kLongest);
  EXPECT_EQ(wait_at(1'000), kLongest);
  EXPECT_EQ(wait_at(450), kLongest);
  EXPECT_NEAR(static_cast<double>(wait_at(200).count()), 25'000, 5'000);
  EXPECT_NEAR(static_cast<double>(wait_at(100).count()), 12'500, 3'000);
  EXPECT_LT(wait_at(10), 3ms);
  EXPECT_LT(wait_at(1), 1ms);
}

TEST(Pace, NeverWaitsLongerThanItMay) {
  Pace pace(kLongest);
  Pace::Moment now(1h);
  for (int i = 0; i < 1'000; ++i) {
    pace.took(100'000, now);
    EXPECT_EQ(pace.wait(now), kLongest);
  }
}

TEST(Pace, ForgetsARushWithinSeconds) {
  Pace pace(kLongest);
  Pace::Moment now(1h);
  for (int i = 0; i < 100; ++i) pace.took(100, now += 10ms);
  ASSERT_EQ(pace.wait(now), kLongest);
  EXPECT_LT(pace.wait(now + 8s), 10ms);
  EXPECT_EQ(pace.wait(now + 24h), 0us);
}

}  // namespace
}  // namespace wxpipe::worker
