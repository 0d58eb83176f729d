// All or nothing, and what each kind of error asks us to do.
#include "common/kafka/transactional_producer.hpp"

#include "common/kafka/error.hpp"
#include "common/kafka/group_offsets.hpp"
#include "common/result.hpp"
#include "rig/eventually.hpp"
#include "tests/contract/kafka/cluster.hpp"
#include "tests/support/topic_reader.hpp"
#include "tests/support/unique_name.hpp"

namespace wxpipe::contract {
namespace {
using namespace std::chrono_literals;
using kafka::Renewal;
using kafka::TransactionAborted;
using kafka::TransactionalProducer;
using rig::eventually;
using std::chrono::steady_clock;
using support::Isolation;
using Strings = std::vector<std::string>;

class KafkaTransactions : public ContractTest {
 protected:
  void SetUp() override {
    ContractTest::SetUp();
    if (!cluster_) return;
    topics_ = {cluster_->create("out", 1)};
    id_ = support::unique_name("transactions");
  }
  std::unique_ptr<TransactionalProducer> make(std::chrono::milliseconds patience = 8s,
                                              const std::map<std::string, std::string>& properties = {}) {
    auto settings = cluster_->settings();
    settings.properties = properties;
    return std::make_unique<TransactionalProducer>(settings, id_, topics_,
                                                   std::vector<std::pair<std::string, std::string>>{}, patience);
  }
  static void produce(TransactionalProducer& producer, const std::string& value) {
    producer.produce(0, {"key", value, {}, Timestamp(1'780'000'000s), RD_KAFKA_PARTITION_UA});
  }
  void commit_one(TransactionalProducer& producer, const std::string& value) {
    producer.begin();
    produce(producer, value);
    producer.commit();
  }
  std::string group_name() const { return cluster_->prefix() + "group"; }
  kafka::GroupMetadata group() const {
    return kafka::GroupMetadata(rd_kafka_consumer_group_metadata_new(group_name().c_str()));
  }
  // As a consumer does before it has offsets to send. A cluster's first group takes a second.
  void find_coordinator() {
    kafka::GroupOffsets offsets(cluster_->settings(), group_name());
    ASSERT_TRUE(eventually([&] {
      try {
        offsets.committed({{topics_[0], 0}}, 1s);
        return true;
      } catch (const Unavailable&) {
        return false;
      }
    }));
  }
  void send_offset(TransactionalProducer& producer) {
    const std::vector<kafka::PartitionOffset> next{{{topics_[0], 0}, 3}};
    producer.send_offsets(next, group());
  }
  Strings values(Isolation isolation = Isolation::committed) {
    Strings values;
    for (const auto& record : support::read_topic(cluster_->settings(), topics_[0], isolation))
      values.push_back(record.value);
    return values;
  }

  std::vector<std::string> topics_;
  std::string id_;
};

TEST_P(KafkaTransactions, WhatIsCommittedIsThereInOrder) {
  find_coordinator();
  const auto producer = make();
  producer->init();
  commit_one(*producer, "a");
  producer->begin();
  for (const auto* value : {"b", "c"}) produce(*producer, value);
  send_offset(*producer);
  producer->commit();
  EXPECT_EQ(values(), (Strings{"a", "b", "c"}));
}

TEST_P(KafkaTransactions, WhatIsAbortedNeverWasAndTheProducerGoesOn) {
  const auto producer = make();
  producer->init();
  producer->begin();
  produce(*producer, "a");
  producer->abort();
  commit_one(*producer, "b");
  WXPIPE_MOCK_CANNOT("ignores aborts");
  EXPECT_EQ(values(), Strings{"b"});
  EXPECT_EQ(values(Isolation::uncommitted), (Strings{"a", "b"}));
}

TEST_P(KafkaTransactions, AnEmptyTransactionIsNothing) {
  const auto producer = make();
  producer->init();
  for (int i = 0; i < 3; ++i) {
    producer->begin();
    i == 1 ? producer->abort() : producer->commit();
  }
  commit_one(*producer, "a");
  EXPECT_EQ(values(), Strings{"a"});
}

TEST_P(KafkaTransactions, TheNextUserOfAnIdFencesTheOneBeforeAndEndsItsTransaction) {
  WXPIPE_MOCK_CANNOT("ignores fencing");
  const auto first = make();
  first->init();
  first->begin();
  produce(*first, "a");
  const auto second = make();
  second->init();
  commit_one(*second, "b");
  EXPECT_THROW(first->commit(), Fenced);
  EXPECT_THROW(first->begin(), Fenced);
  EXPECT_EQ(values(), Strings{"b"});
}

TEST_P(KafkaTransactions, ABrokerThatIsAwayIsUnavailableAfterThePatienceAndTheNextProducerTidiesUp) {
  auto producer = make(1s);
  producer->init();
  commit_one(*producer, "a");
  producer->begin();
  produce(*producer, "b");
  cluster_->gate().refuse();
  cluster_->gate().cut();
  const auto asked = steady_clock::now();
  EXPECT_THROW(producer->commit(), Unavailable);
  EXPECT_LT(steady_clock::now() - asked, 5s);
  producer.reset();
  EXPECT_LT(steady_clock::now() - asked, 8s) << "giving up waits for nobody";
  cluster_->gate().heal();
  const auto next = make();
  next->init();
  commit_one(*next, "c");
  const auto found = values();
  EXPECT_EQ(found.back(), "c");
  EXPECT_EQ(found.front(), "a");
}

TEST_P(KafkaTransactions, InitWaitsNoLongerThanItsPatience) {
  cluster_->gate().refuse();
  const auto producer = make(1s);
  const auto asked = steady_clock::now();
  EXPECT_THROW(producer->init(), Unavailable);
  EXPECT_LT(steady_clock::now() - asked, 5s);
  cluster_->gate().heal();
  EXPECT_TRUE(eventually([&] {
    try {
      producer->init();
      return true;
    } catch (const Unavailable&) {
      return false;
    }
  }));
  commit_one(*producer, "a");
  EXPECT_EQ(values(), Strings{"a"});
}

TEST_P(KafkaTransactions, ARecordThatTheTopicDoesNotTakeAbortsItsTransaction) {
  WXPIPE_MOCK_CANNOT("has no limits");
  kafka::Admin(cluster_->settings()).set_config(topics_[0], {{"max.message.bytes", "500"}});
  const auto producer = make(8s, {{"compression.codec", "none"}});
  producer->init();
  producer->begin();
  produce(*producer, std::string(2'000, 'x'));
  EXPECT_THROW(producer->commit(), TransactionAborted);
  producer->abort();
  // librdkafka doesn't use the failed record's sequence number again. The broker misses it once and then goes on.
  try {
    commit_one(*producer, "a");
  } catch (const TransactionAborted&) {
    producer->abort();
    commit_one(*producer, "a");
  }
  EXPECT_EQ(values(), Strings{"a"});
}

TEST_P(KafkaTransactions, ATopicThatIsMissingIsNamed) {
  WXPIPE_MOCK_CANNOT("creates every topic that is asked for");
  topics_ = {cluster_->prefix() + "none"};
  const auto producer = make(2s);
  try {
    producer->init();
    FAIL() << "nothing was missing";
  } catch (const Unavailable& error) {
    EXPECT_NE(std::string(error.what()).find(topics_[0]), std::string::npos) << error.what();
  }
}
TEST_P(KafkaTransactions, IsRenewedAfterAnAbortAndNotAfterACleanCommit) {
  find_coordinator();
  const auto producer = make();
  producer->init();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(producer->begin(), std::nullopt);
    produce(*producer, "a");
    send_offset(*producer);
    producer->commit();
  }
  EXPECT_EQ(producer->begin(), std::nullopt);
  produce(*producer, "b");
  producer->abort();
  EXPECT_EQ(producer->begin(), Renewal::aborted);
  produce(*producer, "c");
  producer->commit();
  EXPECT_EQ(producer->begin(), std::nullopt);
  producer->abort();
}

TEST_P(KafkaTransactions, IsRenewedWhenAConnectionOfItsTransactionIsLostAndNotForOneBetweenTransactions) {
  const auto producer = make();
  producer->init();
  commit_one(*producer, "a");
  cluster_->gate().cut();
  ASSERT_TRUE(eventually([&] { return cluster_->gate().connections() > 0; })) << "connected again";
  EXPECT_EQ(producer->begin(), std::nullopt);
  produce(*producer, "b");
  ASSERT_EQ(support::TopicReader(cluster_->settings(), topics_[0], Isolation::uncommitted).at_least(2).size(), 2u);
  cluster_->gate().cut();
  producer->commit();
  EXPECT_EQ(producer->begin(), Renewal::connection_lost);
  produce(*producer, "c");
  producer->commit();
  EXPECT_EQ(values(), (Strings{"a", "b", "c"}));
}

TEST_P(KafkaTransactions, IsRenewedWhenACallTookAsLongAsARequestMay) {
  const auto producer = make(8s, {{"socket.timeout.ms", "400"}});
  producer->init();
  producer->begin();
  produce(*producer, "a");
  cluster_->gate().delay(150ms);
  producer->commit();
  cluster_->gate().heal();
  EXPECT_EQ(producer->begin(), Renewal::slow) << "no request timed out, and all of them together took longer";
  produce(*producer, "b");
  producer->commit();
  EXPECT_EQ(values(), (Strings{"a", "b"}));
}
WXPIPE_ON_BOTH_BROKERS(KafkaTransactions);

// What only the mock can show: errors on demand.
class KafkaTransactionErrors : public KafkaTransactions {};

TEST_P(KafkaTransactionErrors, RetriableOnesAreTriedAgain) {
  cluster_->mock().answer(Request::init_producer_id,
                          {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS});
  const auto producer = make();
  producer->init();
  cluster_->mock().answer(Request::add_partitions,
                          {RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, RD_KAFKA_RESP_ERR__TRANSPORT});
  cluster_->mock().answer(Request::add_offsets, {RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE});
  cluster_->mock().answer(Request::transaction_offsets, {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS});
  cluster_->mock().answer(Request::end_transaction, {RD_KAFKA_RESP_ERR_NOT_COORDINATOR});
  producer->begin();
  produce(*producer, "a");
  send_offset(*producer);
  producer->commit();
  EXPECT_EQ(values(), Strings{"a"});
}

TEST_P(KafkaTransactionErrors, AbortableOnesAskForAnAbortAndTheProducerGoesOn) {
  const auto producer = make();
  producer->init();
  for (const auto code : {RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID,
                          RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID}) {
    cluster_->mock().answer(Request::transaction_offsets, {code});
    producer->begin();
    produce(*producer, "a");
    EXPECT_THROW(
        {
          send_offset(*producer);
          producer->commit();
        },
        TransactionAborted)
        << rd_kafka_err2name(code);
    producer->abort();
  }
  commit_one(*producer, "b");
  EXPECT_EQ(values().back(), "b");
}

TEST_P(KafkaTransactionErrors, AGroupCoordinatorThatCannotBeFoundIsUnavailableThoughLibrdkafkaWaitsForEver) {
  auto producer = make(1s);
  producer->init();
  producer->begin();
  produce(*producer, "a");
  // As many times as librdkafka retries. After that it waits until a connection opens or closes.
  cluster_->mock().answer(Request::find_coordinator, std::vector(3, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE));
  const auto asked = steady_clock::now();
  EXPECT_THROW(send_offset(*producer), Unavailable);
  EXPECT_LT(steady_clock::now() - asked, 8s);
  EXPECT_EQ(TransactionalProducer::calls_under_way(), 1) << "it waits still";
  producer.reset();
  EXPECT_LT(steady_clock::now() - asked, 10s) << "giving up waits for nobody";
  const auto next = make();
  next->init();
  next->begin();
  produce(*next, "b");
  send_offset(*next);
  next->commit();
  EXPECT_EQ(values().back(), "b");
  cluster_->gate().cut();
  EXPECT_TRUE(eventually([] { return TransactionalProducer::calls_under_way() == 0; })) << "and nothing is left of it";
}

TEST_P(KafkaTransactionErrors, FatalOnesMeanANewProducer) {
  for (const auto code :
       {RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED}) {
    const auto producer = make();
    producer->init();
    producer->begin();
    produce(*producer, "a");
    cluster_->mock().answer(Request::end_transaction, {code});
    EXPECT_THROW(producer->commit(), Fenced) << rd_kafka_err2name(code);
    EXPECT_THROW(producer->begin(), Fenced) << "and it doesn't hang";
    EXPECT_THROW(producer->abort(), Fenced);
  }
  const auto next = make();
  next->init();
  commit_one(*next, "b");
  EXPECT_EQ(values().back(), "b");
}
INSTANTIATE_TEST_SUITE_P(Kafka, KafkaTransactionErrors, ::testing::Values(Broker::mock), broker_name);

}  // namespace
}  // namespace wxpipe::contract
