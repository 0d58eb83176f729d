// Writes records and consumed offsets in one Kafka transaction. Errors (error.hpp decides which one):
//   TransactionAborted  call abort(), go back to the committed offsets, start over
//   Fenced              another process uses our transactional.id, or librdkafka can't go on: make a new producer
//   Unavailable         the broker stayed away for longer than `patience`; the outcome of a commit is then unknown.
//                       Make a new producer: its init() finishes or aborts what the old one left, and the offsets tell
//                       which
//
// Kafka keeps no order between the requests of one producer epoch: a request of an ended transaction that comes late
// can end the next one, or write into it. So nothing of a transaction may be under way when the next one begins. Where
// that isn't certain the producer is renewed first: a new client, whose init raises the epoch. The broker refuses what
// still comes with the older one.
//
// One thread at a time. Every call may block up to `patience`, and a few seconds more while a request is under way.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.hpp"
#include "common/kafka/client_config.hpp"
#include "common/kafka/partition.hpp"
#include "common/kafka/repeat.hpp"

namespace wxpipe::kafka {

struct Header {
  std::string_view name, value;
};

// Views are copied by produce.
struct OutboundRecord {
  std::string_view key;  // empty: none
  std::string_view value;
  std::span<const Header> headers;
  Timestamp timestamp;
  int partition = RD_KAFKA_PARTITION_UA;  // by key, as Java clients do
};

// Records of the current transaction that the broker refused; reported once, when it is aborted.
struct Undelivered {
  size_t records = 0;
  std::string topic;  // of the first
  rd_kafka_resp_err_t error{};
};

class TransactionalProducer {
 public:
  // `topics`: all topics; produce takes an index into this list. (A record for a topic with a new handle waits up to a
  // second in librdkafka, so the handles are made once.) No network wait. `extra` as for client_config.
  TransactionalProducer(const config::KafkaSettings& settings, const std::string& transactional_id,
                        std::span<const std::string> topics,
                        const std::vector<std::pair<std::string, std::string>>& extra = {},
                        std::chrono::milliseconds patience = std::chrono::seconds(8));
  ~TransactionalProducer();

  // Call it once, first. It fences the process that used the id before and ends its open transaction.
  void init();
  // Renews the producer first where that is due, and answers why. That takes about as long as init.
  std::optional<Renewal> begin();
  void produce(size_t topic, const OutboundRecord& record);
  // librdkafka has no timeout while it looks for the group's coordinator (#5456, in every version so far). An overdue
  // call is abandoned together with its client, and Unavailable is thrown.
  void send_offsets(std::span<const PartitionOffset> next, GroupMetadata group);
  // Returns when everything is on the broker and committed.
  void commit();
  // Throws Fenced or Unavailable when even that fails.
  void abort();

  // How many calls of send_offsets are running in this process, abandoned ones included. An abandoned call ends when
  // one of its connections ends: a broker closes idle ones after ten minutes.
  static int calls_under_way();

 private:
  struct Session;
  // Repeats the call while librdkafka calls its error retriable, until patience runs out.
  template <class Call>
  void retry(const char* name, Call&& call);
  void needs_renewal(Renewal why);

  std::chrono::milliseconds patience_;
  std::function<std::shared_ptr<Session>()> open_;
  std::optional<Renewal> renewal_;    // due before the next transaction
  std::shared_ptr<Session> session_;  // shared with a call that was left to itself
};

}  // namespace wxpipe::kafka
