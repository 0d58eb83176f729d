// docs/guarantees.md law 7 on a real Kafka: an event taken within the window is still known after restarts, rebalances
// and aborts. What was not committed was never taken.
#include "tests/integration/process/process_fixture.hpp"

namespace wxpipe::processors::test {
namespace {

class DedupeTest : public ProcessTest {};

TEST_F(DedupeTest, RepeatsAreRecognisedAcrossARestart) {
  const auto sent = events(0, 200), more = events(200, 250);
  {
    RunningProcess process(settings("one"));
    produce(sent);
    await_messages(200);
  }
  produce(again(sent));
  produce(more);
  {
    RunningProcess process(settings("one"));
    await_messages(450);
    EXPECT_EQ(process.metric("wxpipe_duplicates_total{stage=\"process\"}"), 200);
  }
  auto all = sent;
  all.insert(all.end(), more.begin(), more.end());
  EXPECT_EQ(outcome(), once_each_and_repeated(all, again(sent)));
}

TEST_F(DedupeTest, RepeatsAreRecognisedByAnotherProcessThatTookThePartitionsOver) {
  const auto sent = events(0, 200);
  RunningProcess first(settings("one"));
  produce(sent);
  await_messages(200);

  RunningProcess second(settings("two"));
  // Sends the same events again, until both workers have had some.
  std::vector<schemas::Event> repeats;
  for (int round = 2; round < 60 && second.taken() == 0; ++round) {
    const auto list = again(sent, fmt::format("edge/{}/", round));
    produce(list);
    repeats.insert(repeats.end(), list.begin(), list.end());
    await_messages(sent.size() + repeats.size());
  }
  EXPECT_GT(second.taken(), 0);
  first.stop();  // all goes to the second, once the first one's session is over
  const auto last = again(sent, "edge/last/");
  produce(last);
  repeats.insert(repeats.end(), last.begin(), last.end());
  await_messages(sent.size() + repeats.size());
  second.stop();
  EXPECT_EQ(outcome(), once_each_and_repeated(sent, repeats));
}

TEST_F(DedupeTest, RepeatsAreRecognisedNoFurtherBackThanDedupeRecords) {
  const auto sent = events(0, 200);
  auto few = settings("one");
  few.process.dedupe_records = 8;
  RunningProcess process(few);
  produce(sent);
  produce(again(sent));
  await_messages(400);
  process.stop();
  EXPECT_EQ(process.metric("wxpipe_duplicates_total{stage=\"process\"}"), 0);
}

TEST_F(DedupeTest, IdsCountOnlyOnceTheirBatchIsCommitted) {
  limit_messages(100);  // nothing fits: every transaction must abort
  const auto sent = events(0, 100);
  RunningProcess process(settings("one"));
  produce(sent);
  EXPECT_TRUE(eventually([&] { return process.metric("wxpipe_transactions_total{outcome=\"aborted\"}") >= 3; }));
  EXPECT_TRUE(eventually([&] { return process.readiness().find("transactions are aborted: ") != std::string::npos; }))
      << "somebody should look at it: " << process.readiness();
  EXPECT_EQ(outcome(), Outcome{});
  EXPECT_TRUE(read(TopicName::followers).empty()) << "not the rest of the batch either";
  EXPECT_EQ(process.taken(), 0);

  limit_messages(schemas::kMaxMessageBytes);
  await_messages(100);
  EXPECT_TRUE(eventually([&] { return process.ready(); })) << process.readiness();
  process.stop();
  EXPECT_EQ(outcome(), once_each(sent)) << "none of them was taken for a repeat";
  EXPECT_EQ(read(TopicName::followers).size(), 10u);
}

// A transaction aborts while the batches after it are already processed or still being collected.
class AbortTest : public DedupeTest, public testing::WithParamInterface<int> {};
INSTANTIATE_TEST_SUITE_P(BatchesOf, AbortTest, testing::Values(30, 150), testing::PrintToStringParamName());

TEST_P(AbortTest, WhatWasTakenBehindTheBatchFallsWithIt) {
  limit_messages(100);  // nothing fits: every transaction must abort
  const auto sent = events(0, 100);
  produce(sent);
  produce(again(sent));
  auto in_batches = settings("one");
  in_batches.process.batch_records = GetParam();
  RunningProcess process(in_batches);
  EXPECT_TRUE(eventually([&] { return process.metric("wxpipe_transactions_total{outcome=\"aborted\"}") >= 3; }));
  EXPECT_EQ(process.taken(), 0);

  limit_messages(schemas::kMaxMessageBytes);
  await_messages(200);
  process.stop();
  EXPECT_EQ(outcome(), once_each_and_repeated(sent, again(sent)))
      << "nothing left out, and no first taken for a repeat";
}

TEST_F(DedupeTest, EventsWithoutATimeAreKnownByTheirContent) {
  auto sent = events(0, 20);
  for (auto& event : sent) {
    event.timeless = true;
    event.occurred_at = event.received_at;
    event.id = schemas::event_id(event.account, event.tenant, {}, event.raw, {});
  }
  auto repeats = again(sent);
  for (auto& event : repeats) event.occurred_at = event.received_at = event.received_at + 90s;
  {
    RunningProcess process(settings("one"));
    produce(sent);
    await_messages(20);
  }
  RunningProcess process(settings("one"));
  produce(repeats);
  await_messages(40);
  process.stop();
  EXPECT_EQ(outcome(), once_each_and_repeated(sent, repeats));
}

TEST_F(DedupeTest, BeyondTheWindowARepeatIsLeftToTheSink) {
  auto sent = events(0, 20), late = again(sent), between = events(20, 30);
  for (auto& event : between) event.received_at += 11min;
  for (auto& event : late) event.received_at += 12min;
  RunningProcess process(settings("one"));
  produce(sent);
  await_messages(20);
  for (auto& event : between) event.subject = sent[static_cast<size_t>(&event - between.data())].subject;
  produce(between);
  produce(late);
  await_messages(50);
  process.stop();
  int twice = 0;
  for (const auto& [id, times] : outcome().messages) twice += times == 2;
  EXPECT_EQ(twice, 20);
}

TEST_F(DedupeTest, OtherBytesUnderTheSameIdentityAreKeptAndCounted) {
  auto sent = events(0, 10), changed = events(100, 110);
  for (size_t i = 0; i < sent.size(); ++i) {
    changed[i].identity = sent[i].identity;
    changed[i].subject = sent[i].subject;
  }
  RunningProcess process(settings("one"));
  produce(sent);
  produce(changed);
  await_messages(20);
  EXPECT_EQ(process.metric("wxpipe_identity_collisions_total"), 10);
  process.stop();
  auto all = sent;
  all.insert(all.end(), changed.begin(), changed.end());
  EXPECT_EQ(outcome(), once_each(all));
  EXPECT_EQ(read(TopicName::logs).size(), 10u) << "each explained";
}

}  // namespace
}  // namespace wxpipe::processors::test
