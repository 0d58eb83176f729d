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
  std::string request;        // the bytes of the attempt under way
  size_t body_at = 0;         // where the HTTP body begins in them
  std::string_view prepared;  // or bytes that were made before, and are the same in every attempt
  std::string body_sha256;    // where it was computed before; then the said body is gone
  std::string_view bytes() const { return prepared.empty() ? std::string_view(request) : prepared; }

  // The sender's.
  SteadyTime planned;  // when it was due; latencies are counted from there
  SteadyTime sent;     // the attempt under way
  Timestamp first_sent_at;
  int attempts = 0;
};

enum class Outcome {
  acknowledged,
  replied,        // acknowledged, with a passive reply
  refused,        // 4xx
  failed,         // another answer that isn't a success
  illegal_reply,  // a success, but not in words that the platform takes
  timed_out,      // no answer within the platform's patience
  unreachable,    // no connection
  broken,         // the connection ended before the answer did
  unfinished      // we were told to stop
};
inline constexpr int kOutcomeCount = 9;
std::string_view to_string(Outcome outcome);
constexpr bool is_acknowledged(Outcome outcome) {
  return outcome == Outcome::acknowledged || outcome == Outcome::replied;
}

struct Fate {
  Outcome outcome{};               // of the last attempt
  std::optional<unsigned> status;  // of the last answer, if there was one
  SteadyTime ended;
  Timestamp ended_at;
};

}  // namespace wxpipe::simulate
