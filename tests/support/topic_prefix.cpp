#include "tests/support/topic_prefix.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "rig/eventually.hpp"
#include "tests/support/stack.hpp"
#include "tests/support/unique_name.hpp"

namespace wxpipe::support {
namespace {
std::vector<std::string> under(const std::string& prefix, kafka::Admin& admin) {
  std::vector<std::string> names;
  for (const auto& [name, view] : admin.view().topics)
    if (name.starts_with(prefix)) names.push_back(name);
  return names;
}
}  // namespace

TopicPrefix::TopicPrefix(Create create_what) : prefix_(unique_name("test") + ".") {
  if (create_what == Create::nothing) return;
  std::vector<schemas::TopicName> topics;
  for (const auto& topic : schemas::kTopics) topics.push_back(topic.name);
  create(topics);
}

TopicPrefix::~TopicPrefix() {
  try {
    kafka::Admin admin(settings());
    const auto names = under(prefix_, admin);
    if (names.empty()) return;
    for (const auto& line : admin.delete_topics(names)) ADD_FAILURE() << "not deleted: " << line;
  } catch (const std::exception& error) {
    ADD_FAILURE() << "the topics " << prefix_ << "* could not be deleted: " << error.what();
  }
}

config::KafkaSettings TopicPrefix::settings() const { return kafka_settings(prefix_); }

void TopicPrefix::create(const std::vector<schemas::TopicName>& topics) {
  std::vector<kafka::NewTopic> wanted;
  for (const auto name : topics) {
    const auto& topic = schemas::topic(name);
    wanted.push_back({.name = this->name(name),
                      .partitions = topic.partitions,
                      .replication_factor = 1,
                      .config = {{"cleanup.policy", std::string(topic.cleanup)},
                                 {"retention.ms", std::to_string(std::chrono::milliseconds(topic.retention).count())},
                                 {"max.message.bytes", std::to_string(schemas::kMaxMessageBytes)}}});
  }
  create_topics(wanted);
}

std::string TopicPrefix::create(const std::string& suffix, int partitions) {
  kafka::NewTopic topic{.name = prefix_ + suffix, .partitions = partitions, .replication_factor = 1};
  create_topics({topic});
  return topic.name;
}

void TopicPrefix::create_topics(const std::vector<kafka::NewTopic>& topics) {
  kafka::Admin admin(settings());
  for (const auto& line : admin.create_topics(topics)) throw std::runtime_error("topic not created: " + line);
  // Created is not yet known to the broker that clients ask.
  const bool visible = rig::eventually([&] {
    const auto view = admin.view();
    for (const auto& topic : topics) {
      const auto found = view.topics.find(topic.name);
      if (found == view.topics.end() || found->second.partitions != topic.partitions) return false;
    }
    return true;
  });
  if (!visible) throw std::runtime_error("created topics did not appear in the cluster's metadata: " + prefix_ + "*");
}

}  // namespace wxpipe::support
