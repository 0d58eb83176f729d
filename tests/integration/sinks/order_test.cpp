// docs/guarantees.md law 4: shuffle the facts, repeat them, cut other batches: the tables end the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <map>
#include <tuple>

#include "common/postgres/migrations.hpp"
#include "rig/eventually.hpp"
#include "schemas/fact_list.hpp"
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
  origin.timeless = pick(random, 3) == 0;
  if (origin.timeless && pick(random, 3)) origin.stated_at = some_time(random);
  origin.receipt = fmt::format("edge-1/boot/{}", number);
  origin.trace_id = fmt::format("{:032x}", number);
  return origin;
}

std::vector<std::string> some_follower_changes(Random& random, int count) {
  struct Kind {
    const char *change, *state;
    int rank;
  };
  static constexpr Kind kKinds[]{
      {"subscribed", "following", 1}, {"unsubscribed", "left", 2}, {"edited", "", 0}, {"scanned", "following", 1}};
  std::vector<std::string> values;
  for (int i = 0; i < count; ++i) {
    const auto& kind = kKinds[pick(random, 4)];
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
  const auto fire = [](schemas::LeadActivity& fact, const Rule& rule) {
    fact.activity_id = schemas::derived_id(fact.origin.event_id, rule.name);
    fact.rule = rule.name;
    fact.dimension = rule.dimension;
    fact.points = rule.points;
    fact.daily_cap = rule.daily_cap;
    fact.half_life_days = rule.half_life_days;
  };
  std::vector<std::string> values;
  for (int i = 0; i < count; ++i) {
    const int which = pick(random, 4);
    schemas::LeadActivity fact;
    fact.origin = some_origin(random, i);
    fire(fact, kRules[which]);
    if (pick(random, 2))
      fact.profile = {{"contact_name", fmt::format("name {}", pick(random, 4))},
                      {"utm_source", pick(random, 2) ? "" : fmt::format("source {}", pick(random, 4))},
                      {"anything", fmt::format("{}", i)}};
    if (pick(random, 3) > 0) {
      values.push_back(value_of(fact));
      continue;
    }
    std::vector both{fact, fact};  // of one event, in one record
    fire(both[1], kRules[(which + 1) % 4]);
    schemas::encode_list<schemas::LeadActivity>(both, values.emplace_back());
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
  using Batches = std::vector<std::vector<std::string>>;

  void empty(const std::vector<std::string>& tables) const {
    for (const auto& table : tables) database_->query("truncate " + table);
    database_->query("truncate wxpipe.ledger, wxpipe.timeless_ids");
  }
  Tables contents(const std::vector<std::string>& tables) const {
    Tables found;
    for (const auto& table : tables) found.push_back(content(*database_, table));
    return found;
  }
  // The tables after these batches, starting empty. The first table must have a row per fact, and the ledger counts it.
  Tables tables_after(std::string_view of, const Batches& batches, const std::vector<std::string>& tables) {
    empty(tables);
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
    return contents(tables);
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

  // An origin of one person's event, so many seconds after noon.
  static schemas::Origin follower_at(int second) {
    schemas::Origin origin;
    origin.account = "shop";
    origin.subject = "o1";
    origin.platform = "wechat";
    origin.event_type = "follower.subscribed";
    origin.occurred_at = origin.received_at = noon() + 1s * second;
    origin.event_id = schemas::event_id("shop", "", "", fmt::format("{}", second), origin.occurred_at);
    return origin;
  }
  // The same of a sender without a platform's time. stated: seconds after noon; 0: it states none.
  static schemas::Origin arrived_at(int second, int stated) {
    auto origin = follower_at(second);
    origin.platform = "channel";
    origin.event_id = schemas::event_id("shop", "", "", fmt::format("{}", second), std::nullopt);
    origin.timeless = true;
    if (stated != 0) origin.stated_at = noon() + 1s * stated;
    return origin;
  }
  const std::vector<std::string> kFollowers{"follower_history", "followers"};
  const std::vector<std::string> kLeads{"lead_activities", "wxpipe.lead_daily", "wxpipe.lead_profiles", "leads"};

  std::unique_ptr<support::TemporaryDatabase> database_;
  std::unique_ptr<postgres::Connection> connection_;
  support::ManualClock clock_{noon()};
};

TEST_F(OrderTest, OfFollowerChangesDoesNotMatter) {
  expect_order_not_to_matter("followers", some_follower_changes, kFollowers);
}

TEST_F(OrderTest, OfLeadActivitiesDoesNotMatter) { expect_order_not_to_matter("leads", some_lead_activities, kLeads); }

// A replay beside the sink, or a topic with more partitions than before: a lead may have two writers at a time.
TEST_F(OrderTest, ALeadHasTheSumsOfAllItsWriters) {
  std::vector<std::string> days;
  for (int day = 0; day < 3; ++day) {
    schemas::LeadActivity fact;
    fact.origin = follower_at(86'400 * day);
    fact.activity_id = schemas::derived_id(fact.origin.event_id, "menu");
    fact.rule = "menu";
    fact.dimension = "interest";
    fact.points = 7;
    if (day > 0) fact.profile = {{day == 1 ? "contact_name" : "company_name", fmt::format("name {}", day)}};
    days.push_back(value_of(fact));
  }
  const auto add = [&](postgres::Transaction& transaction, const std::string& value) {
    const auto sink = make_sink(family("leads"));
    ASSERT_TRUE(sink->add(value));
    sink->append(transaction, 0, 1, "me");
  };
  for (const bool is_known : {true, false}) {
    SCOPED_TRACE(is_known ? "a lead that is there" : "a new lead");
    const Batches batch{is_known ? days : std::vector(days.begin() + 1, days.end())};
    const auto expected = tables_after("leads", batch, kLeads);
    if (is_known)
      tables_after("leads", {{days[0]}}, kLeads);
    else
      empty(kLeads);
    postgres::Transaction first(*connection_);
    add(first, days[1]);
    const auto second = std::async(std::launch::async, [&] {
      postgres::Connection other(database_->url(), "second", postgres::Purpose::sink);
      postgres::Transaction transaction(other);
      add(transaction, days[2]);
      transaction.commit();
    });
    EXPECT_TRUE(rig::eventually([&] {
      return count(*database_, "pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") == 1;
    }));
    first.commit();
    second.wait();
    EXPECT_EQ(contents(kLeads), expected);
  }
}

// wxpipe.follower_state and follower_times against a model in C++, and against the merge's own last answer.
TEST_F(OrderTest, FollowersAsOfATimeAreByTheRuleOfTheMerge) {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Random random(seed);
    const auto changes = some_follower_changes(random, 200);
    tables_after("followers", {changes}, kFollowers);
    std::vector<schemas::FollowerChanged> facts;
    for (const auto& change : changes) facts.push_back(schemas::decode<schemas::FollowerChanged>(change).value());
    const auto told_at = [](const schemas::FollowerChanged& fact) {
      return fact.origin.timeless ? fact.origin.stated_at : fact.origin.occurred_at;  // none stated: 1970
    };
    const auto newer = [&](const schemas::FollowerChanged& a, const schemas::FollowerChanged& b) {
      return std::tuple(told_at(a), a.rank, a.origin.event_id, a.change) >
             std::tuple(told_at(b), b.rank, b.origin.event_id, b.change);
    };
    const auto follower = [](const schemas::FollowerChanged& fact) {
      return fmt::format("({}|{}|{}", fact.origin.tenant, fact.origin.subject, fact.owner);
    };

    const auto sorted = [](std::vector<std::string> list) {
      std::sort(list.begin(), list.end());
      return list;
    };

    for (const auto at : {Timestamp{}, noon() - 1s, noon(), noon() + 1s, noon() + 25h, noon() + 24h * 30}) {
      std::map<std::string, const schemas::FollowerChanged*> newest;
      for (const auto& fact : facts)
        if (!fact.state.empty() && told_at(fact) <= at)
          if (auto& best = newest[follower(fact)]; best == nullptr || newer(fact, *best)) best = &fact;
      std::vector<std::string> expected;
      for (const auto& [name, fact] : newest)
        expected.push_back(
            fmt::format("{}|{}|{}|{})", name, fact->state, fact->change, to_string(fact->origin.event_id)));
      EXPECT_EQ(
          sorted(lines(*database_,
                       fmt::format("select concat_ws('|', k.tenant, k.subject, k.owner, s.state, s.change, s.event_id) "
                                   "from followers k cross join wxpipe.follower_state(k.account, k.tenant, k.subject, "
                                   "k.owner, timestamptz 'epoch' + {} * interval '1 microsecond') s",
                                   at.time_since_epoch().count()))),
          sorted(expected));
    }
    EXPECT_EQ(lines(*database_,
                    "select k.subject from followers k left join wxpipe.follower_state(k.account, k.tenant, k.subject, "
                    "k.owner, 'infinity') s on true where (s.state, s.change, s.changed_at, s.told_at, s.rank, "
                    "s.event_id) is distinct from (k.state, k.change, k.changed_at, k.state_told_at, k.rank, "
                    "k.change_event_id)"),
              std::vector<std::string>{});

    std::map<std::string, std::array<std::string, 3>> first;  // subscribed, left, source
    for (const auto& fact : facts) {
      auto& [subscribed, left, source] = first[follower(fact)];
      const auto keep_least = [](std::string& kept, const std::string& value) {
        if (kept.empty() || value < kept) kept = value;
      };
      // Where the platform gives no time, the arrival stands for it.
      const auto occurred_at = fact.origin.timeless ? fact.origin.received_at : fact.origin.occurred_at;
      const auto at = fmt::format("{}", occurred_at.time_since_epoch().count());
      if (fact.change == "subscribed") keep_least(subscribed, at);
      if (fact.state == "left") keep_least(left, at);
      if (!fact.scene.empty())
        keep_least(source, fmt::format("{:020}|{}", told_at(fact).time_since_epoch().count(), fact.scene));
    }
    std::vector<std::string> expected;
    for (const auto& [name, times] : first)
      expected.push_back(fmt::format("{}|{}|{}|{})", name, times[0], times[1],
                                     times[2].empty() ? "" : times[2].substr(times[2].find('|') + 1)));
    EXPECT_EQ(sorted(lines(
                  *database_,
                  "select concat_ws('|', tenant, subject, owner, coalesce((extract(epoch from first_subscribed_at) * "
                  "1000000)::bigint::text, ''), coalesce((extract(epoch from first_unsubscribed_at) * "
                  "1000000)::bigint::text, ''), coalesce(first_scene, '')) from follower_times")),
              sorted(expected));
    EXPECT_EQ(lines(*database_,
                    "select k.subject from followers k join follower_times t using (account, tenant, subject, owner) "
                    "where (t.last_subscribed_at, t.last_unsubscribed_at, t.last_scene, t.last_channel) is distinct "
                    "from (k.subscribed_at, k.unsubscribed_at, k.scene, k.channel)"),
              std::vector<std::string>{});
  }
}

// A row of followers is merged change by change; what an older version computed from the whole history must go on from
// where it stands (0010_newest_told.sql).
TEST_F(OrderTest, FollowersOfAnOlderDatabaseAreAsIfMergedAnew) {
  Random random(7);
  std::vector<std::string> changes;
  for (const auto& change : some_follower_changes(random, 120)) {
    auto fact = schemas::decode<schemas::FollowerChanged>(change).value();
    fact.origin.timeless = false;  // the older version knew nothing else
    fact.origin.stated_at = {};
    changes.push_back(value_of(fact));
  }
  const auto expected = tables_after("followers", {changes}, kFollowers);

  support::TemporaryDatabase older(support::Schema::none);
  const auto connection = older.connect();
  const auto all = postgres::embedded_migrations();
  const auto newest_told =
      std::find_if(all.begin(), all.end(), [](const auto& one) { return one.name == "0010_newest_told.sql"; });
  ASSERT_NE(newest_told, all.end());
  postgres::migrate(*connection, all.first(static_cast<size_t>(newest_told - all.begin())));
  const auto put = [&](const std::string& table, const std::vector<std::string>& rows, const std::string& but) {
    older.query(
        fmt::format("insert into {} select (jsonb_populate_record(null::{}, r || '{}' || jsonb_build_object("
                    "'created_at', now(), 'updated_at', now()))).* from jsonb_array_elements('[{}]') r",
                    table, table, but, fmt::join(rows, ",")));
  };
  put("follower_history", expected[0], "{}");
  put("followers", expected[1],
      R"({"subscribed_at": "2001-01-01T00:00:00Z", "scene": "other", "channel": null, "created_trace_id": null})");
  postgres::migrate(*connection);
  EXPECT_EQ(content(older, "follower_history"), expected[0]);
  EXPECT_EQ(content(older, "followers"), expected[1]);
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

TEST_F(OrderTest, OnlySubscribingMovesSubscribedAt) {
  const auto change = [&](int second, const char* what, const char* state) {
    return value_of(schemas::FollowerChanged{follower_at(second), "", what, state, 20, "poster", ""});
  };
  tables_after("followers", {{change(1, "subscribed", "following"), change(5, "scanned", "following")}}, kFollowers);
  EXPECT_EQ(lines(*database_, "select subscribed_at, last_seen_at, change from followers"),
            (std::vector<std::string>{"(\"2026-11-24 12:00:01+00\",\"2026-11-24 12:00:05+00\",scanned)"}));
  tables_after("followers", {{change(1, "added", "following")}, {change(2, "scanned", "following")}}, kFollowers);
  EXPECT_EQ(lines(*database_, "select subscribed_at from followers"),
            (std::vector<std::string>{"(\"2026-11-24 12:00:01+00\")"}));
  tables_after("followers", {{change(2, "scanned", "following")}}, kFollowers);
  EXPECT_EQ(lines(*database_, "select subscribed_at, state from followers"),
            (std::vector<std::string>{"(,following)"}));
}

// A sender's event is often received late: its first attempts failed. Arrival says nothing about which is newer.
TEST_F(OrderTest, ALateArrivalDoesNotOverwriteWhatItsSenderSaysIsNewer) {
  const auto change = [&](int arrival, int stated, const char* what, const char* state) {
    auto origin = arrived_at(arrival, stated);
    return value_of(schemas::FollowerChanged{origin, "", what, state, 20, fmt::format("scene {}", stated), ""});
  };
  tables_after("followers", {{change(100, 2, "added", "following")}, {change(200, 1, "half_added", "pending")}},
               kFollowers);
  EXPECT_EQ(lines(*database_, "select state, change, scene, changed_at, state_told_at from followers"),
            (std::vector<std::string>{
                "(following,added,\"scene 2\",\"2026-11-24 12:01:40+00\",\"2026-11-24 12:00:02+00\")"}));

  const auto told = [&](int arrival, int stated, const char* company) {
    schemas::LeadActivity fact;
    fact.origin = arrived_at(arrival, stated);
    fact.activity_id = schemas::derived_id(fact.origin.event_id, "rule:form");
    fact.rule = fact.dimension = "form";
    fact.profile = {{"company_name", company}};
    return value_of(fact);
  };
  tables_after("leads", {{told(100, 2, "moved to")}, {told(200, 1, "moved from")}}, kLeads);
  EXPECT_EQ(lines(*database_, "select company_name from leads"), (std::vector<std::string>{"(\"moved to\")"}));
}

TEST_F(OrderTest, WithoutAnyTimeTheResultIsTheSameWhateverArrivesFirst) {
  const auto results = [&](bool swapped) {
    std::vector<std::vector<std::string>> batches;
    for (const int number : {1, 2}) {
      auto origin = arrived_at(swapped ? 300 - 100 * number : 100 * number, 0);
      origin.event_id = schemas::event_id("shop", "", "", fmt::format("{}", number), std::nullopt);
      batches.push_back({value_of(schemas::FollowerChanged{origin, "", number == 1 ? "added" : "half_added",
                                                           number == 1 ? "following" : "pending", 20, "", ""})});
    }
    if (swapped) std::swap(batches[0], batches[1]);
    tables_after("followers", batches, kFollowers);
    return lines(*database_, "select state, change, change_event_id from followers");
  };
  EXPECT_EQ(results(false), results(true));
  // And whatever has a time is newer.
  auto timed = arrived_at(50, 1);
  timed.event_id.bytes[8] = 0;
  auto timeless = arrived_at(60, 0);
  tables_after("followers",
               {{value_of(schemas::FollowerChanged{timed, "", "added", "following", 20, "", ""}),
                 value_of(schemas::FollowerChanged{timeless, "", "removed_by_member", "left", 30, "", ""})}},
               kFollowers);
  EXPECT_EQ(lines(*database_, "select state from followers"), (std::vector<std::string>{"(following)"}));
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
  // What faded away long ago keeps nothing out: half-lives of a day, more of them than a double can halve.
  tables_after("leads", {{activity(1, -5000, "menu", 10, 20, 1)}, {activity(2, 0, "form", 5, 0, 1)}},
               {"lead_activities", "wxpipe.lead_daily", "wxpipe.lead_profiles", "leads"});
  EXPECT_EQ(lines(*database_, "select score, activity_count from leads"), (std::vector<std::string>{"(5,2)"}));
}

}  // namespace
}  // namespace wxpipe::sinks
