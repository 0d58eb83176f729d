// Stops a consumer when too many records are rejected in a run. Then the mistake is probably ours, and dead-lettering
// everything would hide it. Outcomes are checked before the commit, so the batch that stops it stays in Kafka. Pure;
// one thread.
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

  // Whether these outcomes (true: rejected), in order, would stop it: the reason, for people; empty: no.
  std::optional<std::string> try_outcomes(const std::vector<bool>& rejected) const;
  // Call it when the batch is committed: its outcomes count from now on.
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
