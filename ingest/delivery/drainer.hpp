// Moves what the spool holds to Kafka, oldest first, when a broker answers. An event leaves the spool only after
// the broker acknowledged it. A crash in between sends it again: the same event with the same receipt, which all later
// stages recognise. Owns a thread and a producer.
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
  std::jthread thread_;  // last member: joined before the others are destroyed
};

}  // namespace wxpipe::ingest
