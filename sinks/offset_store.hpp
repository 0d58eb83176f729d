// Where a sink stands, in wxpipe.sink_offsets: claimed on assignment, moved by compare-and-set as the first statement
// of every batch. Each claim raises the epoch, so whoever held the partition before can commit nothing more.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "common/kafka/partition.hpp"
#include "common/postgres/connection.hpp"

namespace wxpipe::sinks {

struct Claim {
  kafka::Partition partition;
  int64_t epoch = 0;
  int64_t next_offset = 0;   // 0: from the earliest there is
  bool new_cluster = false;  // the stored offset was another Kafka cluster's and was set to 0
  auto operator<=>(const Claim&) const = default;
};

// One partition's part of a batch.
struct Advance {
  kafka::Partition partition;
  int64_t epoch = 0;
  int64_t from = 0, to = 0;  // next_offset before and after
  auto operator<=>(const Advance&) const = default;
};

class OffsetStore {
 public:
  // group: the consumer group and key; owner: for people.
  OffsetStore(std::string group, std::string owner) : group_(std::move(group)), owner_(std::move(owner)) {}

  // Takes the partitions over, in a transaction of its own. Waits for a predecessor's transaction that is being
  // committed, so the offset it answers is the last word. Another cluster's offsets mean other records: they begin
  // anew, which is harmless, because repeats are.
  std::vector<Claim> claim(postgres::Connection& connection, std::span<const kafka::Partition> partitions,
                           std::string_view cluster_id) const;

  // Throws Fenced unless every partition is still at (epoch, from).
  void advance(postgres::Transaction& transaction, std::span<const Advance> advances) const;

 private:
  std::string group_, owner_;
};

}  // namespace wxpipe::sinks
