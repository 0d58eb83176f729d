// Custody numbers: every callback that is taken in gets "<instance>/<boot>/<sequence>". The boot is the moment the
// process started, so a restart never repeats one; sequences are dense, so that a missing one can be named. A receipt
// whose callback was answered with a failure is void: its event may or may not be stored, and the platform knows.
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "common/clock.hpp"

namespace wxpipe::ingest {

class Receipts {
 public:
  Receipts(const std::string& instance, Timestamp boot)
      : prefix_(fmt::format("{}/{:x}/", instance,
                            std::chrono::floor<std::chrono::milliseconds>(boot).time_since_epoch().count())) {}

  // Any thread.
  void next(std::string& out) {
    out = prefix_;
    const fmt::format_int number(1 + last_.fetch_add(1, std::memory_order_relaxed));
    out.append(number.data(), number.size());
  }

 private:
  const std::string prefix_;
  std::atomic<uint64_t> last_{0};
};

}  // namespace wxpipe::ingest
