#include "operate/scale.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace wxpipe::operate {
namespace {
using std::chrono::microseconds;

// Waiting for less than this is being on its way.
constexpr microseconds kOnItsWay = std::chrono::seconds(2);

double seconds(microseconds time) { return std::chrono::duration<double>(time).count(); }

// The partitions of the worker that has the most.
size_t most_partitions(size_t partitions, size_t workers) { return (partitions + workers - 1) / workers; }

// How much faster than one worker, when the partitions are evenly filled.
double parallel(size_t partitions, size_t workers) {
  return static_cast<double>(partitions) / static_cast<double>(most_partitions(partitions, workers));
}

std::optional<microseconds> caught_up(const ScaleInput& input, double per_second) {
  const auto gain = per_second - input.in_per_second;
  if (gain <= 0) return std::nullopt;
  return microseconds(static_cast<int64_t>(1e6 * static_cast<double>(input.records) / gain));
}
}  // namespace

std::string_view to_string(Need need) {
  constexpr std::array<std::string_view, 6> kNeeds{"nothing", "start", "more", "partitions", "fewer", "look_at_it"};
  return kNeeds.at(static_cast<size_t>(need));
}

Advice advise(const ScaleInput& input, microseconds target) {
  Advice advice;
  advice.needed_per_second = input.in_per_second + static_cast<double>(input.records) / seconds(target);
  const auto partitions = std::max<size_t>(1, input.partitions);
  advice.workers = std::clamp<size_t>(input.workers, 1, partitions);
  if (input.workers > partitions) advice.need = Need::fewer;
  if (input.workers == 0) {  // nobody knows yet how fast one would be
    advice.need = input.records > 0 ? Need::start : Need::nothing;
    return advice;
  }
  const bool keeps_up = input.records == 0 || input.age < kOnItsWay;
  if (keeps_up) {
    advice.caught_up = microseconds(0);
    return advice;
  }
  if (input.out_per_second <= 0) {
    advice.need = Need::look_at_it;
    return advice;
  }
  advice.caught_up = caught_up(input, input.out_per_second);
  if (advice.caught_up && *advice.caught_up <= target) return advice;

  // Records wait, so its workers are at their limit: this is what one can do.
  const auto of_one = input.out_per_second / parallel(partitions, advice.workers);
  for (auto workers = advice.workers; workers <= partitions; ++workers) {
    const auto speed = of_one * parallel(partitions, workers);
    if (speed < advice.needed_per_second) continue;
    // As many as this reaches the target: the fewest that are as fast.
    advice.need = workers > advice.workers ? Need::more : advice.need;
    advice.workers = workers;
    advice.caught_up = caught_up(input, speed);
    return advice;
  }
  advice.need = Need::partitions;
  advice.workers = partitions;
  advice.partitions = static_cast<size_t>(std::ceil(advice.needed_per_second / of_one));
  advice.caught_up = caught_up(input, of_one * parallel(partitions, partitions));
  return advice;
}

}  // namespace wxpipe::operate
