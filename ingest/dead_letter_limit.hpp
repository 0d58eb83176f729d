// Holds back dead letters that a stranger can make. No platform's signature covers a whole body: whoever has seen one
// callback's address can send it with other bodies that nobody can read, and each would be acknowledged and kept. A
// genuine callback has a signature that no other one has, so it always passes. Under a signature that has made a dead
// letter before, an account gets only so many a minute for each reason.
// One for all io threads; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "common/result.hpp"

namespace wxpipe::ingest {

// So many tokens a minute, and at most so many at once. Pure.
class TokenBucket {
 public:
  using Time = std::chrono::steady_clock::time_point;
  explicit TokenBucket(size_t per_minute) : per_minute_(static_cast<double>(per_minute)), tokens_(per_minute_) {}
  // Takes a token if there is one.
  bool take(Time now);

 private:
  double per_minute_, tokens_;
  Time filled_{};
};

class DeadLetterLimit {
 public:
  using Time = TokenBucket::Time;
  enum class Admission { first, repeated, refused };

  explicit DeadLetterLimit(size_t repeated_per_minute) : repeated_per_minute_(repeated_per_minute) {}

  // Call before a dead letter is made durable. signature: what only one delivery has; empty: there is no such thing,
  // and no limit.
  Admission admit(std::string_view account, Reason reason, std::string_view signature, Time now);
  // The first one under this signature was not kept, so its sender tries again.
  void forget(std::string_view account, std::string_view signature);

 private:
  // Far more than arrive while a sender repeats itself. Only somebody who has seen so many addresses gets round it.
  static constexpr size_t kMostRemembered = 16'384;
  static uint64_t key(std::string_view account, std::string_view signature);

  const size_t repeated_per_minute_;
  std::mutex mutex_;
  std::unordered_set<uint64_t> seen_;
  std::deque<uint64_t> order_;  // the oldest first
  std::map<std::pair<std::string, Reason>, TokenBucket> buckets_;
};

}  // namespace wxpipe::ingest
