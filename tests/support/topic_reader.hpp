// Reads a topic from its beginning, without a group, for tests to compare.
#pragma once

#include <string>
#include <vector>

#include "common/config/settings.hpp"
#include "common/kafka/record.hpp"
#include "rig/eventually.hpp"

namespace wxpipe::support {

//   committed    records of committed transactions. Waits for open transactions that have records there now. Even a
//                successful commit shows only a moment later: the broker writes a marker into each partition.
//   visible      committed records that can be seen now: up to the first open transaction
//   uncommitted  also records of open and aborted transactions
enum class Isolation { committed, visible, uncommitted };

struct TopicRecord {
  int partition = 0;
  int64_t offset = 0;
  std::string key, value;
  std::string event_id, receipt;     // as the value tells them; empty: it doesn't
  std::string traceparent;           // the header; empty: absent
  std::vector<std::string> headers;  // the names of all
  Timestamp timestamp;
};

class TopicReader {
 public:
  // Throws when there is no such topic.
  TopicReader(const config::KafkaSettings& settings, const std::string& topic,
              Isolation isolation = Isolation::committed);

  // Everything up to the topic's present end, in the order of partition and offset.
  std::vector<TopicRecord> all();
  // Reads on until there are this many or the time is over; returns what it found.
  std::vector<TopicRecord> at_least(size_t count, std::chrono::milliseconds patience = rig::kPatience);

 private:
  std::vector<TopicRecord> sorted() const;
  void poll(std::chrono::milliseconds wait);

  const config::KafkaSettings settings_;
  const Isolation isolation_;
  kafka::Client client_;
  std::string topic_;
  std::vector<int64_t> next_;  // by partition: the next offset to read
  std::vector<TopicRecord> found_;
};

// The topic's committed records.
inline std::vector<TopicRecord> read_topic(const config::KafkaSettings& settings, const std::string& topic,
                                           Isolation isolation = Isolation::committed) {
  return TopicReader(settings, topic, isolation).all();
}

}  // namespace wxpipe::support
