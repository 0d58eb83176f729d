// SIGINT and SIGTERM as a request to stop, for commands that run for a while. Make it on the main thread before any
// other thread starts: the signals are blocked in all of them. A second signal ends the process at once.
#pragma once

#include <functional>
#include <stop_token>
#include <thread>

namespace wxpipe::runtime {

class StopSignals {
 public:
  // `then`, if given, runs on this object's own thread when the first signal comes.
  explicit StopSignals(std::function<void()> then = {});

  std::stop_token token() const { return source_.get_token(); }

 private:
  std::stop_source source_;
  std::jthread thread_;
};

}  // namespace wxpipe::runtime
