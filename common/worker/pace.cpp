#include "common/worker/pace.hpp"

#include <algorithm>
#include <cmath>

namespace wxpipe::worker {
namespace {
using Seconds = std::chrono::duration<double>;
}

double Pace::level(Moment now) const { return level_ * std::exp(-(Seconds(now - at_) / Seconds(kMemory))); }

void Pace::took(size_t records, Moment now) {
  level_ = level(now) + static_cast<double>(records);
  at_ = now;
}

std::chrono::microseconds Pace::wait(Moment now) const {
  const double expected = level(now) * (Seconds(longest_) / Seconds(kMemory));  // in the longest wait
  return std::chrono::duration_cast<std::chrono::microseconds>(longest_ * std::min(1.0, expected / kWorthwhile));
}

}  // namespace wxpipe::worker
