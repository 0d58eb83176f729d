// What /metrics says, read back.
#include "operate/exposition.hpp"

#include <gtest/gtest.h>

namespace wxpipe::operate {
namespace {

const Exposition kLook(R"(# HELP wxpipe_callbacks_total every request
# TYPE wxpipe_callbacks_total counter
wxpipe_callbacks_total{account="shop",outcome="accepted",reason=""} 40
wxpipe_callbacks_total{account="shop",outcome="refused",reason="bad_signature"} 2
wxpipe_callbacks_total{account="outlet",outcome="accepted",reason=""} 2.5e1
wxpipe_callbacks_total_of_another{outcome="accepted"} 7
wxpipe_dead_letters_total{stage="sink.leads",reason="too_large"} 3
wxpipe_dead_letters_total{stage="sink.messages",reason="too_large"} 4
wxpipe_dead_letters_total{stage="process",reason="too_large"} 5
wxpipe_spool_events 12
half a line
wxpipe_broken{account="x" 3
)");

TEST(Exposition, SumsTheSeriesThatAreMeant) {
  EXPECT_EQ(kLook.sum("wxpipe_callbacks_total"), 67);
  EXPECT_EQ(kLook.sum("wxpipe_callbacks_total", "outcome", "accepted"), 65);
  EXPECT_EQ(kLook.sum("wxpipe_callbacks_total", "come", "accepted"), 0);
  EXPECT_EQ(kLook.sum("wxpipe_dead_letters_total", "stage", "sink.*"), 7);
  EXPECT_EQ(kLook.sum("wxpipe_spool_events"), 12);
  EXPECT_EQ(kLook.sum("wxpipe_none"), 0);
}

Exposition histogram(int a, int b, int c, int all) {
  return Exposition("h_bucket{sink=\"x\",le=\"0.1\"} " + std::to_string(a) + "\nh_bucket{sink=\"x\",le=\"1\"} " +
                    std::to_string(b) + "\nh_bucket{sink=\"x\",le=\"10\"} " + std::to_string(c) +
                    "\nh_bucket{sink=\"x\",le=\"+Inf\"} " + std::to_string(all) + "\nh_count 1\n");
}

TEST(Quantile, LiesWithinTheBucketThatHoldsIt) {
  const auto before = histogram(100, 100, 100, 100), now = histogram(150, 200, 200, 200);
  EXPECT_DOUBLE_EQ(quantile(before, now, "h", 0.5).value(), 0.1);
  EXPECT_DOUBLE_EQ(quantile(before, now, "h", 0.75).value(), 0.55);
  EXPECT_EQ(quantile(now, now, "h", 0.5), std::nullopt) << "nothing was observed in between";
  EXPECT_EQ(quantile(before, now, "other", 0.5), std::nullopt);
}

TEST(Quantile, IsTheLastBoundForWhatLiesBeyond) {
  EXPECT_DOUBLE_EQ(quantile(histogram(0, 0, 0, 0), histogram(0, 0, 0, 9), "h", 0.5).value(), 10);
}

TEST(Quantile, BeginsAnewWithTheProcess) {
  EXPECT_DOUBLE_EQ(quantile(histogram(100, 100, 100, 100), histogram(4, 4, 4, 4), "h", 0.5).value(), 0.05);
  EXPECT_EQ(grown(100, 4), 4);
}

}  // namespace
}  // namespace wxpipe::operate
