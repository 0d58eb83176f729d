// Latencies in buckets at most 1.6 % wide: percentiles and extremes, in the same memory however many there are.
#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <cstdint>

namespace wxpipe::simulate {

class Latencies {
 public:
  using Duration = std::chrono::microseconds;

  void add(Duration latency) {
    const auto value = static_cast<uint64_t>(latency.count() > 0 ? latency.count() : 0);
    ++buckets_[bucket(value)];
    ++count_;
    sum_ += value;
    if (value > most_) most_ = value;
  }

  uint64_t count() const { return count_; }
  Duration max() const { return Duration(most_); }
  Duration mean() const { return Duration(count_ ? sum_ / count_ : 0); }
  // The smallest latency that at least this percentage doesn't exceed; 0 if there are none.
  Duration percentile(double percent) const {
    const auto wanted = static_cast<uint64_t>(percent / 100 * static_cast<double>(count_) + 0.5);
    uint64_t seen = 0;
    for (size_t i = 0; i < buckets_.size() && count_; ++i)
      if ((seen += buckets_[i]) >= wanted && seen > 0) return Duration(std::min(upper(i), most_));
    return Duration(0);
  }

 private:
  static constexpr unsigned kBits = 6;  // 64 buckets for each doubling
  static size_t bucket(uint64_t value) {
    const unsigned width = static_cast<unsigned>(std::bit_width(value));
    if (width <= kBits) return value;
    const unsigned shift = width - kBits - 1;
    const size_t index = (static_cast<size_t>(shift) << kBits) + (value >> shift);
    return std::min(index, kBuckets - 1);
  }
  static uint64_t upper(size_t index) {
    if (index < (2u << kBits)) return index;
    const unsigned shift = static_cast<unsigned>((index >> kBits) - 1);
    return (((index & ((1u << kBits) - 1)) + (1u << kBits) + 1) << shift) - 1;
  }

  static constexpr size_t kBuckets = 40 << kBits;  // up to weeks
  std::array<uint64_t, kBuckets> buckets_{};
  uint64_t count_ = 0, sum_ = 0, most_ = 0;
};

}  // namespace wxpipe::simulate
