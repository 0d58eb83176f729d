// Topics as values: those that exist in a cluster, and those to be created. Plain data, so planning can be pure.
#pragma once

#include <map>
#include <string>

namespace wxpipe::kafka {

struct TopicView {
  int partitions = 0;
  int replication_factor = 0;
};
struct ClusterView {
  int brokers = 0;
  std::map<std::string, TopicView> topics;
};

struct NewTopic {
  std::string name;
  int partitions = 1;
  int replication_factor = 1;
  std::map<std::string, std::string> config = {};
};

struct ConfigEntry {
  std::string value;
  bool set_on_topic = false;  // else inherited from the broker
  bool operator==(const ConfigEntry&) const = default;
};
using TopicConfig = std::map<std::string, ConfigEntry>;

}  // namespace wxpipe::kafka
