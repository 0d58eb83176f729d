// What has to be done so that a cluster has the topics of schemas/topics.hpp as they should be. Pure: a view of the
// cluster in, actions out; topics_command.cpp shows them or does them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/kafka/topic.hpp"

namespace wxpipe::cli {

struct TopicWishes {
  std::string prefix = "wxpipe.";
  int replication_factor = 0;     // 0: 3 where the cluster has three brokers or more, else 1
  int partitions = 0;             // of events, messages and the journal; 0: as in the table
  bool raise_partitions = false;  // consent to move keys
};

enum class TopicActionKind {
  create,            // the topic is missing
  set_config,        // settings are missing or too little
  raise_partitions,  // of the journal, whose records have no keys; of others only with consent
  refuse             // a difference that is not ours to change: partitions without consent, replicas
};
std::string_view to_string(TopicActionKind kind);

struct TopicAction {
  TopicActionKind kind{};
  std::string topic;
  int partitions = 0;                         // create, raise_partitions
  int replication_factor = 0;                 // create
  std::map<std::string, std::string> config;  // create: all; set_config: what changes
  std::string why;                            // for people
  bool operator==(const TopicAction&) const = default;
};

// In the order of the table. `configs` has every topic of the table that the cluster has. More of a good thing (longer
// retention, more partitions, larger messages) is the operator's choice and no difference.
std::vector<TopicAction> plan_topics(const TopicWishes& wishes, const kafka::ClusterView& cluster,
                                     const std::map<std::string, kafka::TopicConfig>& configs);

}  // namespace wxpipe::cli
