// Metrics as text in OpenMetrics 1.0 (https://prometheus.io/docs/specs/om/open_metrics_spec/): what Prometheus asks for
// first, and the only format with exemplars. The library that we use writes the older text format alone. Pure.
#pragma once

#include <prometheus/metric_family.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/telemetry/traced_histogram.hpp"

namespace wxpipe::telemetry {

inline constexpr const char* kOpenMetricsType = "application/openmetrics-text; version=1.0.0; charset=utf-8";

// exemplars: by the name of a histogram with one series; one for each bucket.
std::string open_metrics(const std::vector<prometheus::MetricFamily>& families,
                         const std::map<std::string, std::vector<Exemplar>>& exemplars);

// Whether a request's Accept header takes it.
bool accepts_open_metrics(std::string_view accept);

}  // namespace wxpipe::telemetry
