#include "common/telemetry/dead_letter_line.hpp"

#include <utility>

namespace wxpipe::telemetry {

void DeadLetterLine::say(size_t letters, const First& first, std::chrono::steady_clock::time_point now, Place place) {
  if (now < silent_until_) {
    not_said_ += letters;
    return;
  }
  silent_until_ = now + std::chrono::seconds(10);
  log_warn("dead_letters_kept",
           {{"stage", stage_},
            {"letters", letters},
            {"letters_before", std::exchange(not_said_, 0)},
            {"reason", first.reason},
            {"account", first.account},
            {"trace_id", first.trace_id},
            {"span_id", first.span_id}},
           place);
}

}  // namespace wxpipe::telemetry
