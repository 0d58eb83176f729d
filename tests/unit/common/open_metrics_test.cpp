// The OpenMetrics text, as a whole and with what needs care: names of counters, bounds, escapes, exemplars.
#include "common/telemetry/open_metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/telemetry/metrics.hpp"

namespace wxpipe::telemetry {
namespace {
using testing::HasSubstr;
using testing::Not;

using namespace std::chrono_literals;

const Timestamp kAt{1700000000s};
constexpr const char* kTrace = "0af7651916cd43dd8448eb211c80319c";

TEST(OpenMetrics, IsWrittenAsTheSpecificationSays) {
  prometheus::Registry registry;
  prometheus::BuildCounter()
      .Name("seen_total")
      .Help("What \"was\" seen\\\n")
      .Register(registry)
      .Add({{"account", "a\"b\\c\nd"}, {"outcome", "accepted"}})
      .Increment(3);
  prometheus::BuildGauge().Name("open").Help("Open now").Register(registry).Add({}).Set(2.5);
  TracedHistogram took(prometheus::BuildHistogram().Name("took_seconds").Help("Time").Register(registry), {0.5, 1});
  for (const double value : {0.25, 0.75, 40.0}) took.observe(value);
  took.remember(0.75, kAt + 125ms, kTrace, "ingest-0/b1/7");

  EXPECT_EQ(open_metrics(registry.Collect(), {{"took_seconds", took.exemplars()}}),
            R"(# TYPE seen counter
# HELP seen What \"was\" seen\\\n
seen_total{account="a\"b\\c\nd",outcome="accepted"} 3.0
# TYPE open gauge
# HELP open Open now
open 2.5
# TYPE took_seconds histogram
# HELP took_seconds Time
took_seconds_bucket{le="0.5"} 1
took_seconds_bucket{le="1.0"} 2 # {trace_id="0af7651916cd43dd8448eb211c80319c",receipt="ingest-0/b1/7"} 0.75 1700000000.125
took_seconds_bucket{le="+Inf"} 3
took_seconds_count 3
took_seconds_sum 41.0
# EOF
)");
}

// A family of another kind would need lines of its own.
TEST(OpenMetrics, HasAllThatThePipelineCounts) {
  Metrics metrics;
  for (const auto& family : metrics.registry.Collect()) {
    EXPECT_THAT(family.type, testing::AnyOf(prometheus::MetricType::Counter, prometheus::MetricType::Gauge,
                                            prometheus::MetricType::Histogram))
        << family.name;
    EXPECT_EQ(family.type == prometheus::MetricType::Counter, family.name.ends_with("_total")) << family.name;
  }
  metrics.end_to_end_seconds.observe(0.3);
  metrics.end_to_end_seconds.remember(0.3, kAt, kTrace, std::string(100, 'x'));  // too long for an exemplar
  EXPECT_THAT(
      metrics.open_metrics(),
      HasSubstr("wxpipe_end_to_end_seconds_bucket{le=\"0.5\"} 1 # {trace_id=\"0af7651916cd43dd8448eb211c80319c\"} "
                "0.3 1700000000.000\n"));
  EXPECT_THAT(metrics.exposition(), Not(HasSubstr(kTrace))) << "the older format has no exemplars";
}

TEST(OpenMetrics, ABucketTakesANewTraceOnceASecond) {
  prometheus::Registry registry;
  TracedHistogram took(prometheus::BuildHistogram().Name("took_seconds").Help("Time").Register(registry), {1, 2});
  const auto traces = [&] {
    std::string all;
    for (const auto& exemplar : took.exemplars()) all += exemplar.trace_id + '|';
    return all;
  };
  took.remember(1, kAt, "", "");
  EXPECT_EQ(traces(), "|||") << "there is none";
  took.remember(1, kAt, "a", "");
  took.remember(0.5, kAt + 900ms, "b", "");
  took.remember(1.5, kAt + 900ms, "c", "");
  EXPECT_EQ(traces(), "a|c||");
  took.remember(0.5, kAt + 1s, "d", "");
  took.remember(3, kAt + 1s, "e", "");
  EXPECT_EQ(traces(), "d|c|e|");
}

TEST(OpenMetrics, IsGivenToWhoAsksForIt) {
  for (const auto* accept :
       {"application/openmetrics-text",
        "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3",
        "text/plain;q=0.2, Application/OpenMetrics-Text ; version=1.0.0", "*/*, application/openmetrics-text;q=0.1"})
    EXPECT_TRUE(accepts_open_metrics(accept)) << accept;
  for (const auto* accept :
       {"", "*/*", "text/plain", "application/openmetrics-text;q=0", "application/openmetrics-text;q=0;version=1.0.0",
        "application/openmetrics-text2", "application/openmetrics-text;q=0.0, text/plain", ",,"})
    EXPECT_FALSE(accepts_open_metrics(accept)) << accept;
}

}  // namespace
}  // namespace wxpipe::telemetry
