// What stands in a topic, read outside of any group from its beginning: what tests compare.
#pragma once

#include <string>
#include <vector>

#include "common/config/settings.hpp"
#include "common/kafka/record.hpp"
#include "rig/eventually.hpp"

namespace wxpipe::support {

// committed    what transactions committed; those that have records there now are waited for. A commit that has
//              succeeded is decided, but the broker shows it a moment later: it writes a marker into each partition.
// visible      what transactions committed, as far as it can be seen now: up to the first open one
// uncommitted  records of open and aborted transactions too
enum class Isolation { committed, visible, uncommitted };

struct TopicRecord {
  int partition = 0;
  int64_t offset = 0;
  std::string key, value;
  std::string event_id, receipt, traceparent;  // headers; empty: absent
  Timestamp timestamp;
};

class TopicReader {
 public:
  // Throws when the topic isn't there.
  TopicReader(const config::KafkaSettings& settings, const std::string& topic,
              Isolation isolation = Isolation::committed);

  // Everything up to where the topic ends now, in the order of partition and offset.
  std::vector<TopicRecord> all();
  // Reads on until there are so many, or the patience is over; what was found.
  std::vector<TopicRecord> at_least(size_t count, std::chrono::milliseconds patience = rig::kPatience);

 private:
  std::vector<TopicRecord> sorted() const;
  void poll(std::chrono::milliseconds wait);

  const config::KafkaSettings settings_;
  const Isolation isolation_;
  kafka::Client client_;
  std::string topic_;
  std::vector<int64_t> next_;  // by partition: the next offset to come
  std::vector<TopicRecord> found_;
};

// The topic's committed records.
inline std::vector<TopicRecord> read_topic(const config::KafkaSettings& settings, const std::string& topic,
                                           Isolation isolation = Isolation::committed) {
  return TopicReader(settings, topic, isolation).all();
}

}  // namespace wxpipe::support
