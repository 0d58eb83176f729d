// Reads a consumer group's offsets without joining the group, so nothing rebalances. One thread owns it.
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

  // The group's committed offsets; kNoOffset where there is none. Offsets of open transactions don't count. Throws
  // Unavailable.
  std::vector<PartitionOffset> committed(const std::vector<Partition>& partitions, std::chrono::milliseconds timeout);

  // How many consumers the group has now; 0: none, or no such group. Throws Unavailable.
  size_t members(std::chrono::milliseconds timeout);

 private:
  const std::string group_;
  Client client_;
};

}  // namespace wxpipe::kafka
