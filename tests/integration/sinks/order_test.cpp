// docs/guarantees.md law 4: shuffle the facts, repeat them, cut other batches: the tables end the same.
#include <gtest/gtest.h>

#include <algorithm>

#include "sinks/batch_writer.hpp"
#include "sinks/families.hpp"
#include "tests/integration/sinks/facts.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/stack.hpp"

namespace wxpipe::sinks {
namespace {
using namespace testing;
using Random = std::mt19937;

int pick(Random& random, int below) { return std::uniform_int_distribution<int>(0, below - 1)(random); }
// Few different values, so that facts collide: same second, same subject, same day.
Timestamp some_time(Random& random) { return noon() + std::chrono::hours(24 * pick(random, 4)) + 1s * pick(random, 3); }

schemas::Origin some_origin(Random& random, int number) {
  schemas::Origin origin;
  origin.occurred_at = some_time(random);
  const auto bytes = fmt::format("<xml>{}</xml>", number);
  origin.event_id = schemas::event_id("shop", "", "", bytes, origin.occurred_at);
  origin.platform = pick(random, 2) ? "wechat" : "wework";
  origin.account = "shop";
  origin.tenant = pick(random, 3) ? "" : "wx01";
  origin.subject = fmt::format("o{}", pick(random, 3));
  origin.event_type = "follower.subscribed";
  origin.received_at = origin.occurred_at + 1s * pick(random, 100);
  origin.receipt = fmt::format("edge-1/boot/{}", number);
  origin.trace_id = fmt::format("{:032x}", number);
  return origin;
}

std::vector<std::string> some_follower_changes(Random& random, int count) {
  struct Kind {
    const char *change, *state;
    int rank;
  };
  static constexpr Kind kKinds[]{{"subscribed", "following", 1}, {"unsubscribed", "left", 2}, {"edited", "", 0}};
  std::vector<std::string> values;
  for (int i = 0; i < count; ++i) {
    const auto& kind = kKinds[pick(random, 3)];
    schemas::FollowerChanged fact{some_origin(random, i),
                                  pick(random, 2) ? "" : "zhangsan",
                                  kind.change,
                                  kind.state,
                                  kind.rank,
                                  pick(random, 2) ? "" : fmt::format("scene{}", pick(random, 3)),
                                  ""};
    if (!fact.scene.empty()) fact.channel = "channel of " + fact.scene;
    values.push_back(value_of(fact));
  }
  return values;
}

std::vector<std::string> some_lead_activities(Random& random, int count) {
  struct Rule {
    const char *name, *dimension;
    int points, daily_cap, half_life_days;
  };
  static constexpr Rule kRules[]{{"menu", "interest", 7, 20, 3},
                                 {"form", "intent", 40, 0, 0},
                                 {"left", "interest", -9, -18, 7},
                                 {"read", "engagement", 1, 2, 1}};
  std::vector<std::string> values;
  for (int i = 0; i < count; ++i) {
    const auto& rule = kRules[pick(random, 4)];
    schemas::LeadActivity fact;
    fact.origin = some_origin(random, i);
    fact.activity_id = schemas::derived_id(fact.origin.event_id, rule.name);
    fact.rule = rule.name;
    fact.dimension = rule.dimension;
    fact.points = rule.points;
    fact.daily_cap = rule.daily_cap;
    fact.half_life_days = rule.half_life_days;
    if (pick(random, 2))
      fact.profile = {{"contact_name", fmt::format("name {}", pick(random, 4))},
                      {"utm_source", pick(random, 2) ? "" : fmt::format("source {}", pick(random, 4))},
                      {"anything", fmt::format("{}", i)}};
    values.push_back(value_of(fact));
  }
  return values;
}

std::vector<std::string> some_logs(Random& random, int count) {
  std::vector<std::string> values;
  for (int i = 0; i < count; ++i) {
    const auto origin = some_origin(random, i);
    values.push_back(value_of(schemas::LogWritten{origin,
                                                  schemas::derived_id(origin.event_id, "log"),
                                                  "info",
                                                  "wechat",
                                                  "audit",
                                                  "audit.passed",
                                                  "fine",
                                                  {{"n", fmt::format("{}", i)}}}));
  }
  return values;
}

class OrderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WXPIPE_NEEDS_STACK();
    database_ = std::make_unique<support::TemporaryDatabase>();
    connection_ = std::make_unique<postgres::Connection>(database_->url(), "test", postgres::Purpose::sink);
  }

  using Tables = std::vector<std::vector<std::string>>;
  // The tables after these batches, starting empty. The first table must have a row per fact, and the ledger counts it.
  Tables tables_after(std::string_view of, const std::vector<std::vector<std::string>>& batches,
                      const std::vector<std::string>& tables) {
    for (const auto& table : tables) database_->query("truncate " + table);
    database_->query("truncate wxpipe.ledger");
    const kafka::Partition partition{"t", 0};
    ReadBatch read(make_sink(family(of)));
    const config::SinkSettings settings;
    const OffsetStore offsets("group", "me");
    BatchWriter writer(family(of), offsets, settings, "me", clock_);
    const auto claim = offsets.claim(*connection_, {&partition, 1}, "cluster").at(0);
    int64_t next = claim.next_offset;
    for (const auto& batch : batches) {
      Records records;
      for (const auto& value : batch) records.add(value, next + static_cast<int64_t>(records.all().size()));
      const int64_t to = next + static_cast<int64_t>(batch.size());
      const Advance step{partition, claim.epoch, next, to};
      BatchOutcome outcome;
      read.clear();
      read.read(records.all());
      writer.write(*connection_, read, {&step, 1}, outcome);
      EXPECT_EQ(outcome.dead_letters, std::vector<schemas::DeadLetter>{});
      next = to;
    }
    EXPECT_EQ(lines(*database_, fmt::format("select sum(stored) from wxpipe.ledger where family = '{}'", of)),
              lines(*database_, fmt::format("select count(*) from {}", tables.front())));
    Tables found;
    for (const auto& table : tables) found.push_back(content(*database_, table));
    return found;
  }

  template <class Facts>
  void expect_order_not_to_matter(std::string_view family, Facts&& some_facts, const std::vector<std::string>& tables) {
    for (unsigned seed = 1; seed <= 6; ++seed) {
      SCOPED_TRACE(fmt::format("seed {}", seed));
      Random random(seed);
      const std::vector<std::string> facts = some_facts(random, 120);
      const auto expected = tables_after(family, {facts}, tables);
      ASSERT_FALSE(expected.back().empty());

      auto shuffled = facts;
      for (int i = 0; i < 40; ++i) shuffled.push_back(facts[static_cast<size_t>(pick(random, 120))]);
      std::shuffle(shuffled.begin(), shuffled.end(), random);
      std::vector<std::vector<std::string>> batches;
      for (size_t at = 0; at < shuffled.size();) {
        const auto size = std::min<size_t>(static_cast<size_t>(1 + pick(random, 30)), shuffled.size() - at);
        batches.emplace_back(shuffled.begin() + static_cast<long>(at), shuffled.begin() + static_cast<long>(at + size));
        at += size;
      }
      EXPECT_EQ(tables_after(family, batches, tables), expected);
    }
  }

  std::unique_ptr<support::TemporaryDatabase> database_;
  std::unique_ptr<postgres::Connection> connection_;
  support::ManualClock clock_{noon()};
};

TEST_F(OrderTest, OfFollowerChangesDoesNotMatter) {
  expect_order_not_to_matter("followers", some_follower_changes, {"follower_history", "followers"});
}

TEST_F(OrderTest, OfLeadActivitiesDoesNotMatter) {
  expect_order_not_to_matter("leads", some_lead_activities,
                             {"lead_activities", "wxpipe.lead_daily", "wxpipe.lead_profiles", "leads"});
}

TEST_F(OrderTest, OfLogsDoesNotMatter) { expect_order_not_to_matter("logs", some_logs, {"system_logs"}); }

TEST_F(OrderTest, LeavingBeatsJoiningWithinOneSecondWhateverComesFirst) {
  schemas::Origin origin;
  origin.account = "shop";
  origin.subject = "o1";
  origin.platform = "wechat";
  origin.event_type = "follower.subscribed";
  origin.occurred_at = origin.received_at = noon();
  const auto fact = [&](uint8_t id, const char* change, const char* state, int rank) {
    auto its = origin;
    its.event_id.bytes[0] = id;
    return value_of(schemas::FollowerChanged{its, "", change, state, rank, "", ""});
  };
  const auto joined = fact(2, "subscribed", "following", 1), left = fact(1, "unsubscribed", "left", 2);
  for (const auto& batches :
       std::vector<std::vector<std::vector<std::string>>>{{{joined}, {left}}, {{left}, {joined}}}) {
    tables_after("followers", batches, {"follower_history", "followers"});
    EXPECT_EQ(lines(*database_, "select state, change, change_count from followers"),
              (std::vector<std::string>{"(left,unsubscribed,2)"}));
  }
}

TEST_F(OrderTest, TheLeadsScoreIsThatOfItsActivitiesCappedAndFaded) {
  const auto activity = [&](int number, int day, const char* rule, int points, int cap, int half_life) {
    schemas::LeadActivity fact;
    fact.origin.account = "shop";
    fact.origin.subject = "o1";
    fact.origin.platform = "wechat";
    fact.origin.event_type = "menu.clicked";
    fact.origin.occurred_at = fact.origin.received_at = noon() + std::chrono::hours(24 * day);
    fact.origin.event_id.bytes[0] = fact.activity_id.bytes[0] = static_cast<uint8_t>(number);
    fact.rule = rule;
    fact.dimension = rule;
    fact.points = points;
    fact.daily_cap = cap;
    fact.half_life_days = half_life;
    return value_of(fact);
  };
  // Day 0: 3 × 10, capped at 20, halved once in two days: 10. Day 2: 5 that never fade.
  tables_after("leads",
               {{activity(1, 0, "menu", 10, 20, 2), activity(2, 0, "menu", 10, 20, 2),
                 activity(3, 0, "menu", 10, 20, 2), activity(4, 2, "form", 5, 0, 0)}},
               {"lead_activities", "wxpipe.lead_daily", "wxpipe.lead_profiles", "leads"});
  EXPECT_EQ(lines(*database_, "select score, score_details, scored_on, activity_count from leads"),
            (std::vector<std::string>{"(15,\"{\"\"form\"\": 5.00, \"\"menu\"\": 10.00}\",2026-11-26,4)"}));
  EXPECT_EQ(lines(*database_,
                  "select wxpipe.lead_score('shop', '', 'o1', '2026-11-24') as then, "
                  "wxpipe.lead_score('shop', '', 'o1', '2026-11-28') as later"),
            (std::vector<std::string>{"(20,10)"}));
}

}  // namespace
}  // namespace wxpipe::sinks
