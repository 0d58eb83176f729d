// A test's own topics: a prefix that nobody else uses. Creates topics under it and deletes them at the end.
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
  // Throws Unavailable without a broker, so call WXPIPE_NEEDS_STACK() first.
  explicit TopicPrefix(Create create = Create::all_topics);
  ~TopicPrefix();
  TopicPrefix(const TopicPrefix&) = delete;
  TopicPrefix& operator=(const TopicPrefix&) = delete;

  const std::string& prefix() const { return prefix_; }  // ends in a dot
  std::string name(schemas::TopicName topic) const { return schemas::topic_name(prefix_, topic); }
  config::KafkaSettings settings() const;  // the stack's broker with this prefix

  // Creates topics of schemas/topics.hpp with their settings there, but one replica.
  void create(const std::vector<schemas::TopicName>& topics);
  // Creates any other topic; returns its full name.
  std::string create(const std::string& suffix, int partitions);
  // Deletes all records of a topic. Its offsets go on.
  void empty(schemas::TopicName topic);

 private:
  void create_topics(const std::vector<kafka::NewTopic>& topics);

  std::string prefix_;
};

}  // namespace wxpipe::support
