// Writes records and consumed offsets in one Kafka transaction. librdkafka's three questions decide every error:
//   TransactionAborted  call abort(), go back to the committed offsets, start over
//   Fenced              somebody else uses our transactional.id, or librdkafka can't go on: make a new producer
//   Unavailable         the broker stayed away for longer than `patience`; the outcome of a commit is then unknown.
//                       Make a new producer: its init() finishes or aborts what the old one left, and the offsets tell
//                       which
//
// One thread owns it. Every call may block up to `patience`.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.hpp"
#include "common/kafka/client_config.hpp"
#include "common/kafka/partition.hpp"

namespace wxpipe::kafka {

struct Header {
  std::string_view name;  // a literal
  std::string value;
  bool operator==(const Header&) const = default;
};

// Views are copied by produce.
struct OutboundRecord {
  std::string_view key;  // empty: none
  std::string_view value;
  std::span<const Header> headers;
  Timestamp timestamp;
  int partition = RD_KAFKA_PARTITION_UA;  // by key, as Java clients do
};

// Records of the current transaction that the broker refused, told once when it is aborted.
struct Undelivered {
  size_t records = 0;
  std::string topic;  // of the first
  rd_kafka_resp_err_t error{};
};

class TransactionalProducer {
 public:
  // Topics are named once, in the order that produce's index means: a record for a topic whose handle is new waits up
  // to a second in librdkafka. No network wait. `extra` as for client_config.
  TransactionalProducer(const config::KafkaSettings& settings, const std::string& transactional_id,
                        std::span<const std::string> topics,
                        const std::vector<std::pair<std::string, std::string>>& extra = {},
                        std::chrono::milliseconds patience = std::chrono::seconds(8));
  ~TransactionalProducer();

  // Once, first: fences whoever used the id before and ends its open transaction.
  void init();
  void begin();
  void produce(size_t topic, const OutboundRecord& record);
  void send_offsets(std::span<const PartitionOffset> next, const GroupMetadata& group);
  // Returns when everything is on the broker and committed.
  void commit();
  // Throws Fenced or Unavailable when even that fails.
  void abort();

 private:
  // Repeats the call while librdkafka calls its error retriable, until patience runs out.
  template <class Call>
  void retry(const char* name, Call&& call);

  std::chrono::milliseconds patience_;
  std::unique_ptr<Undelivered> undelivered_ = std::make_unique<Undelivered>();  // librdkafka holds its address
  Client client_;
  std::vector<Topic> topics_;  // destroyed before the client
};

}  // namespace wxpipe::kafka
