// How safe is what the topics hold? An acknowledged record is only as durable as the topic's replicas make it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/kafka/admin.hpp"
#include "common/kafka/topic.hpp"

namespace wxpipe::kafka {

struct Weakness {
  std::string sentence, remedy;
  bool operator==(const Weakness&) const = default;
};

// Topics with fewer than three replicas, with min.insync.replicas below two, or with unclean leader elections: one
// sentence for each of these. `one_broker`: [kafka] durability says that it is on purpose. It counts only as long as
// the cluster really has one broker. Pure.
std::vector<Weakness> weaknesses(int brokers, const std::map<std::string, TopicView>& topics,
                                 const std::map<std::string, TopicConfig>& configs, bool one_broker);

// Asks the cluster. Topics that it doesn't have are left out.
std::vector<Weakness> weaknesses(Admin& admin, const std::vector<std::string>& topics, bool one_broker);

inline constexpr const char* kOneBroker = "one_broker";  // a value of [kafka] durability

}  // namespace wxpipe::kafka
