// Custody numbers: every callback we take in gets "<instance>/<boot>/<sequence>". The boot is the time the process
// started, so a restart never repeats a number. Sequences have no gaps, so a missing one can be named. Custody marks
// say what became of each (ingest/custody).
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
  Receipts(std::string instance, Timestamp boot)
      : instance_(std::move(instance)),
        boot_(fmt::format("{:x}", std::chrono::floor<std::chrono::milliseconds>(boot).time_since_epoch().count())),
        prefix_(instance_ + '/' + boot_ + '/') {}

  const std::string& instance() const { return instance_; }
  const std::string& boot() const { return boot_; }

  // Any thread. Returns the sequence.
  int64_t next(std::string& out) {
    const auto sequence = 1 + last_.fetch_add(1, std::memory_order_relaxed);
    out = prefix_;
    const fmt::format_int digits(sequence);
    out.append(digits.data(), digits.size());
    return sequence;
  }
  int64_t last() const { return last_.load(std::memory_order_relaxed); }

 private:
  const std::string instance_, boot_, prefix_;
  std::atomic<int64_t> last_{0};
};

}  // namespace wxpipe::ingest
