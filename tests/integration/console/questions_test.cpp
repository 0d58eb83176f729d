// What the console asks Postgres costs the same however large the tables are: counted in pages asked for, on a small
// and on a twenty times larger database. And what the answers are.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>

#include "operate/batches.hpp"
#include "operate/counts.hpp"
#include "operate/event_list.hpp"
#include "operate/person.hpp"
#include "operate/rebalances.hpp"
#include "operate/replays_of_records.hpp"
#include "operate/trace.hpp"
#include "tests/support/stack.hpp"
#include "tests/support/temporary_database.hpp"

namespace wxpipe::operate {
namespace {
using namespace std::chrono_literals;
using testing::HasSubstr;

const Timestamp kNow{1'780'000'000s};
constexpr int kSmall = 2'000, kLarge = 40'000;
constexpr double kMostApart = 1.5;
constexpr int64_t kIndexesGrow = 60;  // pages: a level more of each index
constexpr int64_t kBrinRanges = 256;  // a receipt is looked for in two ranges; the small table is smaller than one

// So many callbacks, one every two seconds back from kNow, of two accounts, forty of each person, with all that
// follows.
void fill(postgres::Connection& connection, int rows) {
  const auto now = to_iso8601(kNow);
  for (
      const auto* sql :
      {"insert into messages (event_id, occurred_at, received_at, platform, account, category, type, msg_id, subject, sender, "
       "content, body, receipt) select md5('e' || n)::uuid, at, at, 'wechat', case when n % 3 = 0 then 'outlet' else 'shop' end, "
       "'message', case when n % 5 = 0 then 'menu.clicked' else 'message.text' end, n::text, 'o' || n % ({1} / 40), 'o' || n % ({1} / 40), "
       "'text ' || n, '<xml>' || n, 'in/1/' || n from (select n, '{0}'::timestamptz - make_interval(secs => 2 * n) as at from "
       "generate_series(1, {1}) n) g",
       "insert into follower_history (account, subject, event_id, change, occurred_at, received_at, rank, platform, event_type, "
       "state) select 'shop', 'o' || n % ({1} / 40), md5('f' || n)::uuid, 'subscribed', at, at, 20, 'wechat', 'follower.subscribed', "
       "'following' from (select n, '{0}'::timestamptz - make_interval(secs => 20 * n) as at from generate_series(1, {1} / 10) n) g",
       "insert into leads (account, subject, platform, score, score_details, scored_on, activity_count, first_activity_at, "
       "first_activity_id, last_activity_at, last_activity_id, contact_phone, profile) select 'shop', 'l' || n, 'wechat', 5, '{{}}', "
       "'2026-05-28', 1, at, gen_random_uuid(), at, gen_random_uuid(), (13800000000 + n / 2)::text, '{{}}' from (select n, "
       "'{0}'::timestamptz - make_interval(secs => 20 * n) as at from generate_series(1, {1} / 10) n) g",
       "insert into wxpipe.ledger (minute, account, family, writer, acknowledged, stored) select date_trunc('minute', "
       "'{0}'::timestamptz) - make_interval(mins => n), a, f, 'w', case when f = 'custody' then 10 else 0 end, case when f = "
       "'messages' then 9 else 0 end from generate_series(0, {1}) n, unnest(array['shop', 'outlet']) a, unnest(array['messages', "
       "'custody', 'dead_letters', 'leads']) f",
       "insert into account_health select a, ('{0}'::timestamptz at time zone 'UTC')::date - d, 100, 1, '{0}'::timestamptz - "
       "make_interval(days => d), '{0}'::timestamptz - make_interval(days => d), repeat('1', 1440)::bit(1440) from "
       "unnest(array['shop', 'outlet']) a, generate_series(0, {1} / 100) d",
       "insert into audit_logs (occurred_at, command_id, operator, address, operation, operation_type, resource_type, affected) "
       "select '{0}'::timestamptz - make_interval(mins => n), gen_random_uuid(), 'mei', 'x', 'dlq drop', 'DELETE', 'dead_letters', n "
       "from generate_series(1, {1} / 10) n",
       "insert into system_logs (log_id, event_id, occurred_at, received_at, level, service, module, action, message, platform, "
       "account, event_type, instance, context) select md5('l' || n)::uuid, md5('l' || n)::uuid, at, at, 'info', 'sink', 'common', "
       "'partitions_assigned', '', 'wxpipe', '', 'partitions_assigned', 'sink-1', '{{\"group\": \"sink.leads\", \"partitions\": "
       "\"6\"}}' from (select n, '{0}'::timestamptz - make_interval(mins => n) as at from generate_series(1, {1}) n) g",
       "analyze"})
    connection.execute(fmt::format(fmt::runtime(sql), now, rows));
}

int64_t pages_fetched(postgres::Connection& connection) {
  connection.execute("select pg_stat_force_next_flush()");
  connection.execute("select pg_stat_clear_snapshot()");
  return connection
      .execute(
          "select coalesce(sum(pg_stat_get_blocks_fetched(oid)), 0)::int8 from pg_class where relkind in ('r', 'i') and "
          "relnamespace in ('public'::regnamespace, 'wxpipe'::regnamespace)")
      .integer(0, 0);
}

// Half as many more of one person, and a mark that says when the first of them came.
void fill_busy(postgres::Connection& connection, int rows) {
  for (
      const auto* sql :
      {"insert into messages (event_id, occurred_at, received_at, platform, account, category, type, msg_id, identity, subject, "
       "sender, content, body, receipt) select md5('b' || n)::uuid, at, at, 'wechat', 'shop', 'event', 'menu.clicked', null, "
       "'click|From=busy|T=' || extract(epoch from at)::int8, 'busy', 'busy', '', '<xml>' || n, 'in/1/9' || n from (select n, "
       "'{0}'::timestamptz - make_interval(secs => 4 * n) as at from generate_series(1, {1} / 2) n) g",
       "insert into wxpipe.custody_marks (instance, boot, number, first_sequence, next_sequence, received_from, received_to, "
       "marked_at, last, mark) values ('in', '1', 1, 0, 10, '{0}'::timestamptz - interval '20 s', '{0}', '{0}', false, '{{}}')",
       "select brin_summarize_new_values('messages_default_received_at_idx')", "analyze"})
    connection.execute(fmt::format(fmt::runtime(sql), to_iso8601(kNow), rows));
}

class Questions : public testing::Test {
 protected:
  void SetUp() override { WXPIPE_NEEDS_STACK(); }
};

TEST_F(Questions, CostTheSameHoweverLargeTheTablesAre) {
  config::Settings settings;
  const std::map<std::string, std::function<void(postgres::Connection&)>> all{
      {"newest events", [](auto& c) { list_events(c, {}); }},
      {"events of a person", [](auto& c) { list_events(c, {.person = "o5", .limit = 5}); }},
      {"a person", [](auto& c) { person_report(c, {.person = "o5", .account = {}, .after = {}, .limit = 5}); }},
      {"the last hour",
       [](auto& c) {
         report::Report report;
         KnownCounts known;
         add_overview(report, c, {.now = kNow, .today = kNow - 1h}, known);
       }},
      {"custody of an hour",
       [](auto& c) {
         custody_report(c, {kNow - 1h, kNow});
       }},
      {"accounts", [&](auto& c) { accounts_report(c, {&c}, settings, kNow); }},
      {"actions", [](auto& c) { actions_report({&c}, "", 50); }},
      {"rebalances",
       [](auto& c) {
         report::Report report;
         add_rebalances(report, c, kNow);
       }},
      {"a body", [](auto& c) { body_of({&c}, "00000000-0000-0000-0000-000000000001"); }},
  };
  const auto busy_click = fmt::format("click|From=busy|T={}", (kNow - 40s).time_since_epoch() / 1s);
  // What trace looks for, and how many it must find.
  const std::map<std::string, size_t> traced{{"busy", 20}, {"o5", 20}, {busy_click, 1}, {"1733", 1}, {"in/1/9", 1}};
  std::map<std::string, std::map<int, int64_t>> pages;
  for (const int rows : {kSmall, kLarge}) {
    const support::TemporaryDatabase database;
    const auto filler = database.connect(), reader = database.connect(), watcher = database.connect();
    fill(*filler, rows);
    fill_busy(*filler, rows);
    pages_fetched(*filler);
    reader->execute(std::string(sinks::kReadByIndex));
    for (const auto& [name, ask] : all) {
      ask(*reader);  // plans
      reader->execute("select pg_stat_force_next_flush()");
      const auto before = pages_fetched(*watcher);
      ask(*reader);
      reader->execute("select pg_stat_force_next_flush()");
      pages[name][rows] = pages_fetched(*watcher) - before;
    }
    settings.postgres.url = database.url();
    sinks::FamilyConnections databases(settings, "test", std::string(sinks::kReadByIndex));
    for (const auto& [key, found] : traced) {
      find(databases, {.key = key, .account = {}, .from = {}, .to = {}});  // plans
      databases.main().execute("select pg_stat_force_next_flush()");
      const auto before = pages_fetched(*watcher);
      EXPECT_EQ(find(databases, {.key = key, .account = {}, .from = {}, .to = {}}).size(), found) << key;
      databases.main().execute("select pg_stat_force_next_flush()");
      pages["trace " + key][rows] = pages_fetched(*watcher) - before;
    }
  }
  for (auto& [name, found] : pages) {
    EXPECT_GT(found[kSmall], 0) << name;
    const auto more = kIndexesGrow + (name == "trace in/1/9" ? kBrinRanges : 0);
    EXPECT_LE(found[kLarge], static_cast<int64_t>(kMostApart * static_cast<double>(found[kSmall])) + more)
        << name << ": " << found[kSmall] << " pages on the small database";
  }
}

TEST_F(Questions, ASearchLooksAtABoundedNumberOfRowsAndSaysHowFar) {
  const support::TemporaryDatabase database;
  const auto connection = database.connect();
  fill(*connection, kLarge);
  const auto none = list_events(*connection, {.text = "no such text"});
  EXPECT_TRUE(none.matches.empty());
  EXPECT_EQ(none.looked_at, 20'000);
  ASSERT_TRUE(none.back_to);
  EXPECT_THAT(to_json(report_of(none)), HasSubstr("older ones weren't looked at"));
  // The next page goes on there, and in the end all was looked at.
  int64_t looked_at = none.looked_at;
  auto page = none;
  for (int pages = 1; !page.next.empty() && pages < 10; ++pages) {
    page = list_events(*connection, {.text = "no such text", .after = page.next});
    looked_at += page.looked_at;
  }
  EXPECT_TRUE(page.next.empty());
  EXPECT_GE(looked_at, kLarge);

  // Every event of a type is on exactly one page.
  std::set<std::string> seen;
  EventQuestion question{.type = "menu.*", .limit = 200};
  for (int pages = 0; pages < 100; ++pages) {
    const auto list = list_events(*connection, question);
    for (const auto& match : list.matches) EXPECT_TRUE(seen.insert(match.id).second);
    if (list.next.empty()) break;
    question.after = list.next;
  }
  EXPECT_EQ(seen.size(), size_t{kLarge / 5});
}

// One statement wrote all of these rows, so all of them are one batch.
TEST_F(Questions, ABatchIsLookedForBesideTheRowAlone) {
  const support::TemporaryDatabase database;
  const auto filler = database.connect(), reader = database.connect();
  fill(*filler, kLarge);
  const auto place = filler->execute(
      fmt::format("select {}, (extract(epoch from created_at) * 1000000)::int8 from messages where msg_id = '{}'",
                  kPlaceOfRow, kLarge / 2));
  const WrittenRow row{
      "messages",         "shop", kNow, Timestamp(std::chrono::microseconds(place.integer(0, 2))), place.text(0, 0),
      place.integer(0, 1)};
  const auto batch = batch_of(*reader, row);
  EXPECT_GT(batch.rows_at_least, 1'000);
  EXPECT_LT(batch.rows_at_least, kLarge);
  EXPECT_EQ(batch.writer, "w");

  pages_fetched(*filler);
  reader->execute("select pg_stat_force_next_flush()");
  const auto before = pages_fetched(*filler);
  batch_of(*reader, row);
  reader->execute("select pg_stat_force_next_flush()");
  EXPECT_LE(pages_fetched(*filler) - before, 2 * 256 + 1 + kIndexesGrow);
}

TEST_F(Questions, AReplayHasReadWhatLiesBetweenItsBeginningAndItsPlace) {
  const support::TemporaryDatabase database;
  const auto connection = database.connect();
  connection->execute(
      "insert into wxpipe.replays (replay, topic, partition, begin_offset, next_offset, end_offset, operator, begun_at) values "
      "('into=tables', 'events.v1', 1, 10, 20, 30, 'anna', '2026-01-01'), ('into=tables', 'events.v1', 2, 0, 30, 30, 'anna', "
      "'2026-01-01'), ('into=tables', 'logs.v1', 1, 0, 30, 30, 'anna', '2026-01-01'), ('into=topic:copy from=2h', "
      "'events.v1', 1, null, 99, 99, '', '2026-01-02')");
  const auto at = [&](int64_t offset) {
    const Hop hop{"events.v1", 1, offset, ""};
    std::vector<std::string> found;
    for (const auto& one : replays_of(*connection, {&hop, 1}).list)
      found.push_back(fmt::format("{} {} {} {}", one.record, one.into, one.asked_by, one.finished));
    return found;
  };
  using Found = std::vector<std::string>;
  EXPECT_EQ(at(9), Found{});
  EXPECT_EQ(at(10), Found{"events.v1-1@10 tables anna false"});
  EXPECT_EQ(at(19), Found{"events.v1-1@19 tables anna false"});
  EXPECT_EQ(at(20), Found{}) << "not read yet";

  // Somebody may look who may not look everywhere.
  connection->execute("create schema try_wxpipe; create table try_wxpipe.replays (like wxpipe.replays)");
  connection->execute("grant usage on schema wxpipe to pg_monitor; grant select on wxpipe.replays to pg_monitor");
  connection->execute("set role pg_monitor");
  const Hop hop{"events.v1", 1, 15, ""};
  const auto seen = replays_of(*connection, {&hop, 1});
  EXPECT_EQ(seen.list.size(), 1u);
  EXPECT_EQ(seen.unreadable, Found{"try_wxpipe"});
}

TEST_F(Questions, StepsHaveNoGapsAndLeadsWithOnePhoneAreLinked) {
  const support::TemporaryDatabase database;
  const auto connection = database.connect();
  fill(*connection, kSmall);
  const auto steps = counts_by_step(*connection, {kNow - 2h, kNow + 1h, 3600s, "shop"});
  ASSERT_EQ(steps.size(), 3u);
  EXPECT_EQ(steps[0].second.acknowledged, 600);
  EXPECT_EQ(steps[0].second.stored, 540);
  EXPECT_EQ(steps[0].second.rest(), 60);
  EXPECT_EQ(steps[2].first, kNow);
  EXPECT_THAT(to_json(person_report(*connection, {.person = "l4", .account = {}, .after = {}})),
              HasSubstr(R"("linked":[{"account":"shop","subject":"l5")"));
}

TEST_F(Questions, ADaysCountsAreKeptForAWhile) {
  const support::TemporaryDatabase database;
  const auto connection = database.connect();
  fill(*connection, kSmall);
  KnownCounts known;
  const auto gained = [&](const std::string& account, Timestamp now) {
    return known.today(*connection, account, kNow - 1h, now).leads_gained;
  };
  const auto leads = gained("", kNow);
  EXPECT_GT(leads, 0);
  connection->execute("delete from leads");
  EXPECT_EQ(gained("", kNow), leads);
  EXPECT_EQ(gained("outlet", kNow), 0) << "another question";
  EXPECT_EQ(gained("", kNow + KnownCounts::kTodayKept), 0);
}

TEST_F(Questions, ForAMonthReadOnlyTheNewestStepsAgain) {
  const support::TemporaryDatabase database;
  const auto connection = database.connect();
  fill(*connection, kSmall);
  KnownCounts known;
  const CountWindow window{kNow - 24h, kNow, 3600s, "shop"};
  const auto acknowledged = [&](Timestamp now) {
    const auto steps = known.by_step(*connection, window, now);
    EXPECT_EQ(steps.size(), 24u);
    return std::pair(steps.front().second.acknowledged, steps.back().second.acknowledged);
  };
  EXPECT_EQ(acknowledged(kNow), std::pair(int64_t{600}, int64_t{600}));
  connection->execute("update wxpipe.ledger set acknowledged = acknowledged + 1 where family = 'custody'");
  EXPECT_EQ(acknowledged(kNow + 9min), std::pair(int64_t{600}, int64_t{660})) << "what is over is known";
  EXPECT_EQ(acknowledged(kNow + 10min), std::pair(int64_t{660}, int64_t{660})) << "for ten minutes";
  // Two hours later the window has moved, and the steps in between come from the table.
  const auto later = known.by_step(*connection, {kNow - 22h, kNow + 2h, 3600s, "shop"}, kNow + 11min);
  EXPECT_EQ(later, counts_by_step(*connection, {kNow - 22h, kNow + 2h, 3600s, "shop"}));
}

}  // namespace
}  // namespace wxpipe::operate
