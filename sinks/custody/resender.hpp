// Sends records again that were acknowledged once: lost ones (repair.hpp), and dead letters that are put back. One
// thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/clock.hpp"
#include "common/config/settings.hpp"
#include "common/kafka/transactional_producer.hpp"
#include "schemas/topics.hpp"

namespace wxpipe::sinks {

// A record as it stands on a topic or in a spool, or as it is made of a dead letter.
struct Copy {
  schemas::TopicName topic{};
  std::string key, value;
  std::string receipt;      // as in the value
  std::string traceparent;  // the header
  Timestamp timestamp;
  std::string where;  // for people: "wxpipe.events.v1 partition 3 offset 1042"
};

// Writes copies, a transaction at a time: each is sent as a whole or not at all. `process` takes an event that was sent
// again, although it knows its id (docs/decisions/0017-repair.md). If a sender with the same transactional id left a
// transaction half done, the next one ends it.
class Resender {
 public:
  Resender(const config::KafkaSettings& settings, const std::string& transactional_id);

  // Throws Unavailable: Kafka is away, or another sender took over. Then nothing of this call was sent.
  void send(const std::vector<Copy>& copies);

 private:
  void produce(const Copy& copy);

  kafka::TransactionalProducer producer_;
  bool begun_ = false;
};

}  // namespace wxpipe::sinks
