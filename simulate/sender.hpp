// Sends callbacks as the platforms do: waits for an answer no longer than they, and on failure tries again with the
// same content, so many times in all. Open loop: each has its planned time, whatever the server does, and its latency
// counts from there. Closed loop: so many connections, each sends as soon as it has its answer.
//
// Callbacks with one key are sent one after the other, so that their order means something; a callback whose key is
// busy waits. One thread: everything happens inside run(), but stop(), which any thread or signal handler's thread may
// call.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "simulate/connection.hpp"
#include "simulate/fate.hpp"

namespace wxpipe::simulate {

struct SendingPlan {
  double rate = 0;                                    // callbacks a second; 0: closed loop
  bool poisson = false;                               // open loop: random arrivals instead of even ones
  uint64_t seed = 1;                                  // of random arrivals
  size_t connections = 64;                            // at most (open loop), exactly (closed loop)
  std::optional<uint64_t> count;                      // callbacks; none: no limit
  std::optional<std::chrono::microseconds> duration;  // of planned arrivals; none: no limit
  int attempts = 3;                                   // in all
  std::chrono::milliseconds patience{5000};           // for one answer
  std::chrono::milliseconds retry_spacing{5000};      // from the beginning of one attempt to the next
};

// What is sent, and to whom its fate matters. Called on the sender's thread.
class Correspondence {
 public:
  virtual ~Correspondence() = default;
  // Fills in what is said at `at`, and its key; false: nothing is left.
  virtual bool next(Parcel& parcel, Timestamp at) = 0;
  // Writes the bytes of the attempt number `parcel.attempts` (from 0), unless they are prepared.
  virtual void write(Parcel& parcel, Timestamp now) = 0;
  virtual Outcome judge(const Parcel& parcel, const http::Response& response) = 0;
  // An attempt that wasn't acknowledged: whether another one makes sense, if there is one left.
  virtual bool try_again(const Parcel& parcel, Outcome outcome) = 0;
  virtual void settled(const Parcel& parcel, const Fate& fate) = 0;
  virtual void tick(SteadyTime now) = 0;  // about every 20 ms
};

struct SendingTotals {
  uint64_t planned = 0, settled = 0;
  uint64_t attempts = 0, reconnections = 0;  // of connections that had gone stale
  SteadyTime began, ended;
};

class Sender {
 public:
  Sender(const Server& server, const SendingPlan& plan, Correspondence& correspondence);
  ~Sender();

  SendingTotals run();
  // Plans no more and gives up what still waits or failed; answers under way are waited for.
  void stop();
  const SendingTotals& totals() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wxpipe::simulate
