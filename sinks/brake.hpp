// Stops a consumer whose records are rejected in a run: then it is we who are wrong, and dead-lettering everything
// would bury it. Pure; one thread. Outcomes are tried before a batch is committed, so the batch that stops it stays in
// Kafka.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "common/config/settings.hpp"

namespace wxpipe::sinks {

class Brake {
 public:
  explicit Brake(const config::SinkSettings& settings)
      : consecutive_limit_(settings.brake_consecutive),
        ratio_limit_(settings.brake_ratio),
        sample_(settings.brake_sample) {}

  // Would these outcomes (true: rejected), in order, stop it? Why, for people; nothing: no.
  std::optional<std::string> try_outcomes(const std::vector<bool>& rejected) const;
  // The batch was committed: its outcomes count from now on.
  void commit(const std::vector<bool>& rejected);

 private:
  struct State {
    int consecutive = 0;
    int rejected = 0;         // in `recent`
    std::deque<bool> recent;  // at most `sample_`
  };
  std::optional<std::string> take(State& state, bool rejected) const;

  int consecutive_limit_;  // 0: no limit
  double ratio_limit_;     // 0: no limit
  int sample_;
  State state_;
};

}  // namespace wxpipe::sinks
