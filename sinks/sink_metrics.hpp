// The counters of one family's sink, looked up once. Safe from any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "common/telemetry/metrics.hpp"
#include "sinks/batch_writer.hpp"

namespace wxpipe::sinks {

class SinkMetrics {
 public:
  SinkMetrics(telemetry::Metrics& metrics, const schemas::FamilyInfo& family);

  // Counts a committed batch. `now`: when its rows became visible.
  void committed(const BatchOutcome& outcome, Timestamp now);
  void batch_took(std::chrono::duration<double> time) { batch_seconds_.Observe(time.count()); }
  // why: a closed list (unavailable, in_doubt, fenced, refused, braked, lost_records).
  void retried(const char* why) { metrics_.sink_retries.Add({{"sink", family_}, {"class", why}}).Increment(); }

 private:
  telemetry::Metrics& metrics_;
  const std::string family_;
  const bool messages_, dead_letters_;
  prometheus::Histogram& batch_seconds_;
  prometheus::Counter& repeats_;
};

}  // namespace wxpipe::sinks
