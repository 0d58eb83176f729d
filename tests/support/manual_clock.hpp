// A clock that stands still until the test moves it. Any thread may use it.
#pragma once

#include <atomic>

#include "common/clock.hpp"

namespace wxpipe::support {

class ManualClock final : public Clock {
 public:
  explicit ManualClock(Timestamp now = Timestamp(std::chrono::seconds(1'780'000'000))) : now_(now) {}

  Timestamp now() const override { return now_.load(); }
  void set(Timestamp now) { now_.store(now); }
  void advance(std::chrono::microseconds by) {
    Timestamp before = now_.load();
    while (!now_.compare_exchange_weak(before, before + by)) {
    }
  }

 private:
  std::atomic<Timestamp> now_;
};

}  // namespace wxpipe::support
