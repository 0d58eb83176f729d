// Who is in a consumer group now, and which partitions each one has. It joins no group. One thread owns it.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "common/kafka/client_config.hpp"
#include "common/kafka/partition.hpp"

namespace wxpipe::kafka {

// A consumer, as its group's coordinator knows it.
struct GroupMember {
  std::string id;    // its group.instance.id, else its client.id
  std::string host;  // the address that it connects from
  std::vector<Partition> partitions;
};

class GroupMembers {
 public:
  explicit GroupMembers(const config::KafkaSettings& settings, std::chrono::milliseconds timeout);

  // By group. One that there isn't, or that we may not see, has nobody in it. Throws Unavailable.
  std::map<std::string, std::vector<GroupMember>> look(const std::vector<std::string>& groups);

 private:
  const std::chrono::milliseconds timeout_;
  Client client_;
};

}  // namespace wxpipe::kafka
