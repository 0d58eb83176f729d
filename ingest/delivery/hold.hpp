// Asks Kafka whether this process must hold its events back (hold_rule.hpp), on a thread of its own. While it must,
// delivery sends events to the spool alone and the drainers pause. Callbacks are answered as ever.
//
// Only a process with a spool has one.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <thread>

#include "common/config/settings.hpp"
#include "common/kafka/group_note.hpp"
#include "ingest/delivery/hold_rule.hpp"

namespace wxpipe::ingest {

class Hold {
 public:
  using Time = HoldRule::Time;

  explicit Hold(const config::KafkaSettings& settings);

  // Asks once. Call it before start: then a process whose broker answers begins without a detour through the spool.
  void look(std::chrono::milliseconds timeout);
  // From here on its own thread asks.
  void start();

  // Any thread. The time is compared where it is used: a process that was frozen must not go on with an old answer.
  bool on(Time now) const { return now.time_since_epoch().count() >= free_until_.load(std::memory_order_acquire); }
  // Any thread. How often a hold has ended. What was learnt about partitions before that is out of date: whoever
  // writes to events makes a new producer.
  uint64_t ended() const { return ended_.load(std::memory_order_acquire); }

 private:
  void work(const std::stop_token& stop);
  void take(std::string_view note, Time asked);
  void show(std::string_view why);

  kafka::GroupNote note_;
  HoldRule rule_;  // one thread at a time: the one that looks
  bool shown_held_ = false;
  std::string refused_;  // why this user may not ask, once that was logged
  std::atomic<Time::rep> free_until_{0};
  std::atomic<uint64_t> ended_{0};
  std::jthread thread_;  // last member: joined before the others are destroyed
};

}  // namespace wxpipe::ingest
