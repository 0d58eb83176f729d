// What to do so that a cluster has the topics of schemas/topics.hpp as they should be. Pure: takes a view of the
// cluster, returns actions. `wxpipe topics` shows them or does them; doctor looks whether there are any.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/kafka/topic.hpp"

namespace wxpipe::operate {

struct TopicWishes {
  std::string prefix = "wxpipe.";
  int replication_factor = 0;  // 0: 3 where the cluster has three brokers or more, else 1
  int partitions = 0;          // of events, messages and the journal; 0: the table's number
};

enum class TopicActionKind {
  create,            // the topic is missing
  set_config,        // settings are missing or too low
  raise_partitions,  // of the journal: its records have no keys to move
  refuse             // a difference that is changed in another way: partitions (operate/grow.hpp), replicas
};
std::string_view to_string(TopicActionKind kind);

struct TopicAction {
  TopicActionKind kind{};
  std::string topic;
  int partitions = 0;                         // create, raise_partitions
  int replication_factor = 0;                 // create
  std::map<std::string, std::string> config;  // create: all settings; set_config: the changes
  std::string why;                            // as a text for people
  bool operator==(const TopicAction&) const = default;
};

// Actions in the order of the table. `configs` must have every topic of the table that the cluster has. More than
// needed (longer retention, more partitions, larger messages) is the operator's choice and no difference.
std::vector<TopicAction> plan_topics(const TopicWishes& wishes, const kafka::ClusterView& cluster,
                                     const std::map<std::string, kafka::TopicConfig>& configs);

}  // namespace wxpipe::operate
