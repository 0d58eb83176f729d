// Shows on standard error how far a simulation is: a bar on a terminal, else a line now and then.
#pragma once

#include <optional>

#include "simulate/results.hpp"

namespace wxpipe::simulate {

class Progress {
 public:
  // total: the number of callbacks; none if only time ends the run.
  Progress(std::optional<uint64_t> total, std::optional<std::chrono::microseconds> duration);
  void show(const Results& results, uint64_t settled, SteadyTime began, SteadyTime now);
  void finish(const Results& results, uint64_t settled, SteadyTime began, SteadyTime now);

 private:
  void print(const Results& results, uint64_t settled, SteadyTime began, SteadyTime now);

  std::optional<uint64_t> total_;
  std::optional<std::chrono::microseconds> duration_;
  bool terminal_;
  SteadyTime shown_{};
  SteadyTime measured_{};  // for the rate of the last second
  uint64_t measured_settled_ = 0;
  double rate_ = 0;
};

}  // namespace wxpipe::simulate
