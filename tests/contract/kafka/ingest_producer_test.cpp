// ingest's producer: every record it took is reported exactly once, whatever the broker does. A record reported as
// delivered is really there.
#include "ingest/delivery/producer.hpp"

#include <poll.h>

#include <deque>
#include <map>

#include "common/result.hpp"
#include "rig/eventually.hpp"
#include "tests/contract/kafka/cluster.hpp"
#include "tests/support/topic_reader.hpp"

namespace wxpipe::contract {
namespace {
using namespace std::chrono_literals;
using ingest::Outbound;
using ingest::Producer;
using rig::eventually;
using schemas::TopicName;
using std::chrono::steady_clock;

class IngestProducer : public ContractTest {
 protected:
  void SetUp() override {
    ContractTest::SetUp();
    if (!cluster_) return;
    cluster_->create("events.v1", 3);
    cluster_->create("dead_letters.v1", 1);
    cluster_->create("custody.v1", 1);
  }

  std::unique_ptr<Producer> make(const std::map<std::string, std::string>& properties = {}) {
    settings_ = cluster_->settings();
    settings_.properties = properties;
    return std::make_unique<Producer>(settings_, [this](void* opaque, rd_kafka_resp_err_t error) {
      reports_[static_cast<const Outbound*>(opaque)].push_back(error);
    });
  }
  // Records stay alive to the end, as the producer requires.
  const Outbound& record(int number) {
    auto& record = records_.emplace_back();
    record.key = fmt::format("shop||o{}", number % 5);
    record.value = fmt::format("value {}", number);
    record.event_id = fmt::format("id {}", number);
    record.receipt = fmt::format("edge/boot/{}", number);
    record.timestamp = Timestamp(std::chrono::milliseconds(1'780'000'000'000 + number));
    return record;
  }
  rd_kafka_resp_err_t produce(Producer& producer, int number) {
    auto& sent = record(number);
    return producer.produce(sent, const_cast<Outbound*>(&sent));
  }
  bool await_reports(Producer& producer, size_t count, std::chrono::milliseconds patience = rig::kPatience) {
    const auto deadline = steady_clock::now() + patience;
    while (reports_.size() < count && steady_clock::now() < deadline) producer.poll(20ms);
    return reports_.size() >= count;
  }
  // The reports: each record once, and how it ended.
  std::map<std::string, int> ends() const {
    std::map<std::string, int> ends;
    for (const auto& [record, errors] : reports_) {
      EXPECT_EQ(errors.size(), 1u) << record->value;
      ++ends[rd_kafka_err2name(errors.front())];
    }
    return ends;
  }
  std::vector<support::TopicRecord> on_broker(TopicName topic = TopicName::events) {
    return support::read_topic(cluster_->settings(), cluster_->name(topic));
  }

  config::KafkaSettings settings_;
  std::deque<Outbound> records_;
  std::map<const Outbound*, std::vector<rd_kafka_resp_err_t>> reports_;
};
using Ends = std::map<std::string, int>;

TEST_P(IngestProducer, ReportsEachRecordOnceAndItIsOnTheBroker) {
  const auto producer = make();
  for (int i = 0; i < 500; ++i) ASSERT_EQ(produce(*producer, i), RD_KAFKA_RESP_ERR_NO_ERROR);
  ASSERT_TRUE(await_reports(*producer, 500));
  EXPECT_EQ(ends(), (Ends{{"NO_ERROR", 500}}));
  EXPECT_FALSE(producer->broken());
  std::map<std::string, std::vector<std::string>> seen, expected;
  for (const auto& record : records_) expected[record.key].push_back(record.value);
  for (const auto& record : on_broker()) seen[record.key].push_back(record.value);
  EXPECT_EQ(seen, expected) << "in order, by key";
}

TEST_P(IngestProducer, ARecordArrivesWhole) {
  const auto producer = make();
  auto& letter = records_.emplace_back();
  letter.topic = TopicName::dead_letters;
  letter.key = "账号";
  letter.value = std::string("any\0bytes\xff", 10);
  letter.receipt = "edge/boot/1";
  letter.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  letter.timestamp = Timestamp(1'780'000'000'123'000us);
  ASSERT_EQ(producer->produce(letter, &letter), RD_KAFKA_RESP_ERR_NO_ERROR);
  ASSERT_TRUE(await_reports(*producer, 1));
  const auto found = on_broker(TopicName::dead_letters);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].key, letter.key);
  EXPECT_EQ(found[0].value, letter.value);
  EXPECT_EQ(found[0].headers, std::vector<std::string>{"traceparent"});
  EXPECT_EQ(found[0].traceparent, letter.traceparent);
  EXPECT_EQ(found[0].timestamp, letter.timestamp);
}

TEST_P(IngestProducer, ItsDescriptorWakesItsOwnerForAReport) {
  const auto producer = make();
  producer->poll(100ms);
  ASSERT_EQ(produce(*producer, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
  pollfd ready{.fd = producer->event_fd(), .events = POLLIN, .revents = 0};
  while (reports_.empty()) {
    ASSERT_EQ(::poll(&ready, 1, 10'000), 1) << "nobody was woken";
    producer->poll();
  }
  EXPECT_EQ(ends(), (Ends{{"NO_ERROR", 1}}));
}

// Events from before its descriptor was known woke nobody: a fatal error, or that no broker answers.
TEST_P(IngestProducer, ItsDescriptorWakesItsOwnerOnceAtTheBeginning) {
  cluster_->gate().refuse();
  const auto producer = make();
  pollfd ready{.fd = producer->event_fd(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&ready, 1, 0), 1);
}

TEST_P(IngestProducer, WhatWasSentWhileTheBrokerWasAwayArrivesOnceInOrderWhenItIsBack) {
  const auto producer = make();
  ASSERT_EQ(produce(*producer, 0), RD_KAFKA_RESP_ERR_NO_ERROR);
  ASSERT_TRUE(await_reports(*producer, 1));
  cluster_->gate().refuse();
  cluster_->gate().cut();
  for (int i = 1; i < 100; ++i) ASSERT_EQ(produce(*producer, i), RD_KAFKA_RESP_ERR_NO_ERROR);
  EXPECT_FALSE(await_reports(*producer, 2, 300ms)) << "a failure is not reported before its time";
  cluster_->gate().heal();
  ASSERT_TRUE(await_reports(*producer, 100));
  EXPECT_EQ(ends(), (Ends{{"NO_ERROR", 100}}));
  EXPECT_EQ(on_broker().size(), 100u);
  std::map<std::string, std::vector<std::string>> seen, expected;
  for (const auto& record : records_) expected[record.key].push_back(record.value);
  for (const auto& record : on_broker()) seen[record.key].push_back(record.value);
  EXPECT_EQ(seen, expected);
}

TEST_P(IngestProducer, AnAnswerThatIsLostOnTheWayDoublesNothing) {
  const auto producer = make({{"socket.timeout.ms", "1000"}});
  ASSERT_EQ(produce(*producer, 0), RD_KAFKA_RESP_ERR_NO_ERROR);
  ASSERT_TRUE(await_reports(*producer, 1));
  cluster_->gate().freeze(rig::Toward::client);  // the broker gets them, but we don't hear of it
  for (int i = 1; i < 50; ++i) ASSERT_EQ(produce(*producer, i), RD_KAFKA_RESP_ERR_NO_ERROR);
  EXPECT_FALSE(await_reports(*producer, 2, 500ms));
  cluster_->gate().cut();
  cluster_->gate().heal();
  ASSERT_TRUE(await_reports(*producer, 50));
  EXPECT_EQ(ends(), (Ends{{"NO_ERROR", 50}}));
  WXPIPE_MOCK_CANNOT("tells no repeated batch from a new one");
  EXPECT_EQ(on_broker().size(), 50u);
}

TEST_P(IngestProducer, ABrokerThatStaysAwayIsReportedAsATimeout) {
  const auto producer = make({{"message.timeout.ms", "1000"}});
  ASSERT_TRUE(producer->trouble(10s).empty());
  cluster_->gate().refuse();
  cluster_->gate().cut();
  const auto sent = steady_clock::now();
  for (int i = 0; i < 20; ++i) ASSERT_EQ(produce(*producer, i), RD_KAFKA_RESP_ERR_NO_ERROR);
  ASSERT_TRUE(await_reports(*producer, 20));
  EXPECT_LT(steady_clock::now() - sent, 5s) << "not after a backoff of ten seconds";
  EXPECT_EQ(ends(), (Ends{{"_MSG_TIMED_OUT", 20}}));
}

TEST_P(IngestProducer, ItTakesNoMoreThanItsQueueHoldsAndReportsNothingThatItRefused) {
  const auto producer = make({{"queue.buffering.max.messages", "10"}});
  ASSERT_TRUE(producer->trouble(10s).empty());
  cluster_->gate().refuse();
  cluster_->gate().cut();
  int taken = 0;
  while (taken < 100 && produce(*producer, taken) == RD_KAFKA_RESP_ERR_NO_ERROR) ++taken;
  EXPECT_EQ(taken, 10);
  EXPECT_EQ(produce(*producer, 100), RD_KAFKA_RESP_ERR__QUEUE_FULL);
  cluster_->gate().heal();
  ASSERT_TRUE(await_reports(*producer, 10));
  EXPECT_EQ(ends(), (Ends{{"NO_ERROR", 10}}));
  EXPECT_EQ(produce(*producer, 101), RD_KAFKA_RESP_ERR_NO_ERROR) << "there is room again";
  ASSERT_TRUE(await_reports(*producer, 11));
}

TEST_P(IngestProducer, WhatIsInFlightWhenItIsDestroyedIsReportedAsGivenUp) {
  auto producer = make();
  ASSERT_TRUE(producer->trouble(10s).empty());
  cluster_->gate().freeze();
  for (int i = 0; i < 30; ++i) ASSERT_EQ(produce(*producer, i), RD_KAFKA_RESP_ERR_NO_ERROR);
  EXPECT_FALSE(await_reports(*producer, 1, 200ms));
  const auto started = steady_clock::now();
  producer.reset();
  EXPECT_LT(steady_clock::now() - started, 5s);
  int given_up = 0;
  for (const auto& [name, count] : ends()) {
    EXPECT_TRUE(name == "_PURGE_QUEUE" || name == "_PURGE_INFLIGHT") << name;
    given_up += count;
  }
  EXPECT_EQ(given_up, 30);
}

TEST_P(IngestProducer, SaysWhatIsWrongWithTheCluster) {
  const auto producer = make();
  EXPECT_EQ(producer->trouble(10s), "");
  cluster_->gate().refuse();
  cluster_->gate().cut();
  const auto asked = steady_clock::now();
  EXPECT_NE(producer->trouble(500ms).find("no broker answers"), std::string::npos) << producer->trouble(500ms);
  EXPECT_LT(steady_clock::now() - asked, 5s);
  cluster_->gate().heal();
  EXPECT_TRUE(eventually([&] { return producer->trouble(1s).empty(); }));
}

TEST_P(IngestProducer, NamesATopicThatIsMissing) {
  WXPIPE_MOCK_CANNOT("creates every topic that is asked for");
  settings_ = cluster_->settings();
  settings_.topic_prefix += "none.";
  Producer producer(settings_, [](void*, rd_kafka_resp_err_t) {});
  EXPECT_EQ(producer.trouble(10s),
            "topic " + settings_.topic_prefix + "events.v1 is missing; run `wxpipe topics apply`");
}

TEST_P(IngestProducer, ARecordThatTheTopicDoesNotTakeIsReportedWithTheReason) {
  WXPIPE_MOCK_CANNOT("has no limits");
  kafka::Admin(cluster_->settings()).set_config(cluster_->name(TopicName::events), {{"max.message.bytes", "500"}});
  const auto producer = make({{"compression.codec", "none"}});
  auto& large = records_.emplace_back();
  large.key = "k";
  large.value.assign(2'000, 'x');
  large.timestamp = Timestamp(1'780'000'000s);
  ASSERT_EQ(producer->produce(large, &large), RD_KAFKA_RESP_ERR_NO_ERROR);
  ASSERT_TRUE(await_reports(*producer, 1));
  EXPECT_EQ(ends(), (Ends{{"MSG_SIZE_TOO_LARGE", 1}}));
  EXPECT_FALSE(producer->broken());
}
WXPIPE_ON_BOTH_BROKERS(IngestProducer);

// What only the mock can show: errors on demand.
class IngestProducerOnErrors : public IngestProducer {};

TEST_P(IngestProducerOnErrors, WhatHealsIsTriedAgainByItself) {
  const auto producer = make();
  ASSERT_TRUE(producer->trouble(10s).empty());
  cluster_->mock().answer(Request::produce,
                          {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                           RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR__TRANSPORT});
  for (int i = 0; i < 20; ++i) ASSERT_EQ(produce(*producer, i), RD_KAFKA_RESP_ERR_NO_ERROR);
  ASSERT_TRUE(await_reports(*producer, 20));
  EXPECT_EQ(ends(), (Ends{{"NO_ERROR", 20}}));
  EXPECT_FALSE(producer->broken());
}

TEST_P(IngestProducerOnErrors, WhatCannotGoOnIsBrokenAndSaysWhy) {
  cluster_->mock().answer(Request::init_producer_id, {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED});
  auto producer = make();
  for (int i = 0; i < 20; ++i) produce(*producer, i);
  EXPECT_TRUE(eventually([&] {
    producer->poll(20ms);
    return producer->broken();
  }));
  EXPECT_NE(producer->why_broken(), "");
  EXPECT_NE(produce(*producer, 100), RD_KAFKA_RESP_ERR_NO_ERROR) << "a broken producer takes nothing";
  producer.reset();
  size_t reported = 0;
  for (const auto& [name, count] : ends()) {
    EXPECT_NE(name, "NO_ERROR");
    reported += static_cast<size_t>(count);
  }
  EXPECT_EQ(reported, 20u) << "each of those it took";

  reports_.clear();
  const auto next = make();
  for (int i = 200; i < 220; ++i) ASSERT_EQ(produce(*next, i), RD_KAFKA_RESP_ERR_NO_ERROR);
  ASSERT_TRUE(await_reports(*next, 20));
  EXPECT_EQ(ends(), (Ends{{"NO_ERROR", 20}})) << "a new one is as good as ever";
}
INSTANTIATE_TEST_SUITE_P(Kafka, IngestProducerOnErrors, ::testing::Values(Broker::mock), broker_name);

}  // namespace
}  // namespace wxpipe::contract
