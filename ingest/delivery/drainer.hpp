// Moves what the spool holds to Kafka, oldest first, when a broker answers. An event leaves the spool only after
// the broker acknowledged it. A crash in between sends it again: the same event with the same receipt, which all later
// stages recognise. While events are held (hold.hpp), it sends nothing. Owns a thread and a producer.
#pragma once

#include <thread>

#include "common/config/settings.hpp"
#include "ingest/delivery/hold.hpp"
#include "ingest/delivery/spool.hpp"

namespace wxpipe::ingest {

class Drainer {
 public:
  // hold: null if there is none. Spool and hold must outlive it.
  Drainer(const config::KafkaSettings& settings, Spool& spool, const Hold* hold);

 private:
  void work(const std::stop_token& stop);
  bool held() const { return hold_ != nullptr && hold_->on(std::chrono::steady_clock::now()); }

  const config::KafkaSettings settings_;
  Spool& spool_;
  const Hold* const hold_;
  std::jthread thread_;  // last member: joined before the others are destroyed
};

}  // namespace wxpipe::ingest
