// Shared by the tests of `process` on a real Kafka: topics of their own, a writer of events, workers and roles on their
// own threads, and what the topics hold afterwards.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/kafka/admin.hpp"
#include "common/kafka/transactional_producer.hpp"
#include "common/result.hpp"
#include "processors/process_role.hpp"
#include "processors/steps.hpp"
#include "processors/transaction_loop.hpp"
#include "rig/eventually.hpp"
#include "schemas/fact_json.hpp"
#include "tests/support/running_role.hpp"
#include "tests/support/stack.hpp"
#include "tests/support/topic_prefix.hpp"
#include "tests/support/topic_reader.hpp"
#include "tests/support/unique_name.hpp"
#include "tests/unit/processors/events.hpp"

namespace wxpipe::processors::test {

using namespace std::chrono_literals;
using rig::eventually;
using rig::eventually_equal;
using schemas::TopicName;
using support::TopicRecord;

class RunningProcess : public support::RunningRole {
 public:
  explicit RunningProcess(config::Settings settings)
      : RunningRole(std::move(settings), [](auto context, auto) { return make_process_role(context); }) {}
  double taken() const {
    return metric("wxpipe_process_events_total{outcome=\"processed\"}") +
           metric("wxpipe_process_events_total{outcome=\"duplicate\"}");
  }
};

// One worker with the test's own steps, which can do anything in the middle of a batch.
class RunningLoop {
 public:
  RunningLoop(config::Settings settings, Steps steps)
      : settings_(std::move(settings)),
        steps_(std::move(steps)),
        thread_([this](std::stop_token stop) {
          try {
            TransactionLoop(settings_, 0, steps_, system_clock(), process_metrics_, status_).run(stop);
            end("stopped");
          } catch (const Fenced& error) {
            end("fenced");
          } catch (const Unavailable& error) {
            end("unavailable");
          } catch (const std::exception& error) {
            end(error.what());
          }
        }) {}
  // How it ended; empty: it is still running.
  std::string ended() const {
    const std::lock_guard lock(mutex_);
    return ended_;
  }
  double aborted() const {
    return support::metric_value(metrics_.exposition(), "wxpipe_transactions_total{outcome=\"aborted\"}");
  }
  bool has_partitions() const { return status_.snapshot().trouble.empty(); }
  void stop() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void end(std::string how) {
    const std::lock_guard lock(mutex_);
    ended_ = std::move(how);
  }

  const config::Settings settings_;
  const CurrentSteps steps_;
  telemetry::Metrics metrics_;
  ProcessMetrics process_metrics_{metrics_};
  worker::Status status_;
  mutable std::mutex mutex_;
  std::string ended_;
  std::jthread thread_;
};

// Messages by event id, and the receipts of the repeats.
struct Outcome {
  std::map<std::string, int> messages;
  std::multimap<std::string, std::string> duplicates;  // event id -> receipt
  bool operator==(const Outcome&) const = default;
};
inline Outcome outcome_of(const std::vector<TopicRecord>& records) {
  Outcome outcome;
  for (const auto& record : records) {
    if (schemas::begins_as<schemas::DuplicateMet>(record.value)) {
      const auto duplicate = schemas::decode<schemas::DuplicateMet>(record.value).value();
      outcome.duplicates.emplace(to_string(duplicate.event_id), duplicate.receipt);
    } else {
      ++outcome.messages[to_string(schemas::decode<schemas::Event>(record.value).value().id)];
    }
  }
  return outcome;
}
inline Outcome once_each(const std::vector<schemas::Event>& events) {
  Outcome outcome;
  for (const auto& event : events) outcome.messages[to_string(event.id)] = 1;
  return outcome;
}
inline Outcome once_each_and_repeated(const std::vector<schemas::Event>& events,
                                      const std::vector<schemas::Event>& repeats) {
  auto outcome = once_each(events);
  for (const auto& event : repeats) outcome.duplicates.emplace(to_string(event.id), event.receipt);
  return outcome;
}

class ProcessTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WXPIPE_NEEDS_STACK();
    topics_ = std::make_unique<support::TopicPrefix>();
    for (const auto& topic : schemas::kTopics) names_.push_back(topics_->name(topic.name));
    writer_ = make_writer();
  }

  std::unique_ptr<kafka::TransactionalProducer> make_writer(const std::string& id = support::unique_name("writer")) {
    auto writer = std::make_unique<kafka::TransactionalProducer>(topics_->settings(), id, names_);
    writer->init();
    return writer;
  }

  // Sets the largest record that the messages topic takes. Waits until the broker uses it: that takes a moment.
  void limit_messages(int bytes) {
    kafka::Admin admin(topics_->settings());
    const auto messages = topics_->name(TopicName::messages), text = std::to_string(bytes);
    admin.set_config(messages, {{"max.message.bytes", text}});
    ASSERT_TRUE(eventually([&] { return admin.configs({messages})[messages]["max.message.bytes"].value == text; }));
  }

  // Sessions are short, so that the group soon drops a member that vanished.
  config::Settings settings(const std::string& instance) const {
    config::Settings settings;
    settings.instance.name = instance;
    settings.kafka = topics_->settings();
    settings.kafka.properties["session.timeout.ms"] = "2000";
    settings.kafka.properties["heartbeat.interval.ms"] = "200";
    return settings;
  }

  // Received now, so that they are inside the window.
  static std::vector<schemas::Event> events(int from, int to) {
    std::vector<schemas::Event> list;
    const auto now = system_clock().now();
    for (int i = from; i < to; ++i) {
      auto event = event_of(i % 10 == 0 ? "follower.subscribed" : "message.text", fmt::format("body {}", i));
      event.subject = fmt::format("o{}", i % 23);
      event.received_at = now;
      event.receipt = fmt::format("edge/1/{}", i);
      list.push_back(std::move(event));
    }
    return list;
  }
  // As the platform sends them a second time: same bytes, other receipt.
  static std::vector<schemas::Event> again(std::vector<schemas::Event> list, const std::string& receipt = "edge/2/") {
    for (auto& event : list) event.receipt = receipt + event.receipt.substr(event.receipt.rfind('/') + 1);
    return list;
  }

  void stage(kafka::TransactionalProducer& writer, const std::vector<schemas::Event>& list) {
    for (const auto& event : list) {
      writer.produce(static_cast<size_t>(TopicName::events),
                     {partition_key(event), json_of(event), {}, event.received_at, RD_KAFKA_PARTITION_UA});
    }
  }
  void produce(const std::vector<schemas::Event>& list) {
    writer_->begin();
    stage(*writer_, list);
    writer_->commit();
  }

  std::vector<TopicRecord> read(TopicName topic, support::Isolation isolation = support::Isolation::committed) const {
    return support::read_topic(topics_->settings(), topics_->name(topic), isolation);
  }
  Outcome outcome() const { return outcome_of(read(TopicName::messages)); }
  // Waits until there are this many messages and repeats.
  void await_messages(size_t count) const {
    support::TopicReader reader(topics_->settings(), topics_->name(TopicName::messages));
    ASSERT_GE(reader.at_least(count).size(), count);
  }

  std::vector<std::string> names_;
  std::unique_ptr<support::TopicPrefix> topics_;
  std::unique_ptr<kafka::TransactionalProducer> writer_;
};

// The group's committed offsets in each partition of events. Waits for transactions that aren't settled yet.
inline std::map<int, int64_t> committed_offsets(const config::Settings& settings) {
  const auto events = schemas::topic_name(settings.kafka.topic_prefix, TopicName::events);
  const auto client = kafka::make_consumer(client_config(
      kafka::ClientRole::reader, settings.kafka, {{"group.id", schemas::process_group(settings.kafka.topic_prefix)}}));
  std::vector<kafka::PartitionOffset> wanted;
  for (int i = 0; i < schemas::topic(TopicName::events).partitions; ++i) wanted.push_back({{events, i}, 0});
  const auto list = kafka::to_list(wanted);
  if (rd_kafka_committed(client.get(), list.get(), 10'000) != RD_KAFKA_RESP_ERR_NO_ERROR)
    throw std::runtime_error("the group's offsets can't be read");
  std::map<int, int64_t> offsets;
  for (const auto& [partition, offset] : kafka::from_list("committed", list.get())) offsets[partition.number] = offset;
  return offsets;
}

}  // namespace wxpipe::processors::test
