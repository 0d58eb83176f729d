// Where a consumer group stands, asked from outside of it: nobody joins, nothing rebalances. One thread owns it.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "common/kafka/client_config.hpp"
#include "common/kafka/partition.hpp"

namespace wxpipe::kafka {

class GroupOffsets {
 public:
  GroupOffsets(const config::KafkaSettings& settings, const std::string& group);

  // What the group has committed; kNoOffset where it hasn't. Offsets of a transaction that is still open don't count.
  // Throws Unavailable.
  std::vector<PartitionOffset> committed(const std::vector<Partition>& partitions, std::chrono::milliseconds timeout);

 private:
  Client client_;
};

}  // namespace wxpipe::kafka
