// Moves what the spool holds to Kafka, oldest first, whenever a broker answers; removes each event from the spool only
// after the broker acknowledged it. A crash between the two sends it again: the same event with the same receipt, which
// everything behind recognises. Owns a thread and a producer of its own.
#pragma once

#include <thread>

#include "common/config/settings.hpp"
#include "ingest/delivery/spool.hpp"

namespace wxpipe::ingest {

class Drainer {
 public:
  Drainer(const config::KafkaSettings& settings, Spool& spool);

 private:
  void work(const std::stop_token& stop);

  const config::KafkaSettings settings_;
  Spool& spool_;
  std::jthread thread_;  // last: joined before the rest goes
};

}  // namespace wxpipe::ingest
