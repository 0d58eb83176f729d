// Reads and changes topics. One thread owns it. Every call throws Unavailable when the
// cluster doesn't answer within the timeout given to the constructor.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "common/kafka/client_config.hpp"
#include "common/kafka/topic.hpp"

namespace wxpipe::kafka {

class Admin {
 public:
  explicit Admin(const config::KafkaSettings& settings, std::chrono::milliseconds timeout = std::chrono::seconds(10));

  ClusterView view();
  // Returns one line for each topic that could not be created. Empty: all were created or existed already.
  std::vector<std::string> create_topics(const std::vector<NewTopic>& topics);
  std::map<std::string, TopicConfig> configs(const std::vector<std::string>& topics);
  // Sets these keys and leaves the topic's other settings as they are. Throws UsageError with the broker's reason.
  void set_config(const std::string& topic, const std::map<std::string, std::string>& values);
  // Adds partitions; never removes any. It moves keys to other partitions, so use it with care. Throws UsageError with
  // the broker's reason.
  void raise_partitions(const std::string& topic, int partitions);

 private:
  int timeout_ms() const { return static_cast<int>(timeout_.count()); }
  // Runs one admin call and waits for its result event. Throws when the request as a whole failed.
  template <class Call>
  Event request(rd_kafka_admin_op_t operation, rd_kafka_event_type_t result, Call&& call);

  const std::string servers_;
  std::chrono::milliseconds timeout_;
  Client client_;
};

}  // namespace wxpipe::kafka
