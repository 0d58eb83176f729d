// docs/guarantees.md law 5 on a real Kafka: a reader of committed records sees each event once, whatever happens to
// workers, transactions and the group.
#include "tests/integration/process/process_fixture.hpp"

#include <algorithm>
#include <condition_variable>

#include "rig/kafka_gate.hpp"

namespace wxpipe::processors::test {
namespace {
using testing::AnyOf;
using testing::ElementsAre;
using testing::IsEmpty;

// A step waits here: the batch stands still in the middle until the test opens it.
class Latch {
 public:
  void arrive_and_wait() {
    std::unique_lock lock(mutex_);
    arrived_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  bool await_arrival() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, rig::kPatience, [this] { return arrived_; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool arrived_ = false, open_ = false;
};

class ExactlyOnceTest : public ProcessTest {
 protected:
  // Runs `happening` when the first event comes by.
  static Steps once(std::function<void()> happening) {
    auto done = std::make_shared<std::atomic<bool>>(false);
    return {{"happening", [done, happening = std::move(happening)](schemas::Event&, Facts&) {
               if (!done->exchange(true)) happening();
             }}};
  }
  config::Settings through(rig::KafkaGate& gate, const std::string& instance) const {
    auto gated = settings(instance);
    gated.kafka.bootstrap_servers = gate.address();
    return gated;
  }
};

TEST_F(ExactlyOnceTest, EveryEventBecomesItsFactsOnceAndInOrder) {
  auto both = settings("one");
  both.process.workers = 2;
  RunningProcess process(both);
  const auto sent = events(0, 600);
  produce(sent);
  produce(again({sent.begin() + 100, sent.begin() + 200}));
  await_messages(700);
  process.stop();

  EXPECT_EQ(outcome(), once_each_and_repeated(sent, again({sent.begin() + 100, sent.begin() + 200})));
  EXPECT_EQ(read(TopicName::followers).size(), 60u);
  EXPECT_THAT(read(TopicName::dead_letters), IsEmpty());
  std::map<std::string, std::vector<std::string>> expected, seen;
  for (const auto& event : sent) expected[partition_key(event)].push_back(to_string(event.id));
  for (const auto& record : read(TopicName::messages))
    if (!schemas::begins_as<schemas::DuplicateMet>(record.value)) seen[record.key].push_back(record.event_id);
  EXPECT_EQ(seen, expected) << "each subject's events in the order they came";
}

TEST_F(ExactlyOnceTest, InputThatWasAbortedOrIsStillOpenIsNotTaken) {
  const auto sent = events(0, 50), aborted = events(50, 100), open = events(100, 150);
  produce(sent);
  writer_->begin();
  stage(*writer_, aborted);
  writer_->abort();
  const auto other = make_writer();
  other->begin();
  stage(*other, open);
  support::TopicReader everything(topics_->settings(), topics_->name(TopicName::events),
                                  support::Isolation::uncommitted);
  ASSERT_EQ(everything.at_least(150).size(), 150u) << "all of it is on the broker";

  RunningProcess process(settings("one"));
  await_messages(50);
  EXPECT_EQ(outcome(), once_each(sent));
  other->commit();
  await_messages(100);
  process.stop();
  auto all = sent;
  all.insert(all.end(), open.begin(), open.end());
  EXPECT_EQ(outcome(), once_each(all));
}

TEST_F(ExactlyOnceTest, AnOpenTransactionIsInvisibleAndTheSlotsNextWorkerEndsItAndFencesItsZombie) {
  rig::KafkaGate gate(support::stack().kafka);
  support::TopicReader everything(topics_->settings(), topics_->name(TopicName::messages),
                                  support::Isolation::uncommitted);
  gate.hold(rig::Request::end_transaction);
  RunningLoop zombie(through(gate, "slot"), {});
  const auto sent = events(0, 40);
  produce(sent);
  ASSERT_TRUE(eventually([&] { return gate.holds(); })) << "it is about to commit";
  gate.gate().freeze();
  const auto open = everything.all().size();
  EXPECT_GT(open, 0u);
  EXPECT_TRUE(read(TopicName::messages, support::Isolation::visible).empty()) << "open, and so invisible";

  RunningLoop heir(settings("slot"), {});
  await_messages(sent.size());
  gate.let_go();
  gate.gate().heal();
  EXPECT_EQ(eventually_equal([&] { return zombie.ended(); }, "fenced"), "fenced");
  produce(again(sent));
  await_messages(2 * sent.size());
  heir.stop();
  EXPECT_EQ(heir.ended(), "stopped");
  EXPECT_EQ(outcome(), once_each_and_repeated(sent, again(sent)));
  const auto all = outcome_of(read(TopicName::messages, support::Isolation::uncommitted)).messages;
  EXPECT_EQ(std::count_if(all.begin(), all.end(), [](const auto& message) { return message.second == 2; }),
            static_cast<std::ptrdiff_t>(open))
      << "the zombie's are there, aborted";
}

TEST_F(ExactlyOnceTest, AWorkerThatStoodStillInABatchCannotCommitItAfterItsHeir) {
  const auto sent = events(0, 40);
  Latch latch;
  RunningLoop zombie(settings("one"), once([&] { latch.arrive_and_wait(); }));
  produce(sent);
  ASSERT_TRUE(latch.await_arrival());
  RunningLoop heir(settings("one"), {});
  await_messages(sent.size());
  latch.open();
  EXPECT_EQ(eventually_equal([&] { return zombie.ended(); }, "fenced"), "fenced");
  heir.stop();
  EXPECT_EQ(outcome(), once_each(sent));
}

TEST_F(ExactlyOnceTest, AMemberThatJoinsDuringATransactionGetsItsShareAfterIt) {
  const auto sent = events(0, 60), more = events(60, 400);
  Latch latch;
  RunningLoop first(settings("one"), once([&] { latch.arrive_and_wait(); }));
  produce(sent);
  ASSERT_TRUE(latch.await_arrival());
  RunningLoop second(settings("two"), {});
  produce(more);
  latch.open();
  await_messages(400);
  EXPECT_TRUE(eventually([&] { return first.has_partitions() && second.has_partitions(); }));
  auto all = sent;
  all.insert(all.end(), more.begin(), more.end());
  produce(again(all));
  await_messages(800);
  first.stop();
  second.stop();
  EXPECT_EQ(first.ended() + " " + second.ended(), "stopped stopped");
  EXPECT_EQ(outcome(), once_each_and_repeated(all, again(all)));
}

TEST_F(ExactlyOnceTest, PartitionsThatMoveAwayInTheMiddleOfATransactionAreProcessedOnce) {
  const auto sent = events(0, 60);
  rig::KafkaGate gate(support::stack().kafka);
  auto slow = through(gate, "one");
  slow.kafka.properties["transaction.timeout.ms"] = "3000";
  slow.kafka.properties["socket.timeout.ms"] = "2000";
  // Requests arrive, but no answers: the broker's transaction is open when the session ends.
  std::atomic<bool> frozen = false;
  RunningLoop first(slow, once([&] {
                      gate.gate().freeze(rig::Toward::client);
                      frozen = true;
                    }));
  produce(sent);
  ASSERT_TRUE(eventually([&] { return frozen.load(); })) << "else the second one may be there before it";
  RunningLoop second(settings("two"), {});
  await_messages(sent.size());
  gate.gate().heal();
  EXPECT_TRUE(eventually([&] { return first.aborted() > 0 || !first.ended().empty(); })) << "its transaction is lost";
  EXPECT_THAT(first.ended(), AnyOf("", "fenced", "unavailable"));
  produce(again(sent));
  await_messages(2 * sent.size());
  first.stop();
  second.stop();
  EXPECT_EQ(outcome(), once_each_and_repeated(sent, again(sent)));
}

TEST_F(ExactlyOnceTest, AProducerThatIsFencedIsReplacedAndNothingIsLost) {
  RunningProcess process(settings("one"));
  const auto sent = events(0, 100), more = events(100, 200);
  produce(sent);
  await_messages(100);
  const auto thief = make_writer(transactional_id(settings("one"), 0));
  produce(more);
  await_messages(200);
  EXPECT_EQ(process.metric("wxpipe_transactions_total{outcome=\"fenced\"}"), 1);
  EXPECT_TRUE(eventually([&] { return process.ready(); })) << process.readiness();
  process.stop();
  auto all = sent;
  all.insert(all.end(), more.begin(), more.end());
  EXPECT_EQ(outcome(), once_each(all));
}

TEST_F(ExactlyOnceTest, ABrokerThatFallsSilentCostsTimeAndNothingElse) {
  rig::KafkaGate gate(support::stack().kafka);
  auto gated = through(gate, "one");
  RunningProcess process(gated);
  const auto sent = events(0, 100), more = events(100, 300);
  produce(sent);
  await_messages(100);
  gate.gate().freeze();
  produce(more);
  EXPECT_TRUE(eventually([&] {
    return process.readiness().find("no Kafka broker answers at " + gate.address()) != std::string::npos;
  })) << process.readiness();
  gate.gate().heal();
  await_messages(300);
  EXPECT_TRUE(eventually([&] { return process.ready(); })) << process.readiness();
  process.stop();
  auto all = sent;
  all.insert(all.end(), more.begin(), more.end());
  EXPECT_EQ(outcome(), once_each(all));
}

TEST_F(ExactlyOnceTest, ACommitThatComesLateIsRefusedInTheMiddleOfTheNextTransaction) {
  rig::KafkaGate gate(support::stack().kafka);
  RunningProcess process(through(gate, "one"));
  gate.withhold(rig::Request::end_transaction);
  produce(events(0, 20));
  await_messages(20);  // by the second copy of the request
  ASSERT_TRUE(gate.withholds());
  gate.hold(rig::Request::transaction_offsets);
  produce(events(20, 40));
  ASSERT_TRUE(eventually([&] { return gate.holds(); }));
  EXPECT_EQ(gate.deliver(), RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH);
  gate.let_go();
  await_messages(40);
  EXPECT_EQ(process.metric("wxpipe_producers_renewed_total{why=\"connection_lost\"}"), 1);
  process.stop();
  EXPECT_EQ(outcome(), once_each(events(0, 40)));
}

TEST_F(ExactlyOnceTest, AnAbortThatComesLateIsRefusedInTheMiddleOfTheNextTransaction) {
  rig::KafkaGate gate(support::stack().kafka);
  limit_messages(200);
  RunningProcess process(through(gate, "one"));
  gate.withhold(rig::Request::end_transaction);
  produce(events(0, 20));
  ASSERT_TRUE(eventually([&] { return gate.withholds(); }));
  limit_messages(schemas::kMaxMessageBytes);
  gate.hold(rig::Request::transaction_offsets);
  ASSERT_TRUE(eventually([&] { return gate.holds(); }));
  EXPECT_EQ(gate.deliver(), RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH);
  gate.let_go();
  await_messages(20);
  EXPECT_GE(process.metric("wxpipe_producers_renewed_total{why=\"aborted\"}"), 1);
  process.stop();
  EXPECT_EQ(outcome(), once_each(events(0, 20)));
}

TEST_F(ExactlyOnceTest, AStopDoesNotWaitForABrokerThatFellSilent) {
  rig::KafkaGate gate(support::stack().kafka);
  auto gated = through(gate, "one");
  Latch latch;
  {
    RunningProcess process(gated);
    produce(events(0, 100));
    await_messages(100);
    gate.gate().freeze();
    produce(events(100, 200));
    EXPECT_TRUE(eventually([&] { return !process.ready(); }));
    const auto asked = std::chrono::steady_clock::now();
    process.stop();
    EXPECT_LT(std::chrono::steady_clock::now() - asked, 10s);
  }
  gate.gate().heal();
  RunningProcess next(settings("one"));
  await_messages(200);
  next.stop();
  EXPECT_EQ(outcome(), once_each(events(0, 200)));
}

}  // namespace
}  // namespace wxpipe::processors::test
