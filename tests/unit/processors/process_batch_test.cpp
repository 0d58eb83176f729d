#include "processors/process_batch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "processors/steps.hpp"
#include "schemas/event_id.hpp"
#include "schemas/fact_list.hpp"
#include "schemas/facts/dead_letter.hpp"
#include "schemas/registry.hpp"
#include "tests/unit/processors/events.hpp"

namespace wxpipe::processors {
namespace {
using schemas::TopicName;
using test::at;
using test::event_of;
using test::json_of;
using testing::ElementsAre;
using testing::Pair;

constexpr std::string_view kTopic = "wxpipe.events.v1";

Windows windows_of(int partitions = 1) {
  Windows windows;
  for (int i = 0; i < partitions; ++i) windows.emplace(i, RecentIds(std::chrono::seconds(600)));
  return windows;
}

InputRecord input(std::string_view value, int64_t offset = 0, int partition = 0) {
  return {partition, offset, "shop||oSubject", value, at(1), {}};
}

Steps steps() {
  config::Settings settings;
  settings.score.rules = {test::rule("talked", 2, {"message.*"})};
  return make_steps(settings);
}

Effects run(const std::vector<InputRecord>& records, Windows& windows) {
  return process_batch(records, steps(), windows, {kTopic, at(100)});
}

std::vector<TopicName> topics(const Effects& effects) {
  std::vector<TopicName> found;
  for (const auto& record : effects.records) found.push_back(record.topic);
  return found;
}

TEST(ProcessBatch, MakesTheMessageAndItsFactsUnderTheEventsKey) {
  auto windows = windows_of();
  const auto event = event_of("message.text");
  const auto json = json_of(event);
  const auto effects = run({input(json, 41)}, windows);

  ASSERT_EQ(topics(effects), (std::vector{TopicName::messages, TopicName::leads}));
  std::string message;
  encode(event, schemas::kMessageSchema, message);
  const auto id = to_string(event.id);
  const auto traceparent = "00-0af7651916cd43dd8448eb211c80319c-" + id.substr(19, 4) + id.substr(24) + "-01";
  EXPECT_EQ(effects.records[0].key(), "shop||oSubject");
  EXPECT_EQ(effects.records[0].value(), message);
  EXPECT_EQ(effects.records[0].traceparent(), traceparent);
  EXPECT_EQ(effects.records[0].timestamp, at(1));
  EXPECT_EQ(effects.records[1].traceparent(), traceparent);
  EXPECT_EQ(effects.records[1].key(), "shop||oSubject");
  EXPECT_EQ(schemas::decode<schemas::LeadActivity>(effects.records[1].value())->rule, "talked");
  EXPECT_EQ(effects.counts, (Counts{.processed = 1}));
  ASSERT_EQ(effects.progress.size(), 1U);
  EXPECT_EQ(effects.progress[0].page.first, 41);
  EXPECT_EQ(effects.progress[0].page.next, 42);
}

TEST(ProcessBatch, PutsAllActivitiesOfAnEventIntoOneRecord) {
  config::Settings settings;
  settings.score.rules = {test::rule("talked", 2, {"message.*"}), test::rule("wrote", 3, {"message.text"})};
  const auto all = make_steps(settings);
  auto windows = windows_of();
  const auto event = event_of("message.text");
  const auto json = json_of(event);
  const auto record = input(json);
  const auto effects = process_batch({&record, 1}, all, windows, {kTopic, at(100)});
  ASSERT_EQ(topics(effects), (std::vector{TopicName::messages, TopicName::leads}));
  EXPECT_EQ(effects.records[1].key(), "shop||oSubject");
  const auto activities = schemas::decode_list<schemas::LeadActivity>(effects.records[1].value());
  ASSERT_TRUE(activities) << activities.error().detail;
  ASSERT_EQ(activities->size(), 2U);
  for (const auto& activity : *activities) EXPECT_EQ(activity.origin, schemas::origin_of(event));
  EXPECT_EQ(activities->at(0).rule, "talked");
  EXPECT_EQ(activities->at(1).rule, "wrote");
  EXPECT_EQ(activities->at(1).activity_id, schemas::derived_id(event.id, "rule:wrote"));
}

TEST(ProcessBatch, LeavesTheReceiptOfARepeatBehindItsMessage) {
  auto windows = windows_of();
  const auto first = event_of("message.text");
  auto second = first;
  second.receipt = "i2/b1/9";
  second.received_at = at(6);
  const auto one = json_of(first), two = json_of(second);
  const auto effects = run({input(one, 0), input(two, 1)}, windows);

  ASSERT_EQ(topics(effects), (std::vector{TopicName::messages, TopicName::leads, TopicName::messages}));
  const auto& repeat = effects.records[2];
  EXPECT_EQ(repeat.key(), effects.records[0].key());
  EXPECT_EQ(repeat.timestamp, at(6));
  EXPECT_EQ(*schemas::decode<schemas::DuplicateMet>(repeat.value()),
            (schemas::DuplicateMet{first.id, "i2/b1/9", "shop", at(6), at(0), false, first.trace_id}));
  EXPECT_EQ(effects.counts, (Counts{.processed = 1, .duplicates = 1}));
}

TEST(ProcessBatch, MeetsRepeatsOfEarlierBatches) {
  auto windows = windows_of();
  const auto json = json_of(event_of("message.text"));
  publish(run({input(json, 0)}, windows), windows);
  EXPECT_EQ(run({input(json, 1)}, windows).counts, (Counts{.duplicates = 1}));
}

TEST(ProcessBatch, TakesARepairThoughItsIdWasSeenAndRemembersNothingNew) {
  auto windows = windows_of();
  const auto json = json_of(event_of("message.text"));
  const auto lost = run({input(json, 0)}, windows);
  publish(lost, windows);
  // The mark stands in the value; older versions wrote it as a header.
  auto marked = event_of("message.text");
  marked.repair = true;
  const auto json_of_marked = json_of(marked);
  auto old = input(json, 2);
  old.old_repair = true;
  const auto repaired = run({input(json_of_marked, 1), old}, windows);
  auto twice = lost.records;
  twice.insert(twice.end(), lost.records.begin(), lost.records.end());
  EXPECT_EQ(repaired.records, twice) << "what follows from it is the same";
  EXPECT_EQ(repaired.counts, (Counts{.processed = 2}));
  publish(repaired, windows);
  EXPECT_EQ(run({input(json, 3)}, windows).counts, (Counts{.duplicates = 1}));
  EXPECT_EQ(windows.at(0).size(), 1U);
}

TEST(ProcessBatch, TakesAndRemembersARepairWhoseIdIsUnknown) {
  auto windows = windows_of();
  auto event = event_of("message.text");
  event.repair = true;
  const auto again = json_of(event);
  publish(run({input(again, 0)}, windows), windows);
  event.repair = false;
  const auto json = json_of(event);
  EXPECT_EQ(run({input(json, 1)}, windows).counts, (Counts{.duplicates = 1}));
}

TEST(ProcessBatch, TakesAbortedRecordsAnew) {
  auto windows = windows_of();
  const auto json = json_of(event_of("message.text"));
  const auto aborted = run({input(json, 0)}, windows);
  drop_staged(windows);
  EXPECT_EQ(run({input(json, 0)}, windows), aborted);
}

TEST(ProcessBatch, CountsOnTheBatchInFlightAndFallsWithIt) {
  auto windows = windows_of();
  const auto one = json_of(event_of("message.text", "one")), two = json_of(event_of("message.text", "two"));
  const auto first = run({input(one, 0)}, windows);
  const auto second = run({input(one, 1), input(two, 2)}, windows);
  EXPECT_EQ(second.counts, (Counts{.processed = 1, .duplicates = 1}));

  drop_staged(windows);
  EXPECT_EQ(run({input(one, 0), input(one, 1), input(two, 2)}, windows).counts,
            (Counts{.processed = 2, .duplicates = 1}));
}

TEST(ProcessBatch, KeepsBothOfOneIdentityAndSaysSo) {
  auto windows = windows_of();
  const auto first = event_of("message.text", "one");
  auto second = event_of("message.text", "two");
  second.identity = first.identity;
  const auto one = json_of(first), two = json_of(second);
  const auto effects = run({input(one, 0), input(two, 1)}, windows);

  EXPECT_EQ(effects.counts, (Counts{.processed = 2, .collisions = 1}));
  ASSERT_EQ(topics(effects), (std::vector{TopicName::messages, TopicName::leads, TopicName::messages, TopicName::leads,
                                          TopicName::logs}));
  const auto log = *schemas::decode<schemas::LogWritten>(effects.records[4].value());
  EXPECT_EQ(log.module, "collision");
  EXPECT_EQ(log.level, "warn");
  EXPECT_EQ(log.origin, schemas::origin_of(second));
  EXPECT_THAT(log.context, ElementsAre(Pair("identity", first.identity)));
}

TEST(ProcessBatch, MakesADeadLetterOfWhatItCannotRead) {
  auto windows = windows_of();
  const std::string value = R"({"schema":"wxpipe.event.v1","id":"?","receipt":"i1/b1/7")";
  const auto effects = run({input(value, 7)}, windows);

  ASSERT_EQ(topics(effects), (std::vector{TopicName::dead_letters}));
  EXPECT_EQ(effects.records[0].key(), "shop");
  const auto letter = *schemas::decode<schemas::DeadLetter>(effects.records[0].value());
  EXPECT_EQ(letter.reason, Reason::unreadable_record);
  EXPECT_EQ(letter.stage, "process");
  EXPECT_EQ(letter.body, value);
  EXPECT_EQ(letter.topic, kTopic);
  EXPECT_EQ(letter.offset, 7);
  EXPECT_EQ(letter.receipt, "i1/b1/7");
  EXPECT_EQ(letter.failed_at, at(100));
  EXPECT_EQ(letter.id, schemas::record_dead_letter_id("process", kTopic, 0, 7, value));
  EXPECT_EQ(effects.counts, (Counts{.unreadable = 1}));
  ASSERT_EQ(effects.progress.size(), 1U) << "its offset is committed like any other";
  EXPECT_EQ(effects.progress[0].page.next, 8);
}

TEST(ProcessBatch, TakesOverNoTraceIdThatIsNone) {
  auto windows = windows_of();
  auto record = input("{not json");
  record.traceparent = "00-THIS IS AS LONG AS A TRACE ID BE-00f067aa0ba902b7-01";
  ASSERT_EQ(record.traceparent.size(), 55U);
  const auto effects = run({record}, windows);
  EXPECT_EQ(schemas::decode<schemas::DeadLetter>(effects.records.at(0).value())->trace_id, "");
}

TEST(ProcessBatch, TakesTheReceiptOfWhatItCannotReadFromAHeaderOfAnOlderVersion) {
  auto windows = windows_of();
  auto record = input("{not json");
  record.old_ids = {"01932f0e-1c00-8a5b-8f2e-0123456789ab", "i1/b1/7"};
  const auto effects = run({record}, windows);
  const auto letter = *schemas::decode<schemas::DeadLetter>(effects.records.at(0).value());
  EXPECT_EQ(letter.receipt, "i1/b1/7");
  EXPECT_EQ(to_string(letter.event_id.value()), "01932f0e-1c00-8a5b-8f2e-0123456789ab");
}

// Another program may write events in another form; what it says is the same.
TEST(ProcessBatch, WritesAnEventAnewThatIsNotInOurForm) {
  auto windows = windows_of();
  const auto event = event_of("message.text");
  auto json = json_of(event);
  json.insert(1, " ").append("\n");
  const auto effects = run({input(json)}, windows);
  std::string message;
  encode(event, schemas::kMessageSchema, message);
  ASSERT_FALSE(effects.records.empty());
  EXPECT_EQ(effects.records[0].value(), message);
}

// What no step needs is read only there.
TEST(ProcessBatch, MakesADeadLetterOfAnEventInAnotherFormWhoseBodyIsNone) {
  auto windows = windows_of();
  auto json = json_of(event_of("message.text"));
  const auto raw = json.find("\"raw\":\"");
  json.replace(raw, json.find('"', raw + 7) + 1 - raw, "\"raw\":7").append(" ");
  const auto effects = run({input(json)}, windows);
  EXPECT_EQ(effects.counts, (Counts{.unreadable = 1}));
  EXPECT_EQ(schemas::decode<schemas::DeadLetter>(effects.records.at(0).value())->detail, "field 'raw' can't be read");
}

TEST(ProcessBatch, MakesADeadLetterOfATombstone) {
  auto windows = windows_of();
  auto tombstone = input({});
  tombstone.value = std::nullopt;
  EXPECT_EQ(run({tombstone}, windows).counts, (Counts{.unreadable = 1}));
}

TEST(ProcessBatch, MakesADeadLetterOfWhatNoTopicTakes) {
  auto windows = windows_of();
  const auto json = json_of(event_of("message.text", std::string(static_cast<size_t>(schemas::kMaxMessageBytes), 'x')));
  const auto effects = run({input(json)}, windows);
  EXPECT_EQ(effects.counts, (Counts{.too_large = 1}));
  ASSERT_EQ(topics(effects), (std::vector{TopicName::dead_letters}));
  EXPECT_LT(effects.records[0].value().size(), static_cast<size_t>(schemas::kMaxMessageBytes));
  const auto letter = *schemas::decode<schemas::DeadLetter>(effects.records[0].value());
  EXPECT_EQ(letter.event_id,
            event_of("message.text", std::string(static_cast<size_t>(schemas::kMaxMessageBytes), 'x')).id);
  EXPECT_EQ(schemas::attribute(letter.context, "body_cut"), "true");
}

TEST(ProcessBatch, NeverMixesPartitions) {
  auto windows = windows_of(2);
  const auto json = json_of(event_of("message.text"));
  const auto effects = run({input(json, 3, 0), input(json, 9, 1), input(json, 4, 0)}, windows);
  EXPECT_EQ(effects.counts, (Counts{.processed = 2, .duplicates = 1}));
  ASSERT_EQ(effects.progress.size(), 2U);
  EXPECT_EQ(effects.progress[0].page.next, 5);
  EXPECT_EQ(effects.progress[1].page.next, 10);
}

}  // namespace
}  // namespace wxpipe::processors
