#include "tests/support/topic_prefix.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "common/kafka/client_config.hpp"
#include "common/kafka/error.hpp"
#include "common/kafka/partition.hpp"
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

// Own code, because wxpipe never deletes a topic.
void delete_topics(const config::KafkaSettings& settings, const std::vector<std::string>& names) {
  using Deletion = std::unique_ptr<rd_kafka_DeleteTopic_t, kafka::Destroy<rd_kafka_DeleteTopic_destroy>>;
  const auto client = kafka::make_producer(client_config(kafka::ClientRole::admin, settings));
  const kafka::Queue queue(rd_kafka_queue_new(client.get()));
  std::vector<Deletion> owned;
  std::vector<rd_kafka_DeleteTopic_t*> wanted;
  for (const auto& name : names) wanted.push_back(owned.emplace_back(rd_kafka_DeleteTopic_new(name.c_str())).get());
  rd_kafka_DeleteTopics(client.get(), wanted.data(), wanted.size(), nullptr, queue.get());
  const kafka::Event event(rd_kafka_queue_poll(queue.get(), 60'000));
  if (!event) throw std::runtime_error("no answer");
  kafka::throw_unless_ok("delete topics", rd_kafka_event_error(event.get()));
  size_t count = 0;
  const auto** results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event.get()), &count);
  for (size_t i = 0; i < count; ++i)
    kafka::throw_unless_ok(rd_kafka_topic_result_name(results[i]), rd_kafka_topic_result_error(results[i]));
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
    if (!names.empty()) delete_topics(settings(), names);
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
  // Tests write records of long ago, which the broker must not delete for their age.
  kafka::NewTopic topic{
      .name = prefix_ + suffix, .partitions = partitions, .replication_factor = 1, .config = {{"retention.ms", "-1"}}};
  create_topics({topic});
  return topic.name;
}

void TopicPrefix::empty(schemas::TopicName topic) {
  using Deletion = std::unique_ptr<rd_kafka_DeleteRecords_t, kafka::Destroy<rd_kafka_DeleteRecords_destroy>>;
  const auto client = kafka::make_producer(client_config(kafka::ClientRole::admin, settings()));
  const kafka::Queue queue(rd_kafka_queue_new(client.get()));
  std::vector<kafka::PartitionOffset> ends;
  const int partitions = kafka::Admin(settings()).view().topics.at(name(topic)).partitions;
  for (int i = 0; i < partitions; ++i) ends.push_back({{name(topic), i}, RD_KAFKA_OFFSET_END});
  const Deletion deletion(rd_kafka_DeleteRecords_new(kafka::to_list(ends).get()));
  auto* pointer = deletion.get();
  rd_kafka_DeleteRecords(client.get(), &pointer, 1, nullptr, queue.get());
  const kafka::Event event(rd_kafka_queue_poll(queue.get(), 60'000));
  if (!event) throw std::runtime_error("no answer");
  kafka::throw_unless_ok("delete records", rd_kafka_event_error(event.get()));
  const auto* result = rd_kafka_event_DeleteRecords_result(event.get());
  kafka::from_list("delete records", rd_kafka_DeleteRecords_result_offsets(result));  // throws on a partition's error
}

void TopicPrefix::create_topics(const std::vector<kafka::NewTopic>& topics) {
  kafka::Admin admin(settings());
  for (const auto& line : admin.create_topics(topics)) throw std::runtime_error("topic not created: " + line);
  // A created topic may not be known yet to the broker that clients ask.
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
