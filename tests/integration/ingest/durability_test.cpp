// docs/guarantees.md law 1 over HTTP: success is sent only for what is durable, on the broker or in the spool,
// whichever is first, and always in time. The broker is behind a gate that can freeze and refuse.
#include <algorithm>
#include <deque>
#include <future>
#include <unordered_set>

#include "ingest/delivery/left_spools.hpp"
#include "ingest/delivery/spool.hpp"
#include "ingest/delivery/spool_copies.hpp"
#include "ingest/delivery/spool_folder.hpp"
#include "ingest/delivery/spool_ledger.hpp"
#include "rig/kafka_gate.hpp"
#include "schemas/facts/custody_mark.hpp"
#include "tests/integration/ingest/ingest_fixture.hpp"
#include "tests/support/full_disk.hpp"
#include "tests/support/mock_cluster.hpp"

namespace wxpipe::ingest::test {
namespace {
using testing::AllOf;
using testing::Each;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;

// Extra time on a busy machine, for the way from process to process.
constexpr std::chrono::milliseconds kBusy{1000};

struct Answer {
  int status = 0;
  std::string body;
  std::chrono::milliseconds took{};
};

class DurabilityTest : public IngestTest {
 protected:
  void SetUp() override {
    support::FullDisk::install();
    IngestTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    gate_ = std::make_unique<rig::KafkaGate>(support::stack().kafka);
  }
  void TearDown() override { support::FullDisk::free(); }

  config::Settings gated(config::Settings settings) const {
    settings.kafka.bootstrap_servers = gate_->address();
    return settings;
  }
  rig::TcpGate& gate() { return gate_->gate(); }

  static Answer send(HttpClient& client, const Request& request) {
    const auto asked = steady_clock::now();
    const auto response = client.send(http(request));
    return {response.status, response.body,
            std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - asked)};
  }
  // Sends them all at once, each on its own connection.
  static std::vector<Answer> send_together(const RunningIngest& ingest, const std::vector<Request>& requests) {
    std::vector<std::future<Answer>> asked;
    for (const auto& request : requests)
      asked.push_back(std::async(std::launch::async, [&ingest, request] {
        auto client = ingest.client();
        return send(client, request);
      }));
    std::vector<Answer> answers;
    for (auto& one : asked) answers.push_back(one.get());
    return answers;
  }
  static std::vector<Request> messages(int from, int to) {
    std::vector<Request> list;
    for (int i = from; i < to; ++i) list.push_back(plain(i));
    return list;
  }
  static Request ticket(int number) {
    auto body = kSuiteTicket;
    body.replace(body.find("<![CDATA[secret]]>"), 18, fmt::format("<![CDATA[ticket {}]]>", number));
    return encrypted_request("wework_suite_command", body, {.receiveid = "wwsuite"});
  }
  static std::string msg_id(int number) { return std::to_string(24'801'004'976'000'000LL + number); }

  // What is on the broker, by message. A message that went both ways is there twice, as the same event with the same
  // receipt. Each sender's message numbers are in the order in which they first came.
  std::map<std::string, std::vector<std::string>> first_sightings() const {
    std::map<std::string, std::vector<std::string>> by_sender;
    std::map<std::string, schemas::Event> seen;
    for (const auto& event : events()) {
      const auto [first, fresh] = seen.emplace(to_string(event.id), event);
      if (fresh)
        by_sender[event.sender].push_back(event.msg_id);
      else
        EXPECT_EQ(event, first->second) << "both ways, one event";
    }
    return by_sender;
  }
  static std::map<std::string, std::vector<std::string>> in_order(int from, int to) {
    std::map<std::string, std::vector<std::string>> by_sender;
    for (int i = from; i < to; ++i) by_sender[fmt::format("oUser{}", i % 7)].push_back(msg_id(i));
    return by_sender;
  }
  bool drained(const RunningIngest& ingest) {
    return eventually([&] { return ingest.metric("wxpipe_spool_events") == 0; });
  }

  std::unique_ptr<rig::KafkaGate> gate_;
};

TEST_F(DurabilityTest, TheBrokerAnswersWhenItIsThereAndTheSpoolIsNotTouched) {
  RunningIngest ingest(gated(with_spool()));
  auto client = ingest.client();
  int slow = 0;  // on a busy machine a broker may be as slow as if it were away
  for (int i = 0; i < 50; ++i) {
    const auto answer = send(client, plain(i));
    ASSERT_EQ(answer.status, 200);
    slow += answer.took >= 250ms ? 1 : 0;
  }
  EXPECT_EQ(first_sightings(), in_order(0, 50)) << "durable before the answer";
  EXPECT_EQ(ingest.delivered("broker") + ingest.delivered("spool"), 50);
  EXPECT_LE(ingest.delivered("spool"), slow);
  if (slow == 0) {
    EXPECT_EQ(ingest.metric("wxpipe_spool_bytes"), 0);
  }
  EXPECT_EQ(ingest.callbacks("plain", "accepted"), 50);
}

TEST_F(DurabilityTest, AFrozenBrokerIsBridgedByTheSpoolWithinTheBudgetAndTheSpoolDrainsInOrder) {
  RunningIngest ingest(gated(with_spool()));
  auto client = ingest.client();
  for (int i = 0; i < 20; ++i) ASSERT_EQ(send(client, plain(i)).status, 200);
  const auto before = ingest.delivered("spool");
  gate().freeze();
  for (int i = 20; i < 60; ++i) {
    const auto answer = send(client, plain(i));
    ASSERT_EQ(answer.status, 200) << i;
    EXPECT_LT(answer.took, 2s + kBusy);
  }
  for (int i = 0; i < 3; ++i) EXPECT_LT(send(client, ticket(i)).took, 800ms + kBusy);
  EXPECT_EQ(ingest.delivered("spool") - before, 43);
  EXPECT_GT(ingest.metric("wxpipe_spool_events"), 0);
  EXPECT_GT(ingest.metric("wxpipe_spool_bytes"), 0);
  gate().heal();
  for (int i = 60; i < 100; ++i) ASSERT_EQ(send(client, plain(i)).status, 200) << "new ones flow meanwhile";
  EXPECT_TRUE(drained(ingest));
  EXPECT_EQ(ingest.metric("wxpipe_spool_bytes"), 0);
  ingest.stop();
  auto found = first_sightings();
  EXPECT_EQ(found.erase("sys") + found.erase(""), 1u) << "the tickets'";
  EXPECT_EQ(found, in_order(0, 100));
}

// A new event of a key that waits in the spool goes there, too. Someone who never pauses must not keep it full for
// ever; nor may the custody marks, which have one key and come each second while there are callbacks.
TEST_F(DurabilityTest, TheSpoolDrainsWhileOneFollowerNeverStopsWriting) {
  RunningIngest ingest(gated(with_spool()));
  auto client = ingest.client();
  gate().freeze();
  int sent = 0;
  const auto one_more = [&] { ASSERT_EQ(send(client, plain(7 * sent++)).status, 200); };
  for (int i = 0; i < 5; ++i) one_more();
  EXPECT_GE(ingest.metric("wxpipe_spool_events"), 4);
  gate().heal();
  auto next = steady_clock::now();
  EXPECT_TRUE(eventually([&] {
    if (steady_clock::now() >= next) {
      one_more();
      next += 200ms;
    }
    return ingest.metric("wxpipe_spool_events") == 0;
  }));
  ingest.stop();
  std::vector<std::string> expected;
  for (int i = 0; i < sent; ++i) expected.push_back(msg_id(7 * i));
  EXPECT_EQ(first_sightings().at("oUser0"), expected);
}

TEST_F(DurabilityTest, ABrokerThatRefusesFromTheBeginningIsBridgedToo) {
  gate().refuse();
  RunningIngest ingest(gated(with_spool()));
  EXPECT_THAT(ingest.admin().get("/readyz").body, HasSubstr("\"ready\":true")) << "with a spool callbacks are taken";
  auto client = ingest.client();
  for (int i = 0; i < 30; ++i) ASSERT_EQ(send(client, plain(i)).status, 200) << i;
  gate().heal();
  EXPECT_TRUE(drained(ingest));
  ingest.stop();
  EXPECT_EQ(first_sightings(), in_order(0, 30));
}

// The queue holds less than a batch. If the broker is silent for longer than message.timeout.ms, the first records time
// out while later ones must still be sent.
TEST_F(DurabilityTest, TheSpoolDrainsInOrderHoweverLongTheBrokerIsAwayInTheMiddleOfIt) {
  constexpr int kMessages = 700;
  auto impatient = gated(with_spool());
  impatient.kafka.properties = {{"message.timeout.ms", "1000"}, {"queue.buffering.max.messages", "2"}};
  gate().refuse();
  RunningIngest ingest(impatient);
  auto client = ingest.client();
  for (int i = 0; i < kMessages; ++i) ASSERT_EQ(send(client, plain(i)).status, 200) << i;
  gate().heal();
  ASSERT_TRUE(eventually([&] { return events().size() > 10; }));
  gate().refuse();
  gate().cut();
  const auto drained_so_far = events().size();
  EXPECT_LT(drained_so_far, size_t{kMessages}) << "there was nothing left to hold up";
  const auto until = steady_clock::now() + 5s;
  EXPECT_TRUE(eventually([&] { return steady_clock::now() >= until; }));
  gate().heal();
  EXPECT_TRUE(drained(ingest));
  ingest.stop();
  EXPECT_EQ(first_sightings(), in_order(0, kMessages));
}

TEST_F(DurabilityTest, WithoutASpoolAnAbsentBrokerIsAFailureWithinTheBudget) {
  auto short_budget = gated(settings());
  short_budget.ingest.ack_budget = 1200ms;
  RunningIngest ingest(short_budget);
  auto client = ingest.client();
  ASSERT_EQ(send(client, plain(0)).status, 200);
  gate().freeze();
  for (const auto& answer : send_together(ingest, messages(1, 11))) {
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.body, "not_durable");
    EXPECT_THAT(answer.took, AllOf(Ge(1100ms), Le(1200ms + kBusy)));
  }
  const auto command = send(client, ticket(1));
  EXPECT_EQ(command.status, 503);
  EXPECT_THAT(command.took, AllOf(Ge(700ms), Le(800ms + kBusy))) << "a budget of its own: the platform waits a second";
  EXPECT_EQ(ingest.callbacks("plain", "failed", "not_durable"), 10);
  EXPECT_EQ(ingest.delivered("nowhere"), 11);
  EXPECT_TRUE(eventually([&] { return ingest.admin().get("/readyz").status == 503; })) << ingest.readiness();
  gate().heal();
  EXPECT_TRUE(eventually([&] { return send(client, plain(100)).status == 200; }));
  EXPECT_TRUE(eventually([&] { return ingest.admin().get("/readyz").status == 200; }));
}

TEST_F(DurabilityTest, AMessageWhoseReportCameTooLateIsOneEvent) {
  RunningIngest ingest(gated(with_spool()));
  auto client = ingest.client();
  ASSERT_EQ(send(client, plain(0)).status, 200);
  gate().freeze(rig::Toward::client);  // the broker gets them, but nobody hears of it
  for (int i = 1; i < 15; ++i) ASSERT_EQ(send(client, plain(i)).status, 200);
  gate().heal();
  EXPECT_TRUE(drained(ingest));
  ingest.stop();
  EXPECT_EQ(first_sightings(), in_order(0, 15));
}

// For records that time out in flight nobody knows whether they were written, and idempotence can't go on. librdkafka
// 2.0 may then end the producer with a fatal error ("rewound sequence", "sequence desynchronization"); later versions
// begin a new epoch.
TEST_F(DurabilityTest, MessagesThatTimeOutInFlightAreOneEventEachWhateverBecomesOfTheProducer) {
  auto impatient = gated(with_spool());
  impatient.kafka.properties = {{"message.timeout.ms", "1000"}, {"socket.timeout.ms", "700"}};
  RunningIngest ingest(impatient);
  int sent = 0;
  const auto send_seven = [&] {  // each from another person
    for (const auto& answer : send_together(ingest, messages(sent, sent + 7))) EXPECT_EQ(answer.status, 200);
    sent += 7;
  };
  for (int round = 0; round < 2; ++round) {
    EXPECT_TRUE(eventually([&, before = ingest.delivered("broker")] {
      send_seven();
      return ingest.delivered("broker") >= before + 7;
    }));
    gate().freeze(rig::Toward::client);  // the broker gets them, but nobody hears of it
    send_seven();
    const auto until = steady_clock::now() + 2500ms;
    EXPECT_TRUE(eventually([&] { return steady_clock::now() >= until; }));
    gate().cut();
    gate().heal();
    send_seven();
    EXPECT_TRUE(drained(ingest));
  }
  ingest.stop();
  EXPECT_EQ(first_sightings(), in_order(0, sent));
}

TEST_F(DurabilityTest, WithoutASpoolEverySuccessIsOnTheTopicHoweverMuchTimesOut) {
  auto impatient = gated(settings());
  impatient.kafka.properties = {{"message.timeout.ms", "2000"}};
  impatient.ingest.ack_budget = 1s;
  RunningIngest ingest(impatient);
  std::set<std::string> confirmed;
  int sent = 0;
  std::deque<std::pair<int, std::future<Answer>>> asked;
  const auto send_one = [&] {
    asked.emplace_back(sent, std::async(std::launch::async, [&ingest, request = plain(sent)] {
                         auto client = ingest.client();
                         return send(client, request);
                       }));
    ++sent;
  };
  const auto hear_first = [&] {
    auto& [number, answer] = asked.front();
    if (answer.get().status == 200) confirmed.insert(msg_id(number));
    asked.pop_front();
  };
  for (int i = 0; i < 20; ++i) send_one();
  while (!asked.empty()) hear_first();
  gate().freeze(rig::Toward::client);
  constexpr size_t kTogether = 50;  // each waits for its whole budget: so many a second
  for (const auto until = steady_clock::now() + 6s; steady_clock::now() < until; send_one())
    if (asked.size() == kTogether) hear_first();
  gate().heal();
  while (!asked.empty()) hear_first();
  EXPECT_TRUE(eventually([&] {
    send_one();
    return asked.back().second.get().status == 200 && confirmed.insert(msg_id(asked.back().first)).second;
  }));
  ingest.stop();
  std::set<std::string> kept;
  for (const auto& [sender, numbers] : first_sightings()) kept.insert(numbers.begin(), numbers.end());
  EXPECT_TRUE(std::includes(kept.begin(), kept.end(), confirmed.begin(), confirmed.end()));
}

TEST_F(DurabilityTest, DeadLettersTakeTheSameWays) {
  RunningIngest ingest(gated(with_spool()));
  auto client = ingest.client();
  gate().freeze();
  const auto bad = encrypted_request("official_account", "<!DOCTYPE x><xml/>", {.receiveid = "wxapp"});
  EXPECT_EQ(send(client, bad).body, "success");
  gate().heal();
  EXPECT_TRUE(drained(ingest));
  ingest.stop();
  const auto kept = letters();
  ASSERT_GE(kept.size(), 1u);
  for (const auto& letter : kept) EXPECT_EQ(letter, kept.front());
  EXPECT_EQ(kept.front().reason, Reason::doctype);
}

TEST_F(DurabilityTest, AFullSpoolAnswersFailureAndTakesAgainWhenItHasDrained) {
  auto small = gated(with_spool());
  small.spool.max_bytes = 20'000;
  RunningIngest ingest(small);
  gate().freeze();
  auto client = ingest.client();
  int taken = 0;
  Answer answer;
  while (taken < 200 && (answer = send(client, plain(taken))).status == 200) ++taken;
  EXPECT_EQ(answer.status, 503);
  EXPECT_LT(answer.took, 2s + kBusy);
  EXPECT_GT(taken, 3);
  EXPECT_LT(taken, 100);
  EXPECT_LE(ingest.metric("wxpipe_spool_bytes"), 20'000);
  EXPECT_EQ(send(client, plain(300)).status, 503) << "still";
  gate().heal();
  EXPECT_TRUE(drained(ingest));
  EXPECT_EQ(send(client, plain(taken)).status, 200);
  ingest.stop();
  auto found = first_sightings();
  for (auto& [sender, numbers] : found) std::erase_if(numbers, [](const auto& id) { return id == msg_id(300); });
  auto expected = in_order(0, taken + 1);
  for (auto* list : {&found, &expected})  // the refused one may have reached the producer
    for (auto& [sender, numbers] : *list) std::sort(numbers.begin(), numbers.end());
  EXPECT_EQ(found, expected);
}

TEST_F(DurabilityTest, ASpoolThatDoesNotDrainForTooLongAnswersFailure) {
  auto old = gated(with_spool());
  old.spool.max_age = 1s;
  RunningIngest ingest(old);
  gate().freeze();
  auto client = ingest.client();
  ASSERT_EQ(send(client, plain(0)).status, 200);
  EXPECT_TRUE(eventually([&] { return send(client, plain(7)).status == 503; }));
  gate().heal();
  EXPECT_TRUE(drained(ingest));
  EXPECT_EQ(send(client, plain(14)).status, 200);
}

TEST_F(DurabilityTest, ADiskThatIsFullIsAFailureWhileTheBrokerIsAwayAndNothingThatWasConfirmedIsLost) {
  RunningIngest ingest(gated(with_spool()));
  auto client = ingest.client();
  gate().freeze();
  for (int i = 0; i < 10; ++i) ASSERT_EQ(send(client, plain(i)).status, 200);
  support::FullDisk::fill();
  for (int i = 100; i < 103; ++i) {
    const auto answer = send(client, plain(i));
    EXPECT_EQ(answer.status, 503);
    EXPECT_LT(answer.took, 2s + kBusy);
  }
  support::FullDisk::free();
  for (int i = 10; i < 20; ++i) ASSERT_EQ(send(client, plain(i)).status, 200) << "there is space again";
  support::FullDisk::fill();
  gate().heal();  // the broker takes them, although the spool can't delete anything
  EXPECT_TRUE(eventually([&] { return send(client, plain(104)).status == 200; }));
  support::FullDisk::free();
  EXPECT_TRUE(drained(ingest));
  ingest.stop();
  std::set<std::string> kept, confirmed;
  for (const auto& [sender, numbers] : first_sightings()) kept.insert(numbers.begin(), numbers.end());
  for (int i = 0; i < 20; ++i) confirmed.insert(msg_id(i));
  EXPECT_TRUE(std::includes(kept.begin(), kept.end(), confirmed.begin(), confirmed.end()));
}

TEST_F(DurabilityTest, AStopDoesNotWaitForADiskThatIsFull) {
  {
    RunningIngest ingest(gated(with_spool()));
    auto client = ingest.client();
    gate().freeze();
    for (int i = 0; i < 10; ++i) ASSERT_EQ(send(client, plain(i)).status, 200);
    support::FullDisk::fill();
    gate().heal();  // the broker gets them, but the spool can't delete them
    EXPECT_TRUE(eventually([&] { return first_sightings() == in_order(0, 10); }));
    const auto asked = steady_clock::now();
    ingest.stop();
    EXPECT_LT(steady_clock::now() - asked, 10s);
  }
  support::FullDisk::free();
  RunningIngest ingest(gated(with_spool()));
  EXPECT_TRUE(drained(ingest));
  ingest.stop();
  EXPECT_EQ(first_sightings(), in_order(0, 10)) << "once more at worst, and the same";
}

TEST_F(DurabilityTest, WhatIsInTheSpoolAtTheEndIsThereAtTheNextStart) {
  {
    RunningIngest ingest(gated(with_spool()));
    gate().freeze();
    auto client = ingest.client();
    for (int i = 0; i < 20; ++i) ASSERT_EQ(send(client, plain(i)).status, 200);
    const auto asked = steady_clock::now();
    ingest.stop();
    EXPECT_LT(steady_clock::now() - asked, 10s) << "it doesn't wait for the broker";
  }
  gate().heal();
  RunningIngest ingest(gated(with_spool()));
  EXPECT_TRUE(drained(ingest));
  ingest.stop();
  EXPECT_EQ(first_sightings(), in_order(0, 20));
}

TEST_F(DurabilityTest, MoreThanMayWaitIsRefusedAtOnce) {
  auto few = gated(settings());
  few.ingest.max_in_flight = 5;
  RunningIngest ingest(few);
  auto client = ingest.client();
  ASSERT_EQ(send(client, plain(0)).status, 200);
  gate().freeze();
  int overloaded = 0;
  for (const auto& answer : send_together(ingest, messages(1, 21))) {
    EXPECT_EQ(answer.status, 503);
    if (answer.body == "overloaded") {
      ++overloaded;
      EXPECT_LT(answer.took, kBusy);
    }
  }
  EXPECT_THAT(overloaded, testing::AnyOf(15, 16)) << "a custody mark may wait as well";
  EXPECT_EQ(ingest.callbacks("plain", "failed", "overloaded"), overloaded);
}

TEST_F(DurabilityTest, AProducerThatCannotGoOnIsReplaced) {
  support::MockCluster broker;
  for (const auto topic : {TopicName::events, TopicName::dead_letters, TopicName::custody})
    broker.create_topic(topics_->name(topic), 1);
  auto on_mock = settings();
  on_mock.kafka.bootstrap_servers = broker.bootstrap();
  on_mock.ingest.ack_budget = 1s;
  broker.answer(rig::Request::init_producer_id,
                {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED});
  RunningIngest ingest(on_mock);
  auto client = ingest.client();
  EXPECT_TRUE(eventually([&, sent = 0]() mutable { return send(client, plain(sent++)).status == 200; }));
  for (int i = 100; i < 120; ++i) EXPECT_EQ(send(client, plain(i)).status, 200);
}

TEST_F(DurabilityTest, AProducerThatCannotGoOnCostsNoAnswerWhereThereIsASpool) {
  support::MockCluster broker;
  for (const auto topic : {TopicName::events, TopicName::dead_letters, TopicName::custody})
    broker.create_topic(topics_->name(topic), 1);
  auto on_mock = with_spool();
  on_mock.kafka.bootstrap_servers = broker.bootstrap();
  broker.answer(rig::Request::init_producer_id,
                {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED});
  RunningIngest ingest(on_mock);
  auto client = ingest.client();
  for (int i = 0; i < 50; ++i) EXPECT_EQ(send(client, plain(i)).status, 200);
  EXPECT_TRUE(drained(ingest));
}

// ---- acknowledge = "broker_and_spool" ----

class BothTest : public DurabilityTest {
 protected:
  config::Settings both() const {
    auto with = gated(with_spool());
    with.ingest.acknowledge = config::kBrokerAndSpool;
    return with;
  }
  // Of the messages, how many the spool's files have.
  size_t copies() const {
    std::unordered_set<std::string> receipts;
    for (const auto& event : events()) receipts.insert(event.receipt);
    size_t found = 0;
    find_in_spools(with_spool().spool.directory, receipts, [&](const auto&, Outbound&&) { ++found; });
    return found;
  }
};

TEST_F(BothTest, EveryEventIsOnTheBrokerAndInTheSpoolBeforeTheAnswer) {
  RunningIngest ingest(both());
  auto client = ingest.client();
  int slow = 0;
  for (int i = 0; i < 50; ++i) {
    const auto answer = send(client, plain(i));
    ASSERT_EQ(answer.status, 200);
    slow += answer.took >= 250ms ? 1 : 0;
  }
  EXPECT_EQ(copies(), 50U);
  EXPECT_EQ(first_sightings(), in_order(0, 50));
  EXPECT_EQ(ingest.delivered("broker") + ingest.delivered("spool"), 50);
  EXPECT_LE(ingest.delivered("spool"), slow);
  EXPECT_TRUE(eventually([&] { return ingest.metric("wxpipe_spool_copies") >= 50; }));
  EXPECT_TRUE(drained(ingest)) << "nothing waits";
  if (slow == 0) {
    EXPECT_EQ(events().size(), 50U) << "nothing was sent twice";
  }
}

TEST_F(BothTest, WhileTheBrokerIsAwayTheSpoolAnswersAndWhatItDeliversLaterStaysAsACopy) {
  RunningIngest ingest(both());
  auto client = ingest.client();
  for (int i = 0; i < 20; ++i) ASSERT_EQ(send(client, plain(i)).status, 200);
  gate().freeze();
  for (int i = 20; i < 60; ++i) {
    const auto answer = send(client, plain(i));
    ASSERT_EQ(answer.status, 200) << i;
    EXPECT_LT(answer.took, 2s + kBusy);
  }
  for (int i = 0; i < 3; ++i) EXPECT_LT(send(client, ticket(i)).took, 800ms + kBusy);
  EXPECT_GE(ingest.delivered("spool"), 43);
  gate().heal();
  for (int i = 60; i < 100; ++i) ASSERT_EQ(send(client, plain(i)).status, 200) << "new ones flow meanwhile";
  EXPECT_TRUE(drained(ingest));
  auto found = first_sightings();
  EXPECT_EQ(found.erase("sys") + found.erase(""), 1u) << "the tickets'";
  EXPECT_EQ(found, in_order(0, 100));
  EXPECT_EQ(ingest.delivered("nowhere"), 0);
  EXPECT_EQ(copies(), 103U);
}

TEST_F(BothTest, WithoutTheSpoolsDiskNothingIsAcknowledgedHoweverWellTheBrokerIs) {
  RunningIngest ingest(both());
  auto client = ingest.client();
  ASSERT_EQ(send(client, plain(0)).status, 200);
  support::FullDisk::fill();
  for (int i = 1; i < 4; ++i) EXPECT_EQ(send(client, plain(i)).status, 503);
  support::FullDisk::free();
  for (int i = 1; i < 4; ++i) EXPECT_EQ(send(client, plain(i)).status, 200);
  EXPECT_TRUE(drained(ingest));
  EXPECT_GE(copies(), 4U);
}

// The copies of a host that is gone: kept as long as they would be there, then removed with their spool.
TEST_F(BothTest, ALeftSpoolWithCopiesIsRemovedWhenTheyAreOldEnough) {
  auto with = both();
  with.kafka = topics_->settings();
  auto own = with;
  own.instance.name = "old-edge";
  {
    RunningIngest old(own);
    auto client = old.client();
    for (int i = 0; i < 10; ++i) ASSERT_EQ(send(client, plain(i)).status, 200);
  }
  own.kafka.bootstrap_servers = "127.0.0.1:1";
  {
    RunningIngest old(own);
    auto client = old.client();
    for (int i = 10; i < 20; ++i) ASSERT_EQ(send(client, plain(i)).status, 200);
  }
  telemetry::Metrics metrics;
  const std::filesystem::path folder = with.spool.directory;
  const LeftSpools looking(with, nullptr, system_clock(), metrics, {10ms, 100ms});
  EXPECT_TRUE(eventually([&] { return first_sightings() == in_order(0, 20); }));
  EXPECT_TRUE(eventually([&] { return metrics.spools_left.Value() == 0; }));
  EXPECT_TRUE(eventually([&] { return !has_owner(SpoolFiles(folder, "old-edge")) && copies() == 20; }));
  std::filesystem::last_write_time(folder / "old-edge.ledger", std::filesystem::file_time_type::clock::now() - 25h);
  EXPECT_TRUE(eventually([&] { return !exists(folder / "old-edge.spool"); }));
}

// Of a host that was renamed, say.
TEST_F(DurabilityTest, ASpoolThatNoProcessHasIsDeliveredAndGone) {
  auto with = with_spool();
  auto own = with;
  own.instance.name = "old-edge";
  own.kafka.bootstrap_servers = "127.0.0.1:1";
  {
    RunningIngest old(own);
    auto client = old.client();
    for (int i = 0; i < 20; ++i) ASSERT_EQ(send(client, plain(i)).status, 200);
    telemetry::Metrics metrics;
    const LeftSpools looking(with, nullptr, system_clock(), metrics, {10ms, 0ms});
    auto second = old.client();
    for (int i = 20; i < 30; ++i) ASSERT_EQ(send(second, plain(i)).status, 200);
    EXPECT_EQ(metrics.spools_left.Value(), 0) << "its process lives";
  }
  telemetry::Metrics metrics;
  const std::filesystem::path folder = with.spool.directory;
  {
    const LeftSpools patient(with, nullptr, system_clock(), metrics, {10ms, 1h});
    EXPECT_TRUE(eventually([&] { return metrics.spools_left.Value() == 1; }));
    EXPECT_TRUE(exists(folder / "old-edge.spool")) << "its process may be starting again";
  }
  const LeftSpools looking(with, nullptr, system_clock(), metrics, {10ms, 100ms});
  EXPECT_TRUE(eventually([&] { return !exists(folder / "old-edge.spool"); }));
  EXPECT_TRUE(eventually([&] { return metrics.spools_left.Value() == 0; }));
  EXPECT_EQ(first_sightings(), in_order(0, 30));
  bool emptied = false;
  for (const auto& record : support::read_topic(topics_->settings(), topics_->name(TopicName::custody))) {
    const auto mark = schemas::decode<schemas::CustodyMark>(record.value).value();
    EXPECT_EQ(mark.instance, "old-edge");
    emptied |= mark.number == schemas::kEmptiedMark && mark.spool_events == 0;
  }
  EXPECT_TRUE(emptied) << "the audit need not wait for it any more";
}

TEST_F(DurabilityTest, ALeftSpoolForOtherTopicsIsLeftAlone) {
  const auto with = with_spool();
  telemetry::Metrics metrics;
  const std::filesystem::path folder = with.spool.directory;
  for (const auto& [instance, topics] :
       {std::pair{"ours", with.kafka.topic_prefix}, {"theirs", "other." + with.kafka.topic_prefix}}) {
    Spool spool(with.spool, instance, topics, system_clock(), metrics);
    const Outbound event{.topic = TopicName::events,
                         .key = "shop||a",
                         .value = "{}",
                         .event_id = "id",
                         .receipt = "ours/1/1",
                         .traceparent = "",
                         .timestamp = Timestamp()};
    std::promise<bool> stored;
    spool.put(
        event, [&](std::optional<int64_t> id) { stored.set_value(id.has_value()); }, Spool::Row::late);
    ASSERT_TRUE(stored.get_future().get());
  }
  const LeftSpools looking(with, nullptr, system_clock(), metrics, {10ms, 100ms});
  EXPECT_TRUE(eventually([&] { return !exists(folder / "ours.spool"); }));
  EXPECT_TRUE(eventually([&] { return metrics.spools_left.Value() == 0; }));
  EXPECT_TRUE(exists(folder / "theirs.spool"));
  EXPECT_EQ(SpoolLedger::read(folder / "theirs.ledger").waiting.size(), 1U);
}

TEST_F(DurabilityTest, AnInstanceWhoseSpoolIsBeingLookedAtStartsAllTheSame) {
  auto with = with_spool();
  auto own = with;
  own.instance.name = "old-edge";
  telemetry::Metrics metrics;
  const LeftSpools looking(with, nullptr, system_clock(), metrics, {1ms, 1h});
  for (int i = 0; i < 20; ++i) RunningIngest(own).stop();
}

}  // namespace
}  // namespace wxpipe::ingest::test
