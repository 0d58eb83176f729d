// MetricMeasured: an instance told the value of a metric: cpu_usage, memory_usage, or whatever it measures. A row of
// instance_monitors.
#pragma once

#include "schemas/facts/origin.hpp"

namespace wxpipe::schemas {

struct MetricMeasured {
  Origin origin;
  std::string metric, value, unit;
  bool operator==(const MetricMeasured&) const = default;

  static constexpr std::string_view kName = "metric", kTitle = "MetricMeasured";
  static constexpr std::array<std::string_view, 1> kSchemas{"wxpipe.metric.v1"};
  static constexpr std::string_view kMeaning =
      "An instance told the value of a metric. It was measured at stated_at; without it, at occurred_at.";
  static constexpr auto kFields =
      fields(origin_fields<&MetricMeasured::origin>({.subject = "Nobody", .only_merged = true}),
             field<&MetricMeasured::metric>("metric", "What was measured, by the sender's name").like("cpu_usage"),
             field<&MetricMeasured::value>("value", "A decimal number, as it was written").for_merge().like("21.5"),
             field<&MetricMeasured::unit>("unit", "Its unit; empty where the sender says none").like("%"));
  static constexpr Table kTable{.name = "instance_monitors",
                                .key = {"event_id", "metric", "occurred_at"},
                                .partitioning = {By::iso_week},
                                .ledger = {"", "received_at"},
                                .filled_by_merge = true};
};

}  // namespace wxpipe::schemas
