// Reading records into rows: what isn't of the family's schema is rejected and leaves no row.
#include <gtest/gtest.h>

#include "sinks/sinks.hpp"
#include "tests/unit/schemas/samples.hpp"

namespace wxpipe::sinks {
namespace {
using schemas::samples::event;

std::string encoded(std::string_view family) {
  std::string out;
  if (family == "messages") encode(event(), schemas::kMessageSchema, out);
  if (family == "followers") encode(schemas::samples::follower(), out);
  if (family == "leads") encode(schemas::samples::lead_activity(), out);
  if (family == "logs") encode(schemas::samples::log(), out);
  if (family == "dead_letters") encode(schemas::samples::dead_letter(), out);
  if (family == "custody") encode(schemas::samples::custody_mark(), out);
  return out;
}

TEST(Sinks, ThereIsOneForEachFamilyAndItsOwnRecordsAreRows) {
  for (const auto family : all_families()) {
    auto sink = make_sink(family);
    EXPECT_EQ(sink->family(), family);
    EXPECT_TRUE(sink->add(encoded(family))) << family;
    EXPECT_EQ(sink->size(), 1u) << family;
    if (family != "custody") {  // its rows are about many events
      EXPECT_EQ(sink->head(0).event_id, event().id) << family;
      EXPECT_EQ(sink->head(0).account, "shop") << family;
    }
    sink->clear();
    EXPECT_EQ(sink->size(), 0u) << family;
  }
}

TEST(Sinks, AnotherFamilysRecordIsUnreadable) {
  for (const auto family : all_families())
    for (const auto other : all_families()) {
      if (family == other) continue;
      auto sink = make_sink(family);
      const auto read = sink->add(encoded(other));
      ASSERT_FALSE(read) << family << " read " << other;
      EXPECT_EQ(read.error().reason, Reason::unreadable_record);
      EXPECT_EQ(sink->size(), 0u);
    }
}

TEST(Sinks, ReceiptsOfRepeatsAreRowsOfTheJournal) {
  std::string out;
  encode(schemas::samples::duplicate(), out);
  auto sink = make_sink("messages");
  EXPECT_TRUE(sink->add(out));
  EXPECT_EQ(sink->head(0).receipt, schemas::samples::duplicate().receipt);
}

TEST(Sinks, AnUnknownFamilyIsAnErrorThatNamesTheOnesThereAre) {
  try {
    make_sink("message");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_STREQ(
        error.what(),
        "sink.families: there is no 'message'; there are messages, followers, leads, logs, dead_letters, custody");
  }
}

TEST(Sinks, LeadsAreSummedUpInBatchesOfTheirOwnSize) {
  config::SinkSettings settings;
  settings.batch_rows = 7;
  settings.leads_batch_rows = 70;
  settings.batch_interval = std::chrono::milliseconds(3);
  settings.leads_batch_interval = std::chrono::milliseconds(30);
  EXPECT_EQ(batch_limits("messages", settings).rows, 7U);
  EXPECT_EQ(batch_limits("messages", settings).interval, std::chrono::milliseconds(3));
  EXPECT_EQ(batch_limits("leads", settings).rows, 70U);
  EXPECT_EQ(batch_limits("leads", settings).interval, std::chrono::milliseconds(30));
}

TEST(Sinks, TheGroupIsNamedAfterPrefixAndFamily) { EXPECT_EQ(group_id("wx.", "leads"), "wx.sink.leads"); }

}  // namespace
}  // namespace wxpipe::sinks
