// The counters of `process`, looked up once. Safe from any thread.
#pragma once

#include "common/kafka/transactional_producer.hpp"
#include "common/telemetry/metrics.hpp"
#include "processors/process_batch.hpp"

namespace wxpipe::processors {

class ProcessMetrics {
 public:
  explicit ProcessMetrics(telemetry::Metrics& metrics);

  // Counts a committed batch.
  void committed(const Effects& effects);
  void aborted() { aborted_.Increment(); }
  void fenced() { fenced_.Increment(); }
  void renewed(kafka::Renewal why) { renewed_[static_cast<size_t>(why)]->Increment(); }

 private:
  prometheus::Counter &processed_, &duplicate_, &dead_letter_;
  std::array<prometheus::Counter*, schemas::kTopics.size()> facts_{};
  prometheus::Counter &duplicates_, &collisions_;
  prometheus::Counter &committed_, &aborted_, &fenced_;
  std::array<prometheus::Counter*, kafka::kRenewals.size()> renewed_{};
  prometheus::Counter &unreadable_, &too_large_;
};

// The group's name without the topic prefix, for metrics, log lines and /readyz.
inline constexpr const char* kProcessGroup = "process";

}  // namespace wxpipe::processors
