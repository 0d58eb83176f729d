#include "processors/dedupe/recent_ids.hpp"

#include <gtest/gtest.h>

#include "tests/unit/processors/events.hpp"

namespace wxpipe::processors {
namespace {
using test::at;

Uuid id(uint8_t number) {
  Uuid result;
  result.bytes.fill(number);
  return result;
}

WindowTime written(int64_t seconds) { return std::chrono::floor<std::chrono::milliseconds>(at(seconds)); }

TEST(RecentIds, ForgetsStagedIdsWhenTheBatchAborts) {
  RecentIds window(std::chrono::seconds(600));
  EXPECT_EQ(window.stage(id(1), 0, at(0), 0), Sighting::fresh);
  window.drop_staged();
  EXPECT_EQ(window.stage(id(1), 0, at(0), 0), Sighting::fresh);
}

TEST(RecentIds, KnowsPublishedIds) {
  RecentIds window(std::chrono::seconds(600));
  window.stage(id(1), 0, at(0), 0);
  window.publish(written(0));
  EXPECT_EQ(window.stage(id(1), 0, at(5), 1), Sighting::duplicate);
  EXPECT_EQ(window.stage(id(2), 0, at(5), 2), Sighting::fresh);
  EXPECT_EQ(window.size(), 1U);
}

TEST(RecentIds, KnowsIdsOfItsOwnBatch) {
  RecentIds window(std::chrono::seconds(600));
  EXPECT_EQ(window.stage(id(1), 0, at(0), 0), Sighting::fresh);
  EXPECT_EQ(window.stage(id(1), 0, at(0), 1), Sighting::duplicate);
}

TEST(RecentIds, RemembersForTheWholeWindowAndNotMuchLonger) {
  RecentIds window(std::chrono::seconds(80));
  window.stage(id(1), 0, at(0), 0);
  window.publish(written(0));
  EXPECT_EQ(window.stage(id(1), 0, at(80), 1), Sighting::duplicate);
  window.drop_staged();
  EXPECT_EQ(window.stage(id(1), 0, at(91), 1), Sighting::fresh);
}

TEST(RecentIds, RemembersASpooledEventFromWhenItWasTaken) {
  RecentIds window(std::chrono::seconds(80));
  window.stage(id(1), 0, at(1000), 0);
  window.stage(id(2), 0, at(0), 1);  // delivered a quarter of an hour late
  window.publish(written(1000));
  EXPECT_EQ(window.stage(id(2), 0, at(5), 2), Sighting::duplicate);
}

TEST(RecentIds, TellsTheSameIdentityWithOtherBytesFromARetry) {
  RecentIds window(std::chrono::seconds(600));
  EXPECT_EQ(window.stage(id(1), 77, at(0), 0), Sighting::fresh);
  EXPECT_EQ(window.stage(id(2), 77, at(0), 1), Sighting::collision);
  window.publish(written(0));
  EXPECT_EQ(window.stage(id(3), 77, at(1), 2), Sighting::collision);
  EXPECT_EQ(window.stage(id(1), 77, at(1), 3), Sighting::duplicate);
}

TEST(RecentIds, LeavesIdentitiesOfAbortedBatchesAlone) {
  RecentIds window(std::chrono::seconds(600));
  window.stage(id(1), 77, at(0), 0);
  window.drop_staged();
  EXPECT_EQ(window.stage(id(2), 77, at(0), 0), Sighting::fresh);
}

TEST(RecentIds, DoesNotMistakeAMissingIdentityForACommonOne) {
  RecentIds window(std::chrono::seconds(600));
  const auto none = identity_hash("shop", "", "");
  EXPECT_EQ(window.stage(id(1), none, at(0), 0), Sighting::fresh);
  EXPECT_EQ(window.stage(id(2), none, at(0), 1), Sighting::fresh);
}

TEST(RecentIds, KnowsIdsOfTheBatchesInFlight) {
  RecentIds window(std::chrono::seconds(600));
  window.stage(id(1), 77, at(0), 0);
  window.page(0, 1, at(0));
  EXPECT_EQ(window.stage(id(1), 77, at(1), 1), Sighting::duplicate);
  EXPECT_EQ(window.stage(id(2), 77, at(1), 2), Sighting::collision);
  window.publish(written(0));
  EXPECT_EQ(window.size(), 1U) << "the second batch has not been committed";
  EXPECT_EQ(window.stage(id(2), 77, at(1), 3), Sighting::duplicate);
  window.drop_staged();
  EXPECT_EQ(window.stage(id(2), 0, at(2), 2), Sighting::fresh);
  EXPECT_EQ(window.stage(id(1), 77, at(2), 3), Sighting::duplicate);
}

TEST(RecentIds, DropsABatchTogetherWithThoseBehindIt) {
  RecentIds window(std::chrono::seconds(600));
  window.stage(id(1), 0, at(0), 0);
  window.page(0, 1, at(0));
  window.stage(id(2), 0, at(1), 1);
  window.page(1, 2, at(1));
  window.drop_staged();
  EXPECT_EQ(window.stage(id(1), 0, at(0), 0), Sighting::fresh);
  EXPECT_EQ(window.stage(id(2), 0, at(1), 1), Sighting::fresh);
}

TEST(RecentIds, WritesAPageThatLeadsBackToTheBatchInFlight) {
  RecentIds window(std::chrono::seconds(80));
  window.stage(id(1), 0, at(0), 10);
  window.page(10, 11, at(3));
  window.stage(id(2), 0, at(1), 11);
  const auto page = window.page(11, 12, at(4));
  EXPECT_EQ(page.since, written(3));
  ASSERT_EQ(page.entries.size(), 1U);
  EXPECT_EQ(page.entries[0].id, id(2));
}

TEST(RecentIds, RemembersNoFurtherBackThanItsMostRecords) {
  RecentIds window(std::chrono::seconds(80), 16);
  for (uint8_t i = 1; i < 100; ++i) {
    ASSERT_EQ(window.stage(id(i), 0, at(0), i), Sighting::fresh);
    window.publish(written(0));
    EXPECT_LE(window.size(), 18U);  // one eighth more: the slice being filled
  }
  for (uint8_t i = 84; i < 100; ++i) EXPECT_EQ(window.stage(id(i), 0, at(0), 100), Sighting::duplicate) << int{i};
  for (uint8_t i = 1; i < 84; ++i) EXPECT_EQ(window.stage(id(i), 0, at(0), 100), Sighting::fresh) << int{i};
}

TEST(RecentIds, WritesThePageThatRebuildsIt) {
  RecentIds window(std::chrono::seconds(80));
  window.stage(id(1), 5, at(0), 10);
  window.publish(written(3));
  window.stage(id(2), 0, at(1), 11);
  window.stage(id(1), 5, at(1), 12);
  const JournalPage expected{
      11, 13, written(3), {{id(2), 0, std::chrono::floor<std::chrono::milliseconds>(at(1)), 11}}};
  EXPECT_EQ(window.page(11, 13, at(4)), expected);
}

TEST(RecentIds, NeverWritesAPageBeforeThePageBefore) {
  RecentIds window(std::chrono::seconds(80));
  window.stage(id(1), 0, at(0), 0);
  window.publish(written(50));
  EXPECT_EQ(window.page_time(at(40)), written(50));  // the machine's clock was set back
}

TEST(RecentIds, RestoresWhatLiesBehindTheStartOnly) {
  RecentIds window(std::chrono::seconds(80));
  const auto then = std::chrono::floor<std::chrono::milliseconds>(at(0));
  window.restore({0, 3, written(0), {{id(1), 0, then, 0}, {id(2), 0, then, 1}, {id(3), 0, then, 2}}}, written(0), 2);
  EXPECT_EQ(window.stage(id(2), 0, at(1), 5), Sighting::duplicate);
  EXPECT_EQ(window.stage(id(3), 0, at(1), 2), Sighting::fresh) << "its record will be read again";
}

TEST(IdentityHash, TellsWhereOnePartEnds) {
  EXPECT_NE(identity_hash("ab", "c", "x"), identity_hash("a", "bc", "x"));
  EXPECT_EQ(identity_hash("a", "b", ""), 0U);
}

// The hash is stored in the journal: with another function an upgrade would forget every identity.
TEST(IdentityHash, StaysTheSame) { EXPECT_EQ(identity_hash("shop", "", "msg:1"), 12050262644168563012U); }

}  // namespace
}  // namespace wxpipe::processors
