// One callback on its way, and what became of it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "simulate/said.hpp"

namespace wxpipe::simulate {

using SteadyTime = std::chrono::steady_clock::time_point;

struct Parcel {
  Said said;
  std::string request;        // the bytes of the current attempt
  size_t body_at = 0;         // where the HTTP body begins in them
  std::string_view prepared;  // or bytes made before the run, the same in every attempt
  std::string body_sha256;    // set if computed before the run; said.body is then empty
  std::string_view bytes() const { return prepared.empty() ? std::string_view(request) : prepared; }

  // Set by the sender.
  SteadyTime planned;  // when it was due; its latency counts from here
  SteadyTime sent;     // the start of the current attempt
  Timestamp first_sent_at;
  int attempts = 0;
};

enum class Outcome {
  acknowledged,
  replied,        // acknowledged with a passive reply
  refused,        // 4xx
  failed,         // any other answer that isn't a success
  illegal_reply,  // a success status, but a body that the platform doesn't take
  timed_out,      // no answer within the platform's time
  unreachable,    // no connection
  broken,         // the connection ended before the answer did
  unfinished      // the simulation was stopped
};
inline constexpr int kOutcomeCount = 9;
std::string_view to_string(Outcome outcome);
constexpr bool is_acknowledged(Outcome outcome) {
  return outcome == Outcome::acknowledged || outcome == Outcome::replied;
}

struct Fate {
  Outcome outcome{};               // of the last attempt
  std::optional<unsigned> status;  // of the last answer, if any
  SteadyTime ended;
  Timestamp ended_at;
};

}  // namespace wxpipe::simulate
