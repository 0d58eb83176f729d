// A sink's offsets, in wxpipe.sink_offsets. They are claimed on assignment. The first statement of every batch moves
// them by compare-and-set. Each claim raises the epoch, so an earlier owner of the partition can't commit any more.
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
  int64_t next_offset = 0;   // 0: from the oldest record
  bool new_cluster = false;  // the stored offset was of another Kafka cluster; it was set to 0
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

  // Takes over the partitions, in a transaction of its own. Waits for an earlier owner's transaction that is being
  // committed, so the offsets it returns are final. Offsets of another cluster mean other records, so they start at 0
  // again; this is harmless, because repeated writes are.
  std::vector<Claim> claim(postgres::Connection& connection, std::span<const kafka::Partition> partitions,
                           std::string_view cluster_id) const;

  // Throws Fenced unless every partition is still at (epoch, from).
  void advance(postgres::Transaction& transaction, std::span<const Advance> advances) const;

 private:
  std::string group_, owner_;
};

}  // namespace wxpipe::sinks
