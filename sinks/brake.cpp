#include "sinks/brake.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wxpipe::sinks {

std::optional<std::string> Brake::take(State& state, bool rejected) const {
  state.consecutive = rejected ? state.consecutive + 1 : 0;
  if (sample_ > 0 && ratio_limit_ > 0) {
    state.recent.push_back(rejected);
    state.rejected += rejected ? 1 : 0;
    if (state.recent.size() > static_cast<size_t>(sample_)) {
      state.rejected -= state.recent.front() ? 1 : 0;
      state.recent.pop_front();
    }
  }
  if (consecutive_limit_ > 0 && state.consecutive >= consecutive_limit_)
    return fmt::format("{} records in a row were rejected (sink.brake_consecutive = {})", state.consecutive,
                       consecutive_limit_);
  if (state.recent.size() == static_cast<size_t>(sample_) && state.rejected >= ratio_limit_ * sample_)
    return fmt::format("{} of the last {} records were rejected (sink.brake_ratio = {})", state.rejected, sample_,
                       ratio_limit_);
  return std::nullopt;
}

std::optional<std::string> Brake::try_outcomes(const std::vector<bool>& rejected) const {
  if (std::find(rejected.begin(), rejected.end(), true) == rejected.end()) return std::nullopt;
  State trial = state_;
  for (const bool outcome : rejected)
    if (auto why = take(trial, outcome)) return why;
  return std::nullopt;
}

void Brake::commit(const std::vector<bool>& rejected) {
  for (const bool outcome : rejected) take(state_, outcome);
}

}  // namespace wxpipe::sinks
