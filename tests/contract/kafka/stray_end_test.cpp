// The end of a transaction, commit or abort, that comes late to the broker: the client has given up waiting, asked
// again and begun the next transaction. It must not end that one, or records are lost (aborted, with their offsets
// committed all the same) or doubled (committed too early, and written again).
#include <gmock/gmock.h>

#include <future>

#include "common/kafka/error.hpp"
#include "common/kafka/group_offsets.hpp"
#include "common/kafka/transactional_producer.hpp"
#include "common/result.hpp"
#include "rig/eventually.hpp"
#include "tests/contract/kafka/cluster.hpp"
#include "tests/support/topic_reader.hpp"
#include "tests/support/unique_name.hpp"

namespace wxpipe::contract {
namespace {
using namespace std::chrono_literals;
using kafka::Renewal;
using kafka::TransactionalProducer;
using rig::eventually;
using support::Isolation;
using testing::ElementsAreArray;
using Strings = std::vector<std::string>;

enum class End { abort, commit };
// When the next transaction meets it. Offsets go in two steps: to the transaction's coordinator, then to the group's.
enum class Moment { producing, before_offsets, between_offsets, after_offsets };
enum class Then { goes_on, dies };  // whoever writes the next transaction

constexpr size_t kRecords = 20;

class StrayEnd : public ::testing::TestWithParam<std::tuple<End, Moment, Then>> {
 protected:
  struct Died {};

  void SetUp() override {
    WXPIPE_NEEDS_STACK();
    cluster_ = std::make_unique<Cluster>(Broker::real);
    topics_ = {cluster_->create("out", 1)};
    id_ = support::unique_name("transactions");
    ASSERT_TRUE(eventually([&] { return committed_offset().has_value(); })) << "a group's coordinator";
    make();
  }
  End end() const { return std::get<End>(GetParam()); }
  rig::KafkaGate& gate() { return cluster_->kafka_gate(); }

  void make() {
    auto settings = cluster_->settings();
    settings.properties = {{"socket.timeout.ms", "1000"}};
    producer_ = std::make_unique<TransactionalProducer>(settings, id_, topics_);
    producer_->init();
  }
  void produce(const std::string& value) {
    producer_->produce(0, {"key", value, {}, Timestamp(1'780'000'000s), RD_KAFKA_PARTITION_UA});
    ++produced_;
  }
  void await_records() {
    support::TopicReader reader(cluster_->settings(), topics_[0], Isolation::uncommitted);
    ASSERT_GE(reader.at_least(produced_).size(), produced_) << "on the broker";
  }
  void send_offset(int64_t next) {
    const std::string group = cluster_->prefix() + "group";
    const std::vector<kafka::PartitionOffset> offsets{{{topics_[0], 0}, next}};
    producer_->send_offsets(offsets, kafka::GroupMetadata(rd_kafka_consumer_group_metadata_new(group.c_str())));
  }
  // Nothing: the broker can't say now.
  std::optional<int64_t> committed_offset() {
    kafka::GroupOffsets offsets(cluster_->settings(), cluster_->prefix() + "group");
    try {
      return offsets.committed({{topics_[0], 0}}, 1s).at(0).offset;
    } catch (const Unavailable&) {
      return std::nullopt;
    }
  }

  // The producer's first transaction ends with the second copy of its request. The first one stays at the gate.
  void end_one_transaction() {
    gate().withhold(Request::end_transaction);
    producer_->begin();
    produce("first");
    await_records();
    send_offset(1);
    end() == End::commit ? producer_->commit() : producer_->abort();
    ASSERT_TRUE(gate().withholds());
  }

  // After the offsets, records may still be on their way: these come to nothing then.
  void meet(Moment now) {
    if (answer_ || now != std::get<Moment>(GetParam())) return;
    if (now == Moment::between_offsets)
      EXPECT_TRUE(eventually([&] { return gate().holds(); })) << "the offsets on their way to the group";
    else if (now != Moment::after_offsets)
      await_records();
    answer_ = static_cast<rd_kafka_resp_err_t>(gate().deliver());
  }
  void die_if_told(Moment now) {
    if (now == std::get<Moment>(GetParam()) && std::get<Then>(GetParam()) == Then::dies && !std::exchange(died_, true))
      throw Died();
  }
  void write_next_transaction() {
    const auto renewed = producer_->begin();
    if (!answer_) renewed_ = renewed;
    for (size_t i = 0; i < kRecords / 2; ++i) produce(std::to_string(i));
    meet(Moment::producing);
    die_if_told(Moment::producing);
    for (size_t i = kRecords / 2; i < kRecords; ++i) produce(std::to_string(i));
    meet(Moment::before_offsets);
    die_if_told(Moment::before_offsets);
    std::future<void> meeting;
    if (!answer_ && std::get<Moment>(GetParam()) == Moment::between_offsets) {
      await_records();
      gate().hold(Request::transaction_offsets);
      meeting = std::async(std::launch::async, [&] {
        meet(Moment::between_offsets);
        gate().let_go();
      });
    }
    send_offset(1 + kRecords);
    if (meeting.valid()) meeting.get();
    die_if_told(Moment::between_offsets);
    meet(Moment::after_offsets);
    die_if_told(Moment::after_offsets);
    producer_->commit();
  }
  // As `process` does: again from the committed offset, until it is committed.
  void write_next() {
    for (int tries = 0; tries < 10; ++tries) {
      if (!producer_) make();  // ends what a dead one left, and so the offsets are certain
      std::optional<int64_t> offset;
      ASSERT_TRUE(eventually([&] { return (offset = committed_offset()).has_value(); }));
      if (*offset == 1 + static_cast<int64_t>(kRecords)) return;
      try {
        write_next_transaction();
      } catch (const kafka::TransactionAborted&) {
        try {
          producer_->abort();
        } catch (const Fenced&) {
          producer_.reset();
        }
      } catch (const Fenced&) {
        producer_.reset();
      } catch (const Unavailable&) {
        producer_.reset();
      } catch (const Died&) {
        producer_.reset();
      }
    }
    FAIL() << "the next transaction is not committed";
  }

  std::unique_ptr<Cluster> cluster_;
  std::vector<std::string> topics_;
  std::string id_;
  std::unique_ptr<TransactionalProducer> producer_;
  size_t produced_ = 0;
  std::optional<Renewal> renewed_;
  std::optional<rd_kafka_resp_err_t> answer_;  // to the late request
  bool died_ = false;
};

TEST_P(StrayEnd, IsRefusedAndTheNextTransactionIsThereOnce) {
  ASSERT_NO_FATAL_FAILURE(end_one_transaction());
  ASSERT_NO_FATAL_FAILURE(write_next());

  Strings expected, found;
  if (end() == End::commit) expected.push_back("first");
  for (size_t i = 0; i < kRecords; ++i) expected.push_back(std::to_string(i));
  for (const auto& record : support::read_topic(cluster_->settings(), topics_[0])) found.push_back(record.value);
  EXPECT_THAT(found, ElementsAreArray(expected));
  EXPECT_EQ(renewed_, end() == End::commit ? Renewal::connection_lost : Renewal::aborted);
  ASSERT_TRUE(answer_.has_value());
  EXPECT_EQ(*answer_, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH) << rd_kafka_err2name(*answer_);
}

std::string name_of(const ::testing::TestParamInfo<StrayEnd::ParamType>& info) {
  static constexpr std::array kEnds{"Abort", "Commit"};
  static constexpr std::array kMoments{"WhileProducing", "BeforeOffsets", "BetweenOffsets", "AfterOffsets"};
  return std::string(kEnds[static_cast<size_t>(std::get<End>(info.param))]) +
         kMoments[static_cast<size_t>(std::get<Moment>(info.param))];
}
constexpr auto kMoments = {Moment::producing, Moment::before_offsets, Moment::between_offsets, Moment::after_offsets};
INSTANTIATE_TEST_SUITE_P(Kafka, StrayEnd,
                         ::testing::Combine(::testing::Values(End::abort, End::commit), ::testing::ValuesIn(kMoments),
                                            ::testing::Values(Then::goes_on)),
                         name_of);
INSTANTIATE_TEST_SUITE_P(KafkaBeforeADeath, StrayEnd,
                         ::testing::Combine(::testing::Values(End::commit), ::testing::ValuesIn(kMoments),
                                            ::testing::Values(Then::dies)),
                         name_of);

}  // namespace
}  // namespace wxpipe::contract
