// The shell around a consumer, with a job that writes into memory: each record once and in order, whether its writes
// succeed or fail.
#include "common/worker/worker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <numeric>
#include <optional>
#include <thread>

#include "common/kafka/transactional_producer.hpp"
#include "rig/eventually.hpp"
#include "tests/support/stack.hpp"
#include "tests/support/topic_prefix.hpp"
#include "tests/support/unique_name.hpp"

namespace wxpipe::worker {
namespace {
using namespace std::chrono_literals;
using rig::eventually;
using rig::eventually_equal;
using testing::Each;
using testing::Le;
using testing::SizeIs;
using Strings = std::vector<std::string>;

Strings numbers(int from, int to) {
  Strings values;
  for (int i = from; i < to; ++i) values.push_back(std::to_string(i));
  return values;
}

// Position and content change together, as in a database's transaction.
class Memory : public Job {
 public:
  std::unique_ptr<Batch> make_batch() override { return std::make_unique<Batch>(); }

  std::vector<kafka::PartitionOffset> claim(const std::vector<kafka::Partition>& partitions,
                                            const std::stop_token&) override {
    const std::lock_guard lock(mutex_);
    ++claims_;
    std::vector<kafka::PartitionOffset> from;
    for (const auto& partition : partitions) from.push_back({partition, next_ > 0 ? next_ : kafka::kLogBegin});
    return from;
  }
  void prepare(Batch&) override {}
  void write(Batch& batch, const std::stop_token&) override {
    const std::lock_guard lock(mutex_);
    if (!refusals_.empty()) {
      const auto refusal = refusals_.front();
      refusals_.erase(refusals_.begin());
      if (refusal) throw *refusal;
    }
    for (const auto& record : batch.records) stored_.emplace_back(record.value());
    next_ = batch.ends.at(0);
  }
  void publish(Batch& batch) override {
    const std::lock_guard lock(mutex_);
    published_.push_back(batch.size);
  }
  void discard(const TryAgain& why, std::chrono::milliseconds) override {
    const std::lock_guard lock(mutex_);
    discards_.emplace_back(why.kind);
  }

  // The results of the next writes; none: they succeed.
  void refuse(std::vector<std::optional<TryAgain>> refusals) {
    const std::lock_guard lock(mutex_);
    refusals_ = std::move(refusals);
  }
  void go_to(int64_t offset) { next_ = offset; }  // before it runs
  template <class Value>
  Value get(Value Memory::*value) const {
    const std::lock_guard lock(mutex_);
    return this->*value;
  }

  int claims_ = 0;
  Strings stored_, discards_;
  std::vector<size_t> published_;

 private:
  mutable std::mutex mutex_;
  int64_t next_ = 0;
  std::vector<std::optional<TryAgain>> refusals_;
};

class WorkerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WXPIPE_NEEDS_STACK();
    topics_ = std::make_unique<support::TopicPrefix>(support::Create::nothing);
    topic_ = topics_->create("read", 1);
    settings_ = topics_->settings();
    settings_.properties["session.timeout.ms"] = "6000";
  }
  void TearDown() override { stop(); }

  void produce(int from, int to) {
    const Strings names{topic_};
    kafka::TransactionalProducer writer(topics_->settings(), support::unique_name("writer"), names);
    writer.init();
    writer.begin();
    for (const auto& value : numbers(from, to)) writer.produce(0, {"key", value, {}, Timestamp(1'780'000'000s), 0});
    writer.commit();
  }

  void start(size_t most_records = 10) {
    worker_ = std::make_unique<Worker>(settings_,
                                       Spec{.name = "test",
                                            .role = kafka::ClientRole::sink_consumer,
                                            .topic = topic_,
                                            .group = topics_->settings().topic_prefix + "group",
                                            .member = "test.0",
                                            .limits = {most_records, 20ms, 5},
                                            .backoff = {10ms, 50ms}},
                                       memory_, status_);
    thread_ = std::jthread([this](const std::stop_token& stop) { worker_->run(stop); });
  }
  void stop() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
    worker_.reset();
  }
  Strings stored() const { return memory_.get(&Memory::stored_); }
  std::string trouble() const { return status_.snapshot().trouble; }

  std::unique_ptr<support::TopicPrefix> topics_;
  std::string topic_;
  config::KafkaSettings settings_;
  Memory memory_;
  Status status_;
  std::unique_ptr<Worker> worker_;
  std::jthread thread_;
};

TEST_F(WorkerTest, WritesEachRecordOnceInOrderInBatchesWithinTheLimits) {
  produce(0, 95);
  start();
  EXPECT_EQ(eventually_equal([&] { return stored().size(); }, 95U), 95U);
  EXPECT_TRUE(eventually([&] { return status_.snapshot().lag_records == 0 && trouble().empty(); }));
  stop();
  EXPECT_EQ(stored(), numbers(0, 95));
  EXPECT_THAT(memory_.published_, Each(Le(10U)));
  EXPECT_EQ(std::accumulate(memory_.published_.begin(), memory_.published_.end(), size_t{0}), 95U);
  EXPECT_EQ(status_.snapshot().last_taken, Timestamp(1'780'000'000s));
}

TEST_F(WorkerTest, TakesWhatWasDiscardedAgainWithWhatCameBehindIt) {
  produce(0, 60);
  memory_.refuse({std::nullopt, TryAgain("away", "x"), TryAgain("away", "x"), std::nullopt, TryAgain("locked", "y")});
  start();
  EXPECT_EQ(eventually_equal([&] { return stored().size(); }, 60U), 60U);
  EXPECT_TRUE(eventually([&] { return trouble().empty(); })) << trouble();
  stop();
  EXPECT_EQ(stored(), numbers(0, 60));
  EXPECT_EQ(memory_.discards_, (Strings{"away", "away", "locked"}));
  EXPECT_EQ(memory_.claims_, 4) << "the first, and one after each discard";
}

TEST_F(WorkerTest, SaysThatItCommitsNothingUntilItDoes) {
  produce(0, 5);
  const std::vector<std::optional<TryAgain>> often(1000, TryAgain("aborted", "too large", TryAgain::Until::committed));
  memory_.refuse(often);
  start();
  EXPECT_EQ(eventually_equal([&] { return trouble(); }, "too large"), "too large");
  const auto claims = memory_.get(&Memory::claims_);
  EXPECT_TRUE(eventually([&] { return memory_.get(&Memory::claims_) > claims + 2; }));
  EXPECT_EQ(trouble(), "too large") << "that it can claim proves nothing";
  memory_.refuse({});
  EXPECT_EQ(eventually_equal([&] { return trouble(); }, ""), "");
  EXPECT_EQ(stored(), numbers(0, 5));
}

TEST_F(WorkerTest, TakesNothingMoreOnceSomebodyHasToLook) {
  produce(0, 30);
  memory_.refuse({std::nullopt, TryAgain("braked", "all refused", TryAgain::Until::restarted)});
  start();
  EXPECT_EQ(eventually_equal([&] { return trouble(); }, "stopped: all refused"), "stopped: all refused");
  const auto before = stored();
  stop();
  EXPECT_EQ(stored(), before);
  EXPECT_EQ(memory_.claims_, 1);
  start();
  EXPECT_EQ(eventually_equal([&] { return stored().size(); }, 30U), 30U) << "restarted";
  EXPECT_EQ(stored(), numbers(0, 30));
}

TEST_F(WorkerTest, GoesOnWithTheOldestRecordWhereTheNextOneIsLost) {
  produce(0, 20);
  memory_.go_to(5000);
  start();
  EXPECT_EQ(eventually_equal([&] { return stored().size(); }, 20U), 20U);
  EXPECT_EQ(stored(), numbers(0, 20));
  EXPECT_EQ(memory_.get(&Memory::discards_), Strings{kLostRecords});
}

}  // namespace
}  // namespace wxpipe::worker
