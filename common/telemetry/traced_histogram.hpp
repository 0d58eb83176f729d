// A histogram that remembers, for each of its buckets, one callback that fell into it: who sees that some were slow
// finds one of them (OpenMetrics calls that an exemplar). Any thread may use it.
#pragma once

#include <prometheus/family.h>
#include <prometheus/histogram.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.hpp"

namespace wxpipe::telemetry {

struct Exemplar {
  std::string trace_id;  // empty: there is none
  std::string receipt;   // by which `wxpipe trace` finds it
  double value = 0;
  Timestamp at{};
};

class TracedHistogram {
 public:
  TracedHistogram(prometheus::Family<prometheus::Histogram>& family, const std::vector<double>& upper_bounds);

  void observe(double value) { histogram_.Observe(value); }
  // Whose value it was that was observed. A bucket takes another one once a second, so that this costs nothing under
  // load. An empty trace_id is left out.
  void remember(double value, Timestamp at, std::string_view trace_id, std::string_view receipt);

  // One for each bucket; the last one is the infinite bucket's.
  std::vector<Exemplar> exemplars() const;

 private:
  struct Bucket {
    std::atomic<int64_t> second = 0;  // of `last`
    Exemplar last;
  };

  prometheus::Histogram& histogram_;
  const std::vector<double> upper_bounds_;
  mutable std::mutex mutex_;  // of `last` in each bucket
  std::deque<Bucket> buckets_;
};

}  // namespace wxpipe::telemetry
