// How long to wait before the next try: capped exponential back-off with jitter. Use one object for each thing that is
// tried again; it counts the tries. One thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace wxpipe::runtime {

class Backoff {
 public:
  // `at_once`: so many first tries have no wait.
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds most, unsigned at_once = 0)
      : first_(first),
        most_(most),
        at_once_(at_once) {}

  // The wait before the next try: at least half the step, so that no retry is immediate.
  std::chrono::milliseconds next() {
    const auto try_number = tries_++;
    if (try_number < at_once_) return {};
    const auto step = std::min<long long>(most_.count(), first_.count() << std::min(try_number - at_once_, 20U));
    return std::chrono::milliseconds(std::uniform_int_distribution<long long>((step + 1) / 2, step)(random_));
  }
  // Call it on success: waits begin small again.
  void reset() { tries_ = 0; }

 private:
  std::chrono::milliseconds first_, most_;
  unsigned at_once_, tries_ = 0;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace wxpipe::runtime
