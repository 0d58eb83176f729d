#include "common/telemetry/traced_histogram.hpp"

#include <algorithm>

namespace wxpipe::telemetry {

TracedHistogram::TracedHistogram(prometheus::Family<prometheus::Histogram>& family,
                                 const std::vector<double>& upper_bounds)
    : histogram_(family.Add({}, upper_bounds)),
      upper_bounds_(upper_bounds),
      buckets_(upper_bounds.size() + 1) {}

void TracedHistogram::remember(double value, Timestamp at, std::string_view trace_id, std::string_view receipt) {
  if (trace_id.empty()) return;
  const auto place = std::lower_bound(upper_bounds_.begin(), upper_bounds_.end(), value) - upper_bounds_.begin();
  auto& bucket = buckets_[static_cast<size_t>(place)];
  const auto second = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  if (bucket.second.exchange(second, std::memory_order_relaxed) == second) return;
  const std::lock_guard lock(mutex_);
  bucket.last = {std::string(trace_id), std::string(receipt), value, at};
}

std::vector<Exemplar> TracedHistogram::exemplars() const {
  std::vector<Exemplar> all;
  const std::lock_guard lock(mutex_);
  for (const auto& bucket : buckets_) all.push_back(bucket.last);
  return all;
}

}  // namespace wxpipe::telemetry
