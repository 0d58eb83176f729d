#include "operate/grow.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/result.hpp"
#include "schemas/topics.hpp"

namespace wxpipe::operate {

void PrintTo(const Growth& growth, std::ostream* out) {
  *out << growth.topic << ' ' << growth.from << " to " << growth.to << (growth.held ? " held " : " ") << growth.journal
       << ' ' << growth.journal_from;
}

namespace {
using testing::AllOf;
using testing::HasSubstr;

kafka::ClusterView cluster() {
  kafka::ClusterView view{1, {}};
  for (const auto& topic : schemas::kTopics)
    view.topics[schemas::topic_name("shop.", topic.name)] = {topic.partitions, 1};
  return view;
}

std::string refusal(std::string_view topic, int to, const kafka::ClusterView& view = cluster()) {
  try {
    plan_growth(topic, to, "shop.", view);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "not refused";
}

TEST(Growth, OfEventsHoldsIngestAndTakesTheJournalAlong) {
  EXPECT_EQ(plan_growth("events", 24, "shop.", cluster()), (Growth{.topic = "shop.events.v1",
                                                                   .from = 6,
                                                                   .to = 24,
                                                                   .held = true,
                                                                   .journal = "shop.seen_ids.v1",
                                                                   .journal_from = 6}));
}

TEST(Growth, OfFactsNeedsNoHold) {
  EXPECT_EQ(plan_growth("leads", 12, "shop.", cluster()),
            (Growth{.topic = "shop.leads.v1", .from = 3, .to = 12, .held = false, .journal = {}}));
}

TEST(Growth, ATopicHasThreeNames) {
  for (const auto* name : {"events", "events.v1", "shop.events.v1"})
    EXPECT_EQ(plan_growth(name, 24, "shop.", cluster()).topic, "shop.events.v1") << name;
}

TEST(Growth, IsRefusedWithTheReason) {
  EXPECT_THAT(refusal("custody", 2), HasSubstr("one partition is enough"));
  EXPECT_THAT(refusal("dead_letters", 2), HasSubstr("doesn't grow"));
  EXPECT_THAT(refusal("seen_ids", 24), HasSubstr("wxpipe topics grow events"));
  EXPECT_THAT(refusal("event", 24), AllOf(HasSubstr("'event'"), HasSubstr("events, ")));
  EXPECT_THAT(refusal("events", 5), HasSubstr("6 partitions"));
  EXPECT_THAT(refusal("events", 24, {1, {}}), HasSubstr("topics apply"));
}

}  // namespace
}  // namespace wxpipe::operate
