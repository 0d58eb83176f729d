// Sends callbacks as the platforms do: waits for an answer as long as they do, and on failure sends the same content
// again, up to a number of attempts. Open loop: each callback has a planned time, however slow the server is, and its
// latency counts from there. Closed loop: a fixed number of connections, each sends as soon as it has its answer.
//
// Callbacks with the same key are sent one after the other, so that their order has a meaning. A callback whose key is
// busy waits. One thread: everything happens inside run(). Only stop() may be called from any thread.
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
  bool poisson = false;                               // open loop: random instead of even arrivals
  uint64_t seed = 1;                                  // for random arrivals
  size_t connections = 64;                            // open loop: at most; closed loop: exactly
  std::optional<uint64_t> count;                      // callbacks; none: no limit
  std::optional<std::chrono::microseconds> duration;  // of planned arrivals; none: no limit
  int attempts = 3;                                   // in all
  std::chrono::milliseconds patience{5000};           // for one answer
  std::chrono::milliseconds retry_spacing{5000};      // from the start of one attempt to the start of the next
};

// Supplies what is sent and is told what became of it. Called on the sender's thread.
class Correspondence {
 public:
  virtual ~Correspondence() = default;
  // Fills in the content for the time `at`, and its key. False: nothing is left.
  virtual bool next(Parcel& parcel, Timestamp at) = 0;
  // Writes the bytes of attempt `parcel.attempts` (from 0), unless they are prepared.
  virtual void write(Parcel& parcel, Timestamp now) = 0;
  virtual Outcome judge(const Parcel& parcel, const http::Response& response) = 0;
  // Called after an attempt that wasn't acknowledged: whether to try again, if attempts are left.
  virtual bool try_again(const Parcel& parcel, Outcome outcome) = 0;
  virtual void settled(const Parcel& parcel, const Fate& fate) = 0;
  virtual void tick(SteadyTime now) = 0;  // about every 20 ms
};

struct SendingTotals {
  uint64_t planned = 0, settled = 0;
  uint64_t attempts = 0, reconnections = 0;  // connections replaced because they had gone stale
  SteadyTime began, ended;
};

class Sender {
 public:
  Sender(const Server& server, const SendingPlan& plan, Correspondence& correspondence);
  ~Sender();

  SendingTotals run();
  // Plans no more. Gives up what waits or failed; still waits for answers under way.
  void stop();
  const SendingTotals& totals() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wxpipe::simulate
