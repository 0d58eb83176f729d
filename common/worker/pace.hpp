// How long a batch waits for more records. Each batch costs a transaction, in Kafka or Postgres, whatever is in it. At
// a high rate waiting spreads that over many records. At a low rate hardly any come, so waiting would only make rows
// late, and there is time for many small transactions. So the wait follows the rate: it is the longest one if that
// brings kWorthwhile records or more, and shorter in proportion below. Pure: the caller tells the time.
#pragma once

#include <chrono>
#include <cstddef>

namespace wxpipe::worker {

class Pace {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  explicit Pace(std::chrono::milliseconds longest) : longest_(longest) {}

  // A batch of so many records is complete. Later calls have later times.
  void took(size_t records, Moment now);
  std::chrono::microseconds wait(Moment now) const;

 private:
  static constexpr double kWorthwhile = 20;
  static constexpr std::chrono::seconds kMemory{1};  // what came longer ago counts e times less, and so on

  double level(Moment now) const;

  std::chrono::milliseconds longest_;
  double level_ = 0;  // at `at_`: the records of one kMemory, if they keep coming like this
  Moment at_{};
};

}  // namespace wxpipe::worker
