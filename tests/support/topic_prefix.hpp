// Topics of its own for a test: a prefix nobody else uses, under which it creates topics and deletes them in the end.
#pragma once

#include <string>
#include <vector>

#include "common/config/settings.hpp"
#include "common/kafka/admin.hpp"
#include "schemas/topics.hpp"

namespace wxpipe::support {

enum class Create { nothing, all_topics };

class TopicPrefix {
 public:
  // Throws Unavailable without a broker: WXPIPE_NEEDS_STACK() comes first.
  explicit TopicPrefix(Create create = Create::all_topics);
  ~TopicPrefix();
  TopicPrefix(const TopicPrefix&) = delete;
  TopicPrefix& operator=(const TopicPrefix&) = delete;

  const std::string& prefix() const { return prefix_; }  // ends in a dot
  std::string name(schemas::TopicName topic) const { return schemas::topic_name(prefix_, topic); }
  config::KafkaSettings settings() const;  // this prefix on the stack's broker

  // Those of schemas/topics.hpp, as they are there, on one replica.
  void create(const std::vector<schemas::TopicName>& topics);
  // Any other topic; answers its full name.
  std::string create(const std::string& suffix, int partitions);

 private:
  void create_topics(const std::vector<kafka::NewTopic>& topics);

  std::string prefix_;
};

}  // namespace wxpipe::support
