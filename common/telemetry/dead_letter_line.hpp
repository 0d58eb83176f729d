// Says in the log that records became dead letters, with the trace of the first of them. A run of them must not fill
// the log, so it says it at most every ten seconds. One thread; each that makes dead letters has one.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "common/telemetry/log.hpp"

namespace wxpipe::telemetry {

class DeadLetterLine {
 public:
  // stage: ingest, process, sink.<family>
  explicit DeadLetterLine(std::string stage) : stage_(std::move(stage)) {}

  // Empty: not known.
  struct First {
    std::string_view reason, account, trace_id, span_id;
  };
  void say(size_t letters, const First& first, std::chrono::steady_clock::time_point now,
           Place place = Place::current());

 private:
  const std::string stage_;
  std::chrono::steady_clock::time_point silent_until_{};
  size_t not_said_ = 0;
};

}  // namespace wxpipe::telemetry
