// A group's member, and the reader of a range: every record once and in order, from where its listener says.
#include "common/kafka/consumer.hpp"

#include <deque>
#include <mutex>

#include "common/kafka/partition_reader.hpp"
#include "common/kafka/transactional_producer.hpp"
#include "common/result.hpp"
#include "rig/eventually.hpp"
#include "tests/contract/kafka/cluster.hpp"
#include "tests/support/unique_name.hpp"

namespace wxpipe::contract {
namespace {
using namespace std::chrono_literals;
using kafka::Consumer;
using kafka::Partition;
using kafka::PartitionOffset;
using rig::eventually;
using rig::eventually_equal;
using std::chrono::steady_clock;
using Strings = std::vector<std::string>;

// A listener that starts at given offsets and remembers its calls.
class Listener : public kafka::RebalanceListener {
 public:
  std::vector<PartitionOffset> assigned(const std::vector<Partition>& partitions) override {
    ++times_assigned;
    if (!refusal.empty()) throw Unavailable(refusal);
    std::vector<PartitionOffset> starts;
    for (const auto& partition : partitions) starts.push_back({partition, start});
    assigned_now = partitions;
    return starts;
  }
  void revoked(const std::vector<Partition>&, bool) override { assigned_now.clear(); }

  int64_t start = kafka::kLogBegin;
  std::string refusal;
  int times_assigned = 0;
  std::vector<Partition> assigned_now;
};

class KafkaConsumer : public ContractTest {
 protected:
  void SetUp() override {
    ContractTest::SetUp();
    if (cluster_) topic_ = cluster_->create("read", 1);
  }

  Consumer make(Listener& listener, const std::string& instance = "one",
                kafka::ClientRole role = kafka::ClientRole::processor_consumer) {
    auto settings = cluster_->settings();
    settings.properties["session.timeout.ms"] = "6000";
    settings.properties["heartbeat.interval.ms"] = "300";
    return Consumer(
        client_config(role, settings, {{"group.id", cluster_->prefix() + "group"}, {"group.instance.id", instance}}),
        {topic_}, listener);
  }
  void produce(int from, int to) {
    if (!writer_) {
      const std::vector<std::string> topics{topic_};
      writer_ =
          std::make_unique<kafka::TransactionalProducer>(cluster_->settings(), support::unique_name("writer"), topics);
      writer_->init();
    }
    writer_->begin();
    for (int i = from; i < to; ++i) {
      const auto value = std::to_string(i), id = "id " + value;
      const std::vector<kafka::Header> headers{{"event_id", id}};
      writer_->produce(0, {"key", value, headers, Timestamp(std::chrono::seconds(1'780'000'000 + i)), 0});
    }
    writer_->commit();
  }
  Strings take(Consumer& consumer, size_t count, std::chrono::milliseconds patience = rig::kPatience) {
    Strings values;
    const auto deadline = steady_clock::now() + patience;
    while (values.size() < count && steady_clock::now() < deadline)
      if (const auto record = consumer.poll(50ms)) values.emplace_back(record->value());
    return values;
  }
  static Strings numbers(int from, int to) {
    Strings values;
    for (int i = from; i < to; ++i) values.push_back(std::to_string(i));
    return values;
  }
  // The error that poll throws in the end.
  template <class Error>
  std::string await_error(Consumer& consumer) {
    std::string what;
    EXPECT_TRUE(eventually([&] {
      try {
        consumer.poll(50ms);
        return false;
      } catch (const Error& error) {
        what = error.what();
        return true;
      }
    }));
    return what;
  }

  std::string topic_;
  std::unique_ptr<kafka::TransactionalProducer> writer_;
};

TEST_P(KafkaConsumer, HandsOutEachRecordOnceInOrderAndWhole) {
  produce(0, 100);
  Listener listener;
  auto consumer = make(listener);
  std::optional<kafka::Record> first;
  ASSERT_TRUE(eventually([&] { return (first = consumer.poll(50ms)).has_value(); }))
      << "assigned " << listener.times_assigned << " times, end " << consumer.known_end({topic_, 0});
  EXPECT_EQ(first->key(), "key");
  EXPECT_EQ(first->header("event_id"), "id 0");
  EXPECT_EQ(first->header("other"), "");
  EXPECT_EQ(first->timestamp(), Timestamp(1'780'000'000s));
  EXPECT_EQ(first->topic(), topic_);
  EXPECT_EQ(first->offset(), 0);
  EXPECT_TRUE(first->has_value());
  first.reset();
  EXPECT_EQ(take(consumer, 99), numbers(1, 100));
  EXPECT_EQ(listener.assigned_now, (std::vector<Partition>{{topic_, 0}}));
  EXPECT_EQ(take(consumer, 1, 200ms), Strings{});
}

TEST_P(KafkaConsumer, BeginsWhereItsListenerSaysAndGoesBackWhereItIsTold) {
  produce(0, 50);
  Listener listener;
  listener.start = 40;
  auto consumer = make(listener);
  EXPECT_EQ(take(consumer, 10), numbers(40, 50));
  consumer.assign({{{topic_, 0}, 20}});
  EXPECT_EQ(take(consumer, 30), numbers(20, 50));
  EXPECT_TRUE(eventually([&] { return consumer.known_end({topic_, 0}) >= 50; }));
}

TEST_P(KafkaConsumer, ABrokerThatComesBackFindsItWhereItWas) {
  produce(0, 20);
  Listener listener;
  auto consumer = make(listener);
  EXPECT_EQ(take(consumer, 20), numbers(0, 20));
  cluster_->gate().refuse();
  cluster_->gate().cut();
  EXPECT_EQ(take(consumer, 1, 500ms), Strings{}) << "nothing is thrown";
  cluster_->gate().heal();
  produce(20, 40);
  EXPECT_EQ(take(consumer, 20), numbers(20, 40));
}

TEST_P(KafkaConsumer, WhatItsListenerThrowsComesOutOfPollAndNothingIsAssigned) {
  produce(0, 10);
  Listener listener;
  listener.refusal = "the journal is away";
  auto consumer = make(listener);
  EXPECT_EQ(await_error<Unavailable>(consumer), "the journal is away");
  EXPECT_EQ(take(consumer, 1, 300ms), Strings{});
}

TEST_P(KafkaConsumer, AnOffsetThatIsNotInTheLogStopsASink) {
  produce(0, 10);
  Listener listener;
  listener.start = 5'000;
  auto consumer = make(listener, "one", kafka::ClientRole::sink_consumer);
  EXPECT_NE(await_error<kafka::OffsetOutOfRange>(consumer), "");
}

TEST_P(KafkaConsumer, ATopicThatIsMissingIsUnavailable) {
  WXPIPE_MOCK_CANNOT("creates every topic that is asked for");
  topic_ = cluster_->prefix() + "none";
  Listener listener;
  auto consumer = make(listener);
  EXPECT_NE(await_error<Unavailable>(consumer).find("UNKNOWN_TOPIC"), std::string::npos);
}

TEST_P(KafkaConsumer, AnotherMemberOfTheSameNameFencesIt) {
  WXPIPE_MOCK_CANNOT("knows no static members");
  produce(0, 10);
  Listener listener, other;
  auto consumer = make(listener);
  EXPECT_EQ(take(consumer, 10), numbers(0, 10));
  auto thief = make(other);
  EXPECT_EQ(take(thief, 10), numbers(0, 10));
  EXPECT_NE(await_error<Fenced>(consumer), "");
}

TEST_P(KafkaConsumer, AMemberThatReturnsFindsItsPartitions) {
  WXPIPE_MOCK_CANNOT("knows no static members");
  produce(0, 10);
  Listener listener, same;
  {
    auto consumer = make(listener);
    EXPECT_EQ(take(consumer, 10), numbers(0, 10));
  }
  auto consumer = make(same);
  EXPECT_EQ(take(consumer, 10), numbers(0, 10));
}

TEST_P(KafkaConsumer, KnowsWhatItsGroupHasCommitted) {
  produce(0, 10);
  Listener listener;
  auto consumer = make(listener);
  EXPECT_EQ(take(consumer, 10), numbers(0, 10));
  EXPECT_EQ(consumer.committed({{topic_, 0}}, 10s), (std::vector<PartitionOffset>{{{topic_, 0}, kafka::kNoOffset}}));
  WXPIPE_MOCK_CANNOT("forgets offsets of transactions");
  writer_->begin();
  const std::vector<PartitionOffset> next{{{topic_, 0}, 7}};
  writer_->produce(0, {"key", "out", {}, Timestamp(1'780'000'000s), 0});
  writer_->send_offsets(next, consumer.group_metadata());
  writer_->commit();
  EXPECT_EQ(consumer.committed({{topic_, 0}}, 10s), next);
}

TEST_P(KafkaConsumer, SaysThatTheBrokerIsAwayWhenItIsAsked) {
  produce(0, 10);
  Listener listener;
  auto consumer = make(listener);
  EXPECT_EQ(take(consumer, 10), numbers(0, 10));
  cluster_->gate().freeze();
  const auto asked = steady_clock::now();
  EXPECT_THROW(consumer.committed({{topic_, 0}}, 500ms), Unavailable);
  EXPECT_LT(steady_clock::now() - asked, 5s);
}
WXPIPE_ON_BOTH_BROKERS(KafkaConsumer);

class KafkaPartitionReader : public KafkaConsumer {
 protected:
  Strings read(kafka::PartitionReader& reader, int64_t from, int64_t to, std::chrono::milliseconds timeout = 20s) {
    Strings values;
    reader.read(
        {{{topic_, 0}, from, to}}, [&](const kafka::Record& record) { values.emplace_back(record.value()); }, timeout);
    return values;
  }
};

TEST_P(KafkaPartitionReader, ReadsAStretchAndNothingElse) {
  produce(0, 100);
  kafka::PartitionReader reader(cluster_->settings());
  EXPECT_EQ(read(reader, 10, 20), numbers(10, 20));
  EXPECT_EQ(read(reader, 90, 100), numbers(90, 100));
  EXPECT_EQ(read(reader, 20, 20), Strings{});
  EXPECT_EQ(reader.beginnings({{topic_, 0}}, 10s), (std::vector<PartitionOffset>{{{topic_, 0}, 0}}));
  EXPECT_GE(reader.ends({{topic_, 0}}, 10s).at(0).offset, 100);
}

TEST_P(KafkaPartitionReader, FindsTheFirstRecordAtOrAfterAMoment) {
  WXPIPE_MOCK_CANNOT("looks nothing up by time");
  produce(0, 100);
  kafka::PartitionReader reader(cluster_->settings());
  const Timestamp begin(1'780'000'000s);
  EXPECT_EQ(reader.at_times({{{topic_, 0}, begin + 30s}}, 10s), (std::vector<PartitionOffset>{{{topic_, 0}, 30}}));
  // Past the last record: the transaction's marker also has a time, that of its commit.
  const auto never = begin + std::chrono::years(50);
  EXPECT_EQ(reader.at_times({{{topic_, 0}, never}}, 10s),
            (std::vector<PartitionOffset>{{{topic_, 0}, kafka::kNoOffset}}));
}

TEST_P(KafkaPartitionReader, WaitsForATransactionThatIsOpenAndLeavesOutOneThatIsAborted) {
  WXPIPE_MOCK_CANNOT("shows what is open and what is aborted");
  produce(0, 10);
  const std::vector<std::string> topics{topic_};
  kafka::TransactionalProducer other(cluster_->settings(), support::unique_name("other"), topics);
  other.init();
  kafka::PartitionReader reader(cluster_->settings());
  for (const bool commit : {false, true}) {
    const auto before = reader.ends({{topic_, 0}}, 10s).at(0).offset;
    other.begin();
    other.produce(0, {"key", "open", {}, Timestamp(1'780'000'000s), 0});
    int64_t end = 0;
    EXPECT_TRUE(eventually([&] { return (end = reader.ends({{topic_, 0}}, 10s).at(0).offset) > before; }));
    EXPECT_THROW(read(reader, before, end, 300ms), Unavailable) << "open";
    commit ? other.commit() : other.abort();
    EXPECT_EQ(read(reader, before, end), commit ? Strings{"open"} : Strings{});
  }
}

TEST_P(KafkaPartitionReader, GivesUpAtItsTimeAndWhenItIsStopped) {
  produce(0, 10);
  kafka::PartitionReader reader(cluster_->settings());
  EXPECT_EQ(read(reader, 0, 10), numbers(0, 10));
  cluster_->gate().freeze();
  auto asked = steady_clock::now();
  EXPECT_THROW(read(reader, 0, 10, 300ms), Unavailable);
  EXPECT_LT(steady_clock::now() - asked, 5s);
  std::stop_source stopped;
  stopped.request_stop();
  asked = steady_clock::now();
  EXPECT_THROW(reader.read(
                   {{{topic_, 0}, 0, 10}}, [](const kafka::Record&) {}, 60s, stopped.get_token()),
               Unavailable);
  EXPECT_LT(steady_clock::now() - asked, 5s);
}
WXPIPE_ON_BOTH_BROKERS(KafkaPartitionReader);

class KafkaPartitionReaderErrors : public KafkaPartitionReader {};

TEST_P(KafkaPartitionReaderErrors, ALeaderThatIsChangingIsAskedAgain) {
  kafka::PartitionReader reader(cluster_->settings());
  cluster_->mock().answer(Request::list_offsets, std::vector(8, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION));
  EXPECT_EQ(reader.ends({{topic_, 0}}, 20s).at(0).offset, 0);
}
INSTANTIATE_TEST_SUITE_P(Kafka, KafkaPartitionReaderErrors, ::testing::Values(Broker::mock), broker_name);

}  // namespace
}  // namespace wxpipe::contract
