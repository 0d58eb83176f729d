// How far a simulation is, on standard error: a bar on a terminal, else a line now and then.
#pragma once

#include <optional>

#include "simulate/report.hpp"

namespace wxpipe::simulate {

class Progress {
 public:
  // total: callbacks, or none where only time ends it.
  Progress(std::optional<uint64_t> total, std::optional<std::chrono::microseconds> duration);
  void show(const Report& report, uint64_t settled, SteadyTime began, SteadyTime now);
  void finish(const Report& report, uint64_t settled, SteadyTime began, SteadyTime now);

 private:
  void print(const Report& report, uint64_t settled, SteadyTime began, SteadyTime now);

  std::optional<uint64_t> total_;
  std::optional<std::chrono::microseconds> duration_;
  bool terminal_;
  SteadyTime shown_{};
  SteadyTime measured_{};  // for the rate of the last second
  uint64_t measured_settled_ = 0;
  double rate_ = 0;
};

}  // namespace wxpipe::simulate
