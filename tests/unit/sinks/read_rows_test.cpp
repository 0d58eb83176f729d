// Reading records into rows: a record that doesn't fit the family's schema is rejected and leaves no row.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schemas/fact_list.hpp"
#include "schemas/fact_sample.hpp"
#include "sinks/families.hpp"
#include "sinks/read_batch.hpp"
#include "tests/unit/schemas/samples.hpp"

namespace wxpipe::sinks {
namespace {
// A record of the family's first fact.
std::string encoded(const schemas::FamilyInfo& wanted) {
  std::string out;
  schemas::for_each_family([&]<class Fact, class... Others>(const schemas::Family<Fact, Others...>& family) {
    if (&family == &wanted) schemas::encode(schemas::sample<Fact>(), out);
  });
  return out;
}

TEST(Sinks, ThereIsOneForEachFamilyAndItsOwnRecordsAreRows) {
  for (const auto* family : all_families()) {
    auto sink = make_sink(*family);
    EXPECT_EQ(&sink->family(), family);
    EXPECT_TRUE(sink->add(encoded(*family))) << family->name;
    ASSERT_EQ(sink->size(), 1u) << family->name;
    if (family->topic.key == schemas::kSubjectKey) {
      EXPECT_EQ(sink->head(0).event_id, schemas::sample<schemas::Event>().id) << family->name;
      EXPECT_EQ(sink->head(0).account, "shop") << family->name;
    }
    sink->clear();
    EXPECT_EQ(sink->size(), 0u) << family->name;
  }
}

TEST(Sinks, TheHeadOfARowIsFoundByItsColumns) {
  const auto activity = schemas::samples::lead_activity();
  std::string out;
  encode(activity, out);
  auto sink = make_sink(schemas::family_of<schemas::LeadActivity>());
  ASSERT_TRUE(sink->add(out));
  const auto head = sink->head(0);
  EXPECT_EQ(head.id, activity.activity_id);
  EXPECT_EQ(head.event_id, activity.origin.event_id);
  EXPECT_EQ(head.occurred_at, activity.origin.occurred_at);
  EXPECT_EQ(head.received_at, activity.origin.received_at);
  EXPECT_EQ(head.timeless, activity.origin.timeless);
  EXPECT_EQ(head.receipt, activity.origin.receipt);
  EXPECT_EQ(head.trace_id, activity.origin.trace_id);
}

TEST(Sinks, AnotherFamilysRecordIsUnreadable) {
  for (const auto* family : all_families())
    for (const auto* other : all_families()) {
      if (family == other) continue;
      auto sink = make_sink(*family);
      const auto read = sink->add(encoded(*other));
      ASSERT_FALSE(read) << family->name << " read " << other->name;
      EXPECT_EQ(read.error().reason, Reason::unreadable_record);
      EXPECT_EQ(sink->size(), 0u);
    }
}

TEST(Sinks, ReceiptsOfRepeatsAreRowsOfTheJournal) {
  std::string out;
  encode(schemas::samples::duplicate(), out);
  auto sink = make_sink(schemas::family_of<schemas::DuplicateMet>());
  EXPECT_TRUE(sink->add(out));
  EXPECT_EQ(sink->head(0).receipt, schemas::samples::duplicate().receipt);
}

std::vector<schemas::LeadActivity> two_activities() {
  std::vector both{schemas::samples::lead_activity(), schemas::samples::lead_activity()};
  both[1].activity_id = Uuid{{7}};
  both[1].rule = "asked";
  return both;
}

TEST(Sinks, AListOfActivitiesIsARowForEachAndASingleOneStillARow) {
  const auto both = two_activities();
  std::string list, single;
  schemas::encode_list<schemas::LeadActivity>(both, list);
  encode(both[0], single);
  auto sink = make_sink(schemas::family_of<schemas::LeadActivity>());
  ASSERT_TRUE(sink->add(list));
  ASSERT_EQ(sink->size(), 2u);
  EXPECT_EQ(sink->head(0).id, both[0].activity_id);
  EXPECT_EQ(sink->head(1).id, both[1].activity_id);
  EXPECT_EQ(sink->head(1).receipt, both[1].origin.receipt);
  ASSERT_TRUE(sink->add(single));
  EXPECT_EQ(sink->size(), 3u);
  list.replace(list.find("\"asked\""), 7, "7      ");
  EXPECT_FALSE(sink->add(list));
  EXPECT_EQ(sink->size(), 3u) << "all of a record, or nothing";
}

TEST(ReadBatch, KnowsTheRecordOfEachRowHoweverManyRowsItBecame) {
  std::string list, single;
  schemas::encode_list<schemas::LeadActivity>(two_activities(), list);
  encode(two_activities()[0], single);
  std::vector<InputRecord> records;
  for (const std::string_view value :
       {std::string_view(single), std::string_view("x"), std::string_view(list), std::string_view(single)})
    records.push_back({"t", 0, std::ssize(records), "shop||o", value, {}, {}});
  ReadBatch batch(make_sink(schemas::family_of<schemas::LeadActivity>()));
  batch.read(std::span(records).first(2));
  batch.read(records);
  ASSERT_EQ(batch.rows().size(), 4u);
  const auto record_of_rows = [&] {
    std::vector<size_t> found;
    for (size_t row = 0; row < batch.rows().size(); ++row) found.push_back(batch.record_of(row));
    return found;
  };
  EXPECT_EQ(record_of_rows(), (std::vector<size_t>{0, 2, 2, 3}));
  ASSERT_EQ(batch.unreadable().size(), 1u);
  EXPECT_EQ(batch.unreadable()[0].record, 1u);
  EXPECT_TRUE(batch.complete());

  EXPECT_EQ(batch.take_out(1), 2u);
  EXPECT_EQ(record_of_rows(), (std::vector<size_t>{0, 2, 3})) << "the record's other row stays";
  EXPECT_FALSE(batch.complete());
  batch.read_again();
  EXPECT_EQ(record_of_rows(), (std::vector<size_t>{0, 2, 2, 3}));
  EXPECT_TRUE(batch.complete());
}

TEST(Sinks, AnUnknownFamilyIsAnErrorThatNamesTheOnesThereAre) {
  config::SinkSettings settings;
  settings.families = {"message"};
  try {
    chosen_families(settings);
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_STREQ(
        error.what(),
        "sink.families: there is no 'message'; there are messages, followers, leads, customers, logs, dead_letters, "
        "custody, directory, receipts, calls, instances");
  }
}

// Somebody waits for messages. Leads are computed once a batch.
TEST(Sinks, OnlyMessagesAndCustodyAreWrittenAtShortIntervalsAndOnlyLeadsInLargeBatches) {
  config::SinkSettings settings;
  settings.batch_rows = 7;
  settings.leads_batch_rows = 70;
  settings.batch_interval = std::chrono::milliseconds(3);
  settings.leads_batch_interval = std::chrono::milliseconds(30);
  std::vector<std::string_view> soon, large;
  for (const auto* family : all_families()) {
    const auto limits = batch_limits(*family, settings);
    if (limits.interval == settings.batch_interval) soon.push_back(family->name);
    if (limits.rows == 70) large.push_back(family->name);
  }
  EXPECT_THAT(soon, testing::ElementsAre("messages", "custody"));
  EXPECT_THAT(large, testing::ElementsAre("leads"));
}

TEST(Sinks, TheGroupIsNamedAfterPrefixAndFamily) {
  EXPECT_EQ(group_id("wx.", schemas::family_of<schemas::LeadActivity>()), "wx.sink.leads");
}

}  // namespace
}  // namespace wxpipe::sinks
