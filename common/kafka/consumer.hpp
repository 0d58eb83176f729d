// A member of a consumer group: eager range assignment, static membership, one record at a time. It never commits (the
// transaction or Postgres holds the offsets), pauses or reads in batches (librdkafka 2.0.2 loses positions there).
//
// One thread owns it and calls everything; the listener is called on that thread, from inside poll. The listener
// outlives the consumer. Records that it handed out are gone before the consumer is.
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
  // These are ours now: answers where to begin in each; kNoOffset leaves it to auto.offset.reset. It may block
  // (heartbeats go on) for less than max.poll.interval.ms. What it throws comes out of poll, and nothing is assigned.
  virtual std::vector<PartitionOffset> assigned(const std::vector<Partition>& partitions) = 0;
  // Before they are given up. Records of them that were handed out and not finished must be forgotten. `lost`: somebody
  // else may already own them, so nothing about them can be finished any more.
  virtual void revoked(const std::vector<Partition>& partitions, bool lost) = 0;
};

// auto.offset.reset=error and the offset is not in the log any more (or not yet): data was lost or the topic recreated.
class OffsetOutOfRange : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A group.instance.id: a process that comes back within its session finds its partitions again without a rebalance.
// Names differ between processes by instance, in one process by role and slot. Characters that Kafka refuses become
// '-'.
std::string member_id(std::string_view instance, std::string_view role, int slot);

class Consumer {
 public:
  // Subscribes; no network wait. `conf` comes from client_config with group.id and group.instance.id in `extra`.
  Consumer(Conf conf, const std::vector<std::string>& topics, RebalanceListener& listener);
  // Without leaving the group and without waiting for a broker that may be away (close can take 6 s there). Static
  // members wouldn't leave in any case.
  ~Consumer();
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  // The next record, or nothing within the timeout. Throws Unavailable (a subscribed topic doesn't exist …), Fenced
  // (another process uses our group.instance.id, or any other fatal error: make a new consumer), OffsetOutOfRange, and
  // whatever the listener threw.
  std::optional<Record> poll(std::chrono::milliseconds timeout);

  // What the group has committed, after waiting for transactions in doubt. Throws Unavailable.
  std::vector<PartitionOffset> committed(const std::vector<Partition>& partitions, std::chrono::milliseconds timeout);

  // For send_offsets: fetch it anew for each transaction, it holds the generation.
  GroupMetadata group_metadata() const;

  // Replaces what is assigned, outside of a rebalance: to begin where the listener didn't know it yet, or to go back.
  // What was prefetched is dropped. Empty: nothing is fetched, membership goes on. Throws Unavailable or Fenced.
  void assign(std::vector<PartitionOffset> offsets);

  // The cluster's own id; empty when no broker answered within the timeout.
  std::string cluster_id(std::chrono::milliseconds timeout) const;

  // The partition's end as the last fetch told it; no network. kNoOffset: not known yet.
  int64_t known_end(const Partition& partition) const;

 private:
  static void on_rebalance(rd_kafka_t*, rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t*, void* self);
  void rebalance(rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions);
  [[noreturn]] void throw_fatal() const;
  rd_kafka_resp_err_t replace_assignment(const rd_kafka_topic_partition_list_t* list);
  void fetch_on(size_t taken);

  RebalanceListener& listener_;
  Client client_;
  PartitionList assigned_;  // null: nothing; timestamps of fetch_on in its offsets
  size_t taken_ = 0;        // bytes since librdkafka was last told to look again
  std::exception_ptr listener_error_;
};

}  // namespace wxpipe::kafka
