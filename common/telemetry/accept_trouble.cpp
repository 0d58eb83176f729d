#include "common/telemetry/accept_trouble.hpp"

#include <utility>

#include "common/telemetry/log.hpp"

namespace wxpipe::telemetry {

void AcceptTrouble::say(const std::string& why, std::chrono::steady_clock::time_point now) {
  if (now < silent_until_) {
    ++not_said_;
    return;
  }
  silent_until_ = now + std::chrono::minutes(1);
  log_error("accept_failed", {{"listener", listener_},
                              {"why", why},
                              {"do", "raise the limit of open files"},
                              {"times_before", std::exchange(not_said_, 0)}});
}

}  // namespace wxpipe::telemetry
