// Rules on a real Postgres, with a clock that the test moves: what is opened, what is over, and that it doesn't matter
// how often or from how many processes anybody looks.
#include "sinks/alerts/alert_watch.hpp"

#include <gtest/gtest.h>

#include "common/result.hpp"
#include "tests/integration/sinks/facts.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/stack.hpp"

namespace wxpipe::sinks {
namespace {
using namespace testing;
using Lines = std::vector<std::string>;

class AlertWatchTest : public ::testing::Test {
 protected:
  struct Process {
    explicit Process(AlertWatchTest& test)
        : watch(test.settings_, test.clock_, [&test](FamilyConnections&) {
            if (!test.kafka_) throw Unavailable("Kafka is away");
            return test.readers_;
          }) {}
    AlertWatch watch;
  };

  void SetUp() override {
    WXPIPE_NEEDS_STACK();
    database_ = std::make_unique<support::TemporaryDatabase>();
    settings_.postgres.url = database_->url();
    one_ = std::make_unique<Process>(*this);
    other_ = std::make_unique<Process>(*this);
  }

  // Both processes look, and one of them twice.
  Lines look() {
    one_->watch.look();
    other_->watch.look();
    one_->watch.look();
    return lines(*database_, "select rule, source_type, source_id, status, (extract(epoch from opened_at) - " +
                                 seconds(noon()) + ")::int, (extract(epoch from resolved_at) - " + seconds(noon()) +
                                 ")::int from alert_records order by opened_at, rule, source_id");
  }
  static std::string seconds(Timestamp at) { return fmt::format("{}", at.time_since_epoch() / 1s); }
  void heartbeat(const std::string& account, Timestamp at) {
    database_->query(fmt::format(
        "insert into instances (account, first_seen_at, last_seen_at, heartbeat_at) values ('{0}', '{1}', '{1}', '{1}') "
        "on conflict (account, login) do update set heartbeat_at = excluded.heartbeat_at",
        account, to_iso8601(at)));
  }
  static void dead_letters(const support::TemporaryDatabase& database, int count) {
    database.query(fmt::format(
        "insert into dead_letters (dead_letter_id, occurred_at, failed_at, stage, reason, account, topic, body, context) "
        "select gen_random_uuid(), '{0}', '{0}', 'ingest', 'doctype', 'shop', 't', '', '{{}}' from generate_series(1, {1})",
        to_iso8601(noon() - 1min), count));
  }
  // `days` in a row, up to the last one.
  void heard(const std::string& account, int days, Timestamp last) {
    for (int i = 0; i < days; ++i)
      database_->query(
          fmt::format("insert into account_health (account, day, by_broker, by_spool, first_seen_at, "
                      "last_seen_at, active_minutes) values ('{0}', ('{1}'::timestamptz at time zone "
                      "'UTC')::date, 1, 0, '{1}', '{1}', repeat('0', 1440)::bit(1440)) on conflict (account, "
                      "day) do update set last_seen_at = excluded.last_seen_at",
                      account, to_iso8601(last - 24h * i)));
  }

  config::Settings settings_;
  support::ManualClock clock_{noon()};
  bool kafka_ = true;
  std::vector<ReaderBehind> readers_{{"process", 0s}};
  std::unique_ptr<support::TemporaryDatabase> database_;
  std::unique_ptr<Process> one_, other_;
};

TEST_F(AlertWatchTest, OpensAndResolvesByItsRules) {
  EXPECT_EQ(look(), Lines{});
  readers_[0].age = 400s;
  database_->query(fmt::format(
      "insert into wxpipe.custody_marks (instance, boot, number, first_sequence, next_sequence, received_from, received_to, "
      "marked_at, last, mark, unaccounted) values ('edge', 'b', 1, 1, 3, '{0}', '{0}', '{0}', false, '{{}}', 2)",
      to_iso8601(noon())));
  dead_letters(*database_, 10);
  const Lines three{"(dead_letters,pipeline,dead_letters,ACTIVE,0,)", "(lag,reader,process,ACTIVE,0,)",
                    "(unaccounted,pipeline,custody,ACTIVE,0,)"};
  EXPECT_EQ(look(), three);
  EXPECT_EQ(
      lines(*database_,
            "select rule, level, metric_name, metric_value, threshold_value, alert_uuid = "
            "alert_id::text from alert_records order by rule"),
      (Lines{"(dead_letters,WARNING,dead_letters,10.0000,10.0000,t)", "(lag,ERROR,lag_seconds,400.0000,300.0000,t)",
             "(unaccounted,CRITICAL,unaccounted,2.0000,1.0000,t)"}));
  clock_.advance(10min);
  readers_[0].age = 0s;
  database_->query("update wxpipe.custody_marks set unaccounted = 0");
  EXPECT_EQ(look(), (Lines{"(dead_letters,pipeline,dead_letters,RESOLVED,0,600)", "(lag,reader,process,RESOLVED,0,600)",
                           "(unaccounted,pipeline,custody,RESOLVED,0,600)"}));
  readers_[0].age = 400s;
  EXPECT_EQ(look().size(), 4u) << "another one";
}

TEST_F(AlertWatchTest, CountsDeadLettersOfAllDatabases) {
  const support::TemporaryDatabase logs;
  settings_.postgres.families.emplace("logs", logs.url());
  one_ = std::make_unique<Process>(*this);
  other_ = std::make_unique<Process>(*this);
  dead_letters(*database_, 4);
  dead_letters(logs, 6);
  const Lines open{"(dead_letters,pipeline,dead_letters,ACTIVE,0,)"};
  EXPECT_EQ(look(), open);
  EXPECT_EQ(lines(logs, "select alert_id from alert_records"), Lines{}) << "alerts lie with the instances";
  // While one of them is away, it isn't known whether the alert is over.
  database_->query("delete from dead_letters");
  database_->query(fmt::format("alter database {} with allow_connections false", logs.name()));
  database_->query(
      fmt::format("select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '{}'", logs.name()));
  EXPECT_THROW(one_->watch.look(), Unavailable);
  EXPECT_EQ(lines(*database_, "select status from alert_records"), Lines{"(ACTIVE)"});
  database_->query(fmt::format("alter database {} with allow_connections true", logs.name()));
  other_ = std::make_unique<Process>(*this);  // its connection was lost
  EXPECT_EQ(look(), open) << "six are more than half of the threshold";
  logs.query("delete from dead_letters");
  EXPECT_EQ(look(), Lines{"(dead_letters,pipeline,dead_letters,RESOLVED,0,0)"});
}

TEST_F(AlertWatchTest, KnowsWhoIsSilent) {
  database_->query(
      "insert into wxpipe.accounts (name, kind, heartbeat_interval, created_by, updated_by) values ('slow', "
      "'wework_instance', 100, 'li', 'li'), ('retired', 'wework_instance', 30, 'li', 'li')");
  database_->query("update wxpipe.accounts set retired_at = now() where name = 'retired'");
  for (const auto* account : {"desk", "slow", "retired"}) heartbeat(account, noon());
  heard("shop", 3, noon());
  heard("test", 2, noon());
  heard("desk", 3, noon());  // it has a rule of its own
  clock_.advance(2min);
  EXPECT_EQ(look(), Lines{});
  clock_.advance(1min);
  EXPECT_EQ(look(), Lines{"(instance_silent,instance,desk,ACTIVE,180,)"});
  clock_.advance(2min);
  EXPECT_EQ(look(),
            (Lines{"(instance_silent,instance,desk,ACTIVE,180,)", "(instance_silent,instance,slow,ACTIVE,300,)"}));
  heartbeat("desk", noon() + 4min);
  heartbeat("slow", noon() + 5min);
  EXPECT_EQ(look(), (Lines{"(instance_silent,instance,desk,RESOLVED,180,240)",
                           "(instance_silent,instance,slow,RESOLVED,300,300)"}));
  clock_.set(noon() + 24h);
  heartbeat("desk", clock_.now());
  heartbeat("slow", clock_.now());
  const auto silent = look();
  ASSERT_EQ(silent.size(), 3u);
  EXPECT_EQ(silent.back(), "(account_silent,account,shop,ACTIVE,86400,)");
}

TEST_F(AlertWatchTest, IsNotToldTwiceOfASilenceThatAPersonCalledOver) {
  heartbeat("desk", noon() - 1h);
  EXPECT_EQ(look(), Lines{"(instance_silent,instance,desk,ACTIVE,-3420,)"});
  database_->query(fmt::format("update alert_records set resolved_at = '{}'", to_iso8601(noon())));
  clock_.advance(1h);
  EXPECT_EQ(look(), Lines{"(instance_silent,instance,desk,RESOLVED,-3420,0)"});
}

TEST_F(AlertWatchTest, TriesTheOtherRulesWhileKafkaIsAway) {
  kafka_ = false;
  heartbeat("desk", noon() - 1h);
  database_->query(fmt::format(
      "insert into dead_letters (dead_letter_id, occurred_at, failed_at, stage, reason, account, topic, body, context) "
      "select gen_random_uuid(), '{0}', '{0}', 'ingest', 'doctype', 'shop', 't', '', '{{}}' from generate_series(1, 10)",
      to_iso8601(noon() - 1min)));
  EXPECT_THROW(one_->watch.look(), Unavailable);
  EXPECT_EQ(lines(*database_, "select rule, status from alert_records"), Lines{"(dead_letters,ACTIVE)"})
      << "whether desk is silent isn't known";
  kafka_ = true;
  EXPECT_EQ(look().size(), 2u);
}

TEST_F(AlertWatchTest, LeavesItToTheProcessThatHasTheLock) {
  heartbeat("desk", noon() - 1h);
  const auto holder = database_->connect();
  holder->execute("select pg_advisory_lock(hashtext('wxpipe.alerts'), 0)");
  EXPECT_EQ(look(), Lines{});
  holder->execute("select pg_advisory_unlock(hashtext('wxpipe.alerts'), 0)");
  EXPECT_EQ(look().size(), 1u);
}

// An instance's own alerts are in the same table; no rule ends them.
TEST_F(AlertWatchTest, LeavesAloneWhatInstancesRaised) {
  database_->query(
      fmt::format("insert into alert_records (alert_id, alert_uuid, account, told, opened_at, last_told_at) "
                  "values (gen_random_uuid(), 'a1', 'desk', '{{}}', '{0}', '{0}')",
                  to_iso8601(noon())));
  EXPECT_EQ(look(), Lines{"(,instance,desk,ACTIVE,0,)"});
}

}  // namespace
}  // namespace wxpipe::sinks
