#include "common/kafka/admin.hpp"

#include "common/kafka/error.hpp"
#include "common/result.hpp"

namespace wxpipe::kafka {
namespace {
using NewTopicHandle = std::unique_ptr<rd_kafka_NewTopic_t, Destroy<rd_kafka_NewTopic_destroy>>;
using NewPartitionsHandle = std::unique_ptr<rd_kafka_NewPartitions_t, Destroy<rd_kafka_NewPartitions_destroy>>;
using ResourceHandle = std::unique_ptr<rd_kafka_ConfigResource_t, Destroy<rd_kafka_ConfigResource_destroy>>;
using OptionsHandle = std::unique_ptr<rd_kafka_AdminOptions_t, Destroy<rd_kafka_AdminOptions_destroy>>;

template <class Holder>
auto raw(std::vector<Holder>& holders) {
  std::vector<decltype(holders.front().get())> pointers;
  for (auto& holder : holders) pointers.push_back(holder.get());
  return pointers;
}

std::string or_empty(const char* text) { return text ? text : ""; }

std::vector<std::string> failures(const rd_kafka_topic_result_t** results, size_t count,
                                  rd_kafka_resp_err_t tolerated) {
  std::vector<std::string> lines;
  for (size_t i = 0; i < count; ++i) {
    const auto code = rd_kafka_topic_result_error(results[i]);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == tolerated) continue;
    const char* why = rd_kafka_topic_result_error_string(results[i]);
    lines.push_back(describe(rd_kafka_topic_result_name(results[i]), code, why ? why : ""));
  }
  return lines;
}

std::map<std::string, TopicConfig> read_configs(const rd_kafka_ConfigResource_t** resources, size_t count) {
  std::map<std::string, TopicConfig> found;
  for (size_t i = 0; i < count; ++i) {
    const auto* resource = resources[i];
    const char* why = rd_kafka_ConfigResource_error_string(resource);
    if (const auto code = rd_kafka_ConfigResource_error(resource); code != RD_KAFKA_RESP_ERR_NO_ERROR)
      throw_error(rd_kafka_ConfigResource_name(resource), code, why ? why : "");
    auto& config = found[rd_kafka_ConfigResource_name(resource)];
    size_t entries = 0;
    const auto** entry = rd_kafka_ConfigResource_configs(resource, &entries);
    for (size_t j = 0; j < entries; ++j)
      config[rd_kafka_ConfigEntry_name(entry[j])] = {
          or_empty(rd_kafka_ConfigEntry_value(entry[j])),
          rd_kafka_ConfigEntry_source(entry[j]) == RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG};
  }
  return found;
}
}  // namespace

Admin::Admin(const config::KafkaSettings& settings, std::chrono::milliseconds timeout)
    : servers_(settings.bootstrap_servers),
      timeout_(timeout),
      client_(make_producer(client_config(ClientRole::admin, settings))) {}

template <class Call>
Event Admin::request(rd_kafka_admin_op_t operation, rd_kafka_event_type_t result, Call&& call) {
  const Queue queue(rd_kafka_queue_new(client_.get()));
  const OptionsHandle options(rd_kafka_AdminOptions_new(client_.get(), operation));
  char why[256];
  throw_unless_ok("request_timeout",
                  rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout_ms(), why, sizeof why));
  call(options.get(), queue.get());
  // The request's own timeout ends it; the extra time is for the answer's way back.
  Event event(rd_kafka_queue_poll(queue.get(), timeout_ms() + 1000));
  if (!event) throw Unavailable("the cluster did not answer an admin request");
  if (const auto code = rd_kafka_event_error(event.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
    throw_error("admin request", code, or_empty(rd_kafka_event_error_string(event.get())));
  if (rd_kafka_event_type(event.get()) != result) throw Unavailable("unexpected answer to an admin request");
  return event;
}

ClusterView Admin::view() {
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto code = rd_kafka_metadata(client_.get(), 1, nullptr, &metadata, timeout_ms());
  if (heals_by_waiting(code))
    throw Unavailable(
        fmt::format("no Kafka broker answers at {} ([kafka] bootstrap_servers): {}", servers_, rd_kafka_err2str(code)));
  throw_unless_ok("metadata", code);
  const Metadata held(metadata);
  ClusterView view{held->broker_cnt, {}};
  for (int i = 0; i < held->topic_cnt; ++i) {
    const auto& topic = held->topics[i];
    if (topic.err == RD_KAFKA_RESP_ERR_NO_ERROR && topic.partition_cnt > 0)
      view.topics[topic.topic] = {topic.partition_cnt, topic.partitions[0].replica_cnt};
  }
  return view;
}

std::vector<std::string> Admin::create_topics(const std::vector<NewTopic>& topics) {
  if (topics.empty()) return {};
  std::vector<NewTopicHandle> handles;
  char why[512];
  for (const auto& topic : topics) {
    handles.emplace_back(
        rd_kafka_NewTopic_new(topic.name.c_str(), topic.partitions, topic.replication_factor, why, sizeof why));
    if (!handles.back()) throw UsageError(fmt::format("topic {}: {}", topic.name, why));
    for (const auto& [name, value] : topic.config)
      throw_unless_ok("topic config", rd_kafka_NewTopic_set_config(handles.back().get(), name.c_str(), value.c_str()));
  }
  auto pointers = raw(handles);
  const auto event =
      request(RD_KAFKA_ADMIN_OP_CREATETOPICS, RD_KAFKA_EVENT_CREATETOPICS_RESULT, [&](auto* options, auto* queue) {
        rd_kafka_CreateTopics(client_.get(), pointers.data(), pointers.size(), options, queue);
      });
  size_t count = 0;
  const auto** results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  return failures(results, count, RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS);
}

std::map<std::string, TopicConfig> Admin::configs(const std::vector<std::string>& topics) {
  if (topics.empty()) return {};
  std::vector<ResourceHandle> handles;
  for (const auto& topic : topics)
    handles.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  auto pointers = raw(handles);
  const auto event = request(
      RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT, [&](auto* options, auto* queue) {
        rd_kafka_DescribeConfigs(client_.get(), pointers.data(), pointers.size(), options, queue);
      });
  size_t count = 0;
  const auto** resources =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  return read_configs(resources, count);
}

void Admin::set_config(const std::string& topic, const std::map<std::string, std::string>& values) {
  // Only librdkafka 2.2 and later have IncrementalAlterConfigs. AlterConfigs replaces all settings of the topic, so
  // those already set are sent too.
  auto wanted = values;
  const auto present = configs({topic});
  for (const auto& [name, entry] : present.at(topic))
    if (entry.set_on_topic) wanted.emplace(name, entry.value);
  const ResourceHandle handle(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  for (const auto& [name, value] : wanted)
    throw_unless_ok(name, rd_kafka_ConfigResource_set_config(handle.get(), name.c_str(), value.c_str()));
  auto* pointer = handle.get();
  const auto event =
      request(RD_KAFKA_ADMIN_OP_ALTERCONFIGS, RD_KAFKA_EVENT_ALTERCONFIGS_RESULT,
              [&](auto* options, auto* queue) { rd_kafka_AlterConfigs(client_.get(), &pointer, 1, options, queue); });
  size_t count = 0;
  const auto** resources =
      rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(event.get()), &count);
  for (size_t i = 0; i < count; ++i)
    if (rd_kafka_ConfigResource_error(resources[i]) != RD_KAFKA_RESP_ERR_NO_ERROR)
      throw UsageError(fmt::format("{}: {}", topic, or_empty(rd_kafka_ConfigResource_error_string(resources[i]))));
}

void Admin::raise_partitions(const std::string& topic, int partitions) {
  char why[512];
  const NewPartitionsHandle handle(
      rd_kafka_NewPartitions_new(topic.c_str(), static_cast<size_t>(partitions), why, sizeof why));
  if (!handle) throw UsageError(fmt::format("{}: {}", topic, why));
  auto* pointer = handle.get();
  const auto event = request(
      RD_KAFKA_ADMIN_OP_CREATEPARTITIONS, RD_KAFKA_EVENT_CREATEPARTITIONS_RESULT,
      [&](auto* options, auto* queue) { rd_kafka_CreatePartitions(client_.get(), &pointer, 1, options, queue); });
  size_t count = 0;
  const auto** results =
      rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event.get()), &count);
  for (const auto& line : failures(results, count, RD_KAFKA_RESP_ERR_NO_ERROR)) throw UsageError(line);
}

}  // namespace wxpipe::kafka
