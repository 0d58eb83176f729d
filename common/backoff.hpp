// Capped exponential back-off with full jitter, as a pure function: the caller owns the attempt count and the
// randomness.
#pragma once

#include <algorithm>
#include <chrono>

namespace wxpipe {

struct Backoff {
  std::chrono::milliseconds first{50};
  std::chrono::milliseconds most{2000};

  // attempt counts from 0; random is uniform in [0, 1). Never less than half the step, so that a retry is not
  // immediate.
  std::chrono::milliseconds delay(unsigned attempt, double random) const {
    const auto step = std::min<long long>(most.count(), first.count() << std::min(attempt, 20U));
    return std::chrono::milliseconds(static_cast<long long>(static_cast<double>(step) * (0.5 + random / 2)));
  }
};

}  // namespace wxpipe
