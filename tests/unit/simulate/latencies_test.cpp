#include "simulate/latencies.hpp"

#include <gtest/gtest.h>

namespace wxpipe::simulate {
namespace {
using namespace std::chrono_literals;

TEST(Latencies, GivePercentilesWithinABucket) {
  Latencies latencies;
  for (int i = 1; i <= 100'000; ++i) latencies.add(std::chrono::microseconds(i));
  for (const double percent : {1.0, 50.0, 90.0, 99.0, 99.9}) {
    const auto expected = percent * 1000;
    EXPECT_NEAR(static_cast<double>(latencies.percentile(percent).count()), expected, expected * 0.017) << percent;
  }
  EXPECT_EQ(latencies.max(), 100'000us);
  EXPECT_EQ(latencies.percentile(100), 100'000us);
  EXPECT_EQ(latencies.count(), 100'000u);
  EXPECT_EQ(latencies.mean(), 50'000us);
}

TEST(Latencies, TakeAnyDuration) {
  Latencies latencies;
  EXPECT_EQ(latencies.percentile(99), 0us);
  latencies.add(-5us);
  EXPECT_EQ(latencies.max(), 0us);
  latencies.add(1000h);
  EXPECT_EQ(latencies.max(), 1000h);
  EXPECT_EQ(latencies.percentile(1), 0us);
}

}  // namespace
}  // namespace wxpipe::simulate
