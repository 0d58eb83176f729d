#include "ingest/dead_letter_limit.hpp"

#include <algorithm>
#include <functional>

namespace wxpipe::ingest {

bool TokenBucket::take(Time now) {
  const std::chrono::duration<double, std::ratio<60>> minutes = now - std::exchange(filled_, now);
  tokens_ = std::min(per_minute_, tokens_ + per_minute_ * minutes.count());
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

uint64_t DeadLetterLimit::key(std::string_view account, std::string_view signature) {
  std::string both(account);
  both += '\0';
  both += signature;
  return std::hash<std::string>{}(both);
}

DeadLetterLimit::Admission DeadLetterLimit::admit(std::string_view account, Reason reason, std::string_view signature,
                                                  Time now) {
  if (signature.empty()) return Admission::first;
  const std::lock_guard lock(mutex_);
  const uint64_t it = key(account, signature);
  if (seen_.insert(it).second) {
    order_.push_back(it);
    if (order_.size() > kMostRemembered) {
      seen_.erase(order_.front());
      order_.pop_front();
    }
    return Admission::first;
  }
  auto& bucket = buckets_.try_emplace({std::string(account), reason}, repeated_per_minute_).first->second;
  return bucket.take(now) ? Admission::repeated : Admission::refused;
}

void DeadLetterLimit::forget(std::string_view account, std::string_view signature) {
  const std::lock_guard lock(mutex_);
  const uint64_t it = key(account, signature);
  if (seen_.erase(it) > 0) std::erase(order_, it);  // rare, and bounded
}

}  // namespace wxpipe::ingest
