// Latencies in microseconds, in a few kilobytes however many there are: 32 buckets for each power of two, so
// percentiles are exact within 3 %.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace wxpipe::benchmarks {

class Histogram {
 public:
  void add(int64_t microseconds) {
    const auto value = static_cast<uint64_t>(microseconds < 0 ? 0 : microseconds);
    ++buckets_[bucket(value)];
    ++count_;
    if (value > max_) max_ = value;
  }
  uint64_t count() const { return count_; }
  uint64_t max() const { return max_; }
  // The smallest value that this share of all values doesn't exceed (upper end of its bucket).
  uint64_t percentile(double share) const {
    const auto wanted = static_cast<uint64_t>(share * static_cast<double>(count_));
    uint64_t seen = 0;
    for (size_t i = 0; i < buckets_.size(); ++i)
      if ((seen += buckets_[i]) > wanted) return std::min(upper_end(i), max_);
    return max_;
  }

 private:
  static constexpr unsigned kBits = 5;
  static size_t bucket(uint64_t value) {
    const auto width = static_cast<unsigned>(std::bit_width(value));
    if (width <= kBits) return value;
    const unsigned shift = width - kBits - 1;
    return ((shift + 1) << kBits) + ((value >> shift) & ((1u << kBits) - 1));
  }
  static uint64_t upper_end(size_t index) {
    if (index < (1u << kBits)) return index;
    const auto shift = (index >> kBits) - 1;
    return ((((index & ((1u << kBits) - 1)) | (1u << kBits)) + 1) << shift) - 1;
  }

  std::array<uint64_t, 1 << 11> buckets_{};
  uint64_t count_ = 0, max_ = 0;
};

}  // namespace wxpipe::benchmarks
