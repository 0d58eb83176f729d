// A member of a consumer group: eager range assignment, static membership, one record at a time. The transaction or
// Postgres holds the offsets; what `show` commits is for other people's eyes. It never pauses or reads in batches:
// librdkafka 2.0.2 loses positions there.
//
// One thread owns it and makes all calls. It calls the listener on that thread, from inside poll. The listener must
// outlive the consumer. All records from poll must be destroyed before the consumer.
#pragma once

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/kafka/client_config.hpp"
#include "common/kafka/partition.hpp"
#include "common/kafka/record.hpp"

namespace wxpipe::kafka {

class RebalanceListener {
 public:
  virtual ~RebalanceListener() = default;
  // These partitions are ours now. Returns where to begin in each; kNoOffset leaves it to auto.offset.reset. It may
  // block for less than max.poll.interval.ms (heartbeats go on). If it throws, nothing is assigned, and poll throws the
  // same.
  virtual std::vector<PartitionOffset> assigned(const std::vector<Partition>& partitions) = 0;
  // Called before partitions are given up. Forget their records that aren't finished. `lost`: another process may
  // already own them, so no work on them can be finished any more.
  virtual void revoked(const std::vector<Partition>& partitions, bool lost) = 0;
};

// The offset is no longer in the log, or not yet (auto.offset.reset is `error`): data was lost, or the topic was
// created again.
class OffsetOutOfRange : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A group.instance.id, made of instance, role and slot. A process that comes back within its session gets its
// partitions again without a rebalance. Characters that Kafka doesn't allow become '-'.
std::string member_id(std::string_view instance, std::string_view role, int slot);

// How often a consumer shows its offsets to Kafka's tools (Consumer::show): librdkafka's own auto.commit.interval.ms
// (5 s), which nothing else uses here. Zero: never.
std::chrono::milliseconds show_offsets_every(const config::KafkaSettings& settings);

class Consumer {
 public:
  // Subscribes; no network wait. `conf` comes from client_config with group.id and group.instance.id in `extra`.
  Consumer(Conf conf, const std::vector<std::string>& topics, RebalanceListener& listener);
  // Doesn't leave the group (static members never do), and doesn't wait for a broker that may be away (a close could
  // take 6 s).
  ~Consumer();
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  // The next record, or empty after the timeout. Throws Unavailable (a subscribed topic doesn't exist …); Fenced
  // (another process uses our group.instance.id, or any other fatal error: make a new consumer); OffsetOutOfRange; and
  // whatever the listener threw.
  std::optional<Record> poll(std::chrono::milliseconds timeout);

  // The group's committed offsets. Waits for transactions that are being completed. Throws Unavailable.
  std::vector<PartitionOffset> committed(const std::vector<Partition>& partitions, std::chrono::milliseconds timeout);

  // Commits these offsets to Kafka, so that Kafka's own tools show how far we are. Doesn't wait, and nobody is told
  // when it fails: nothing reads them back.
  void show(const std::vector<PartitionOffset>& offsets);

  // For send_offsets. Get it again for each transaction: it holds the group's generation.
  GroupMetadata group_metadata() const;

  // Changes the assignment outside of a rebalance: to begin when the listener didn't know the offsets yet, or to go
  // back. Prefetched records are dropped. Empty: nothing is fetched, but the consumer stays a member. Throws
  // Unavailable or Fenced.
  void assign(std::vector<PartitionOffset> offsets);

  // The cluster's own id; empty when no broker answered within the timeout.
  std::string cluster_id(std::chrono::milliseconds timeout) const;

  // The partition's end, as of the last fetch; no network. kNoOffset: not known yet.
  int64_t known_end(const Partition& partition) const;

 private:
  static void on_rebalance(rd_kafka_t*, rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t*, void* self);
  void rebalance(rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions);
  [[noreturn]] void throw_fatal() const;
  rd_kafka_resp_err_t replace_assignment(const rd_kafka_topic_partition_list_t* list);
  void fetch_on(size_t taken);

  RebalanceListener& listener_;
  Client client_;
  PartitionList assigned_;  // null: nothing. fetch_on uses its offsets for timestamps
  size_t taken_ = 0;        // bytes since fetch_on was called last
  std::exception_ptr listener_error_;
};

}  // namespace wxpipe::kafka
