// A worker's state. The worker writes it, the role's thread reads it.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "common/clock.hpp"

namespace wxpipe::worker {

class Status {
 public:
  struct Snapshot {
    std::string trouble = "starting";  // why it can't work; empty: it works or waits for records
    int64_t lag_records = 0;
    Timestamp last_taken;  // received_at of the newest record taken
  };
  Snapshot snapshot() const {
    const std::lock_guard lock(mutex_);
    return state_;
  }
  void set_trouble(std::string_view why) {
    const std::lock_guard lock(mutex_);
    state_.trouble = why;
  }
  void set_progress(int64_t lag_records, Timestamp last_taken) {
    const std::lock_guard lock(mutex_);
    state_.lag_records = lag_records;
    state_.last_taken = last_taken;
  }

 private:
  mutable std::mutex mutex_;
  Snapshot state_;
};

}  // namespace wxpipe::worker
