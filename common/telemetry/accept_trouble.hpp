// When accept fails, mostly because no descriptor is left, the next try fails at once as well: without a pause a
// listener uses up a core, and fills the log. Each listener has one of these; its thread only.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace wxpipe::telemetry {

inline constexpr std::chrono::milliseconds kAcceptPause{100};

class AcceptTrouble {
 public:
  // listener: its setting's name, a literal.
  explicit AcceptTrouble(std::string_view listener) : listener_(listener) {}
  // Logs it, at most once a minute.
  void say(const std::string& why, std::chrono::steady_clock::time_point now);

 private:
  std::string_view listener_;
  std::chrono::steady_clock::time_point silent_until_{};
  size_t not_said_ = 0;
};

}  // namespace wxpipe::telemetry
