// Which partitions retention drops and which it keeps, in a real database: nothing that isn't accounted for goes, and
// afterwards audits, traces and writers notice nothing wrong.
#include <atomic>
#include <thread>

#include "common/kafka/transactional_producer.hpp"
#include "operate/trace.hpp"
#include "operate/trace_report.hpp"
#include "rig/eventually.hpp"
#include "sinks/autopilot.hpp"
#include "sinks/sink_role.hpp"
#include "tests/integration/retention/retention_fixture.hpp"
#include "tests/support/running_role.hpp"
#include "tests/support/unique_name.hpp"

namespace wxpipe::sinks {
namespace {
using rig::eventually;
using std::chrono::steady_clock;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

TEST_F(RetentionTest, DropsAMonthOnTheDayItsTimeIsOverAndNotBefore) {
  acknowledge(1, 1, 11, on(2025, 1, 31) + 23h);
  acknowledge(2, 11, 21, on(2025, 2, 1));
  acknowledge(3, 21, 31, on(2025, 3, 1));
  EXPECT_THAT(retain(on(2025, 3, 1) - 1us), IsEmpty());
  EXPECT_THAT(retain(on(2025, 3, 1)), ElementsAre("messages_202501"));
  EXPECT_FALSE(exists("messages_202501"));
  EXPECT_EQ(count("messages"), 20);
  EXPECT_THAT(retain(on(2025, 3, 1)), IsEmpty()) << "there is nothing left to do";

  EXPECT_THAT(lines("select partition, table_name, keep, rows, bytes > 0, dropped_at is not null, dump_file from "
                    "wxpipe.dropped_partitions"),
              ElementsAre("(messages_202501,messages,\"1 month\",10,t,t,)"));
  EXPECT_THAT(
      lines("select operator, address, operation, operation_type, resource_type, resource_id, filter, affected, "
            "details->>'custody_marks' from audit_logs"),
      ElementsAre("(anna,desk,\"partitions retain\",DELETE,partitions,messages_202501,\"1 month\",10,1)"));
  EXPECT_THAT(lines("select number from wxpipe.custody_marks order by 1"), ElementsAre("(2)", "(3)"));
  const auto report = audited();
  EXPECT_TRUE(report.fine());
  EXPECT_EQ(report.total(), (Tally{20, 20, 0, 0, 0, 0}));
}

TEST_F(RetentionTest, GoesByUtcDaysAndIsoWeeksWhateverTheDatabasesZone) {
  database_->query(fmt::format("alter database {} set timezone = 'Europe/Berlin'", database_->name()));
  connection_ = database_->connect();
  settings_.retention.keep = {{"logs", "2 days"}};
  for (unsigned day = 28; day <= 31; ++day) make_partition("system_logs", on(2026, 3, day));  // the 29th has 23 hours
  EXPECT_THAT(retain(on(2026, 3, 31) - 1us), IsEmpty());
  EXPECT_THAT(retain(on(2026, 3, 31)), ElementsAre("system_logs_20260328"));
  EXPECT_THAT(retain(on(2026, 4, 1) - 1us), IsEmpty()) << "the 29th ends at midnight in UTC";
  EXPECT_THAT(retain(on(2026, 4, 1)), ElementsAre("system_logs_20260329"));

  database_->query(
      "create table monitors (at timestamptz(6) not null) partition by range (at); "
      "create table monitors_default partition of monitors default");
  const postgres::PartitionedTable monitors{"monitors", {postgres::By::iso_week, "at"}};
  for (const auto at : {on(2026, 12, 28), on(2027, 1, 4)})
    postgres::ensure_partition(*connection_, postgres::partition_for(monitors, at));
  const auto weeks = postgres::timed_partitions(*connection_, monitors);
  ASSERT_EQ(weeks.size(), 2u);
  EXPECT_EQ(weeks[0].range, postgres::partition_for(monitors, on(2027, 1, 3)));
  const config::Age week{1, config::Age::Unit::weeks};
  EXPECT_FALSE(is_old(weeks[0].range, week, on(2027, 1, 11) - 1us));
  EXPECT_TRUE(is_old(weeks[0].range, week, on(2027, 1, 11)));
}

// Logs in a database of their own: their partitions go there, and custody is proven where the marks are.
TEST_F(RetentionTest, LooksAfterEachDatabaseByItself) {
  const support::TemporaryDatabase logs;
  const auto there = logs.connect();
  settings_.postgres.families.emplace("logs", logs.url());
  settings_.retention.keep = {{"messages", "1 month"}, {"logs", "1 month"}};
  const auto databases = family_databases(settings_);
  ASSERT_EQ(databases.size(), 2u);
  const auto retain_logs = [&] {
    Retention retention(settings_, {databases[1], *there, *connection_, *connection_}, *drain_, {"anna", "desk"});
    std::vector<std::string> list;
    for (auto& one : retention.look(on(2025, 3, 5), Doubt::refuse, 5s)) {
      if (one.kept_because.empty()) retention.drop(one);
      list.push_back(one.dropped ? one.range.name : one.range.name + ": " + one.kept_because);
    }
    return list;
  };
  acknowledge(1, 1, 11, on(2025, 1, 10));
  for (const auto& table : partitioned_tables())
    if (table.name == "system_logs")
      postgres::ensure_partition(*there, postgres::partition_for(table, on(2025, 1, 10)));
  store({mark(2, 11, 12, on(2025, 1, 10))});
  EXPECT_THAT(retain_logs(), ElementsAre(StartsWith("system_logs_20250110: 1 callback of its time unaccounted")));
  store_messages(11, 12, on(2025, 1, 10));
  look_at_unsettled(*connection_, *drain_, 0s, 5s, {});
  EXPECT_THAT(retain_logs(), ElementsAre("system_logs_20250110"));
  const auto dropped = there->execute(
      "select d.partition, a.operator from wxpipe.dropped_partitions d join audit_logs a "
      "on a.command_id = d.command_id where d.dropped_at is not null");
  ASSERT_EQ(dropped.size(), 1u);
  EXPECT_EQ(dropped.text(0, 0) + " " + dropped.text(0, 1), "system_logs_20250110 anna");
  EXPECT_EQ(count("wxpipe.dropped_partitions"), 0);
  EXPECT_EQ(count("messages_202501"), 11) << "what lies in the other database is left to its own keeper";
}

// A mark and a repeat that lie on both sides of the boundary, an event that came months late, a dead letter.
TEST_F(RetentionTest, LeavesNothingUnaccountedBehind) {
  acknowledge(1, 1, 11, on(2025, 1, 10));
  store_messages(11, 14, on(2025, 1, 31) + 23h + 59min);
  store_messages(14, 16, on(2025, 2, 1));
  auto across = mark(2, 11, 16, on(2025, 1, 31) + 23h + 59min);
  across.received_to = across.marked_at = on(2025, 2, 1);
  store_messages(17, 18, on(2025, 2, 20), on(2025, 1, 5));  // late
  database_->query(
      "insert into wxpipe.duplicate_receipts (receipt, event_id, account, family, received_at) "
      "select 'in-1/19ab/16', event_id, 'shop', 'messages', '2025-02-20' from messages where receipt = 'in-1/19ab/3'");
  database_->query(
      "insert into dead_letters (dead_letter_id, occurred_at, failed_at, stage, reason, body, receipt) values "
      "(gen_random_uuid(), '2025-01-15', '2025-01-15', 'ingest', 'malformed_xml', 'x', 'in-1/19ab/18')");
  auto letter = mark(4, 18, 19, on(2025, 1, 15));
  store({across, mark(3, 16, 18, on(2025, 2, 20)), letter});
  store_messages(19, 20, on(2025, 2, 21));
  store({mark(5, 19, 20, on(2025, 2, 21))});
  ASSERT_EQ(audited().total(), (Tally{19, 17, 1, 1, 0, 0}));

  EXPECT_THAT(retain(on(2025, 3, 5)), ElementsAre("messages_202501"));
  EXPECT_EQ(count("wxpipe.duplicate_receipts"), 0) << "they go with their event";
  EXPECT_EQ(count("dead_letters"), 1);
  const auto report = audited();
  EXPECT_THAT(report.missing, IsEmpty());
  EXPECT_THAT(report.marks_missing, IsEmpty());
  EXPECT_EQ(report.total(), (Tally{4, 3, 0, 1, 0, 0}));
  EXPECT_EQ(report.retired, 5);
  EXPECT_THAT(lines("select number from wxpipe.custody_marks order by 1"), ElementsAre("(2)", "(3)", "(4)", "(5)"))
      << "only a beginning of the boot's marks goes";
  // A row that is lost later is missed, also in a mark that lost others by retention.
  database_->query("delete from messages where receipt = 'in-1/19ab/15'");
  EXPECT_EQ(audited().total().unaccounted, 1);
  // What is spent by now goes with the next month.
  database_->query("delete from wxpipe.custody_marks where number = 2");
  EXPECT_THAT(retain(on(2025, 4, 5)), ElementsAre("messages_202502"));
  EXPECT_THAT(lines("select number from wxpipe.custody_marks order by 1"), ElementsAre());
  EXPECT_TRUE(audited().fine());
}

TEST_F(RetentionTest, KeepsWhatHasACallbackThatIsUnaccounted) {
  acknowledge(1, 1, 11, on(2025, 1, 10));
  store({mark(2, 11, 12, on(2025, 1, 20))});
  EXPECT_THAT(retain(on(2025, 3, 5)),
              ElementsAre("messages_202501: 1 callback of its time unaccounted: `wxpipe audit --from 2025-01-01T00:00 "
                          "--to 2025-02-02T00:00` names them"));
  EXPECT_EQ(count("messages"), 10);
  database_->query("update wxpipe.custody_marks set settled_at = now()");
  EXPECT_THAT(retain(on(2025, 3, 5)), ElementsAre(HasSubstr(": 1 callback of its time unaccounted")))
      << "it looks for the rows themselves";
  store_messages(11, 12, on(2025, 1, 20));
  EXPECT_THAT(retain(on(2025, 3, 5)), ElementsAre("messages_202501"));
}

TEST_F(RetentionTest, KeepsWhatIsInDoubtUnlessItIsToldThatThisIsKnown) {
  acknowledge(1, 1, 11, on(2025, 1, 10));
  store_messages(12, 13, on(2025, 1, 10) + 2s);  // behind the last mark, as 11 was
  store_messages(1, 2, on(2025, 1, 11), {}, "19ac");
  store({mark(1, 1, 2, on(2025, 1, 11), "19ac")});
  EXPECT_THAT(retain(on(2025, 3, 5)), ElementsAre("messages_202501: 1 receipt of its time in doubt, such as "
                                                  "in-1/19ab/11; --accept-doubt drops it all the same"));
  EXPECT_THAT(retain(on(2025, 3, 5), Doubt::accept), ElementsAre("messages_202501"));
  EXPECT_TRUE(audited().fine());
  EXPECT_THAT(audited().in_doubt, IsEmpty());
}

TEST_F(RetentionTest, KeepsEverythingWhileASinkIsBehindOrAReplayUnderWay) {
  acknowledge(1, 1, 11, on(2025, 1, 10));
  database_->query(
      "insert into wxpipe.replays (replay, topic, partition, next_offset, end_offset) values "
      "('events into tables', 't', 0, 5, 9)");
  EXPECT_THAT(retain(on(2025, 3, 5)), ElementsAre("messages_202501: a replay is under way, which may bring rows back: "
                                                  "events into tables"));
  database_->query("update wxpipe.replays set next_offset = end_offset");

  std::vector<std::string> names;
  for (const auto& one : schemas::kTopics) names.push_back(topics_->name(one.name));
  kafka::TransactionalProducer producer(topics_->settings(), support::unique_name("writer"), names);
  producer.init();
  producer.begin();
  producer.produce(static_cast<size_t>(schemas::TopicName::events),
                   {"k", "{}", {}, system_clock().now(), RD_KAFKA_PARTITION_UA});
  producer.commit();
  Retention retention(settings_, place(*connection_), *drain_, {"anna", "desk"});
  const auto old = retention.look(on(2025, 3, 5), Doubt::refuse, 100ms);
  ASSERT_EQ(old.size(), 1u);
  EXPECT_THAT(old[0].kept_because, StartsWith("process is up to 1 records behind on "));
}

TEST_F(RetentionTest, KeepsWhereMarksAreMissingInItsTimeOnly) {
  acknowledge(1, 1, 11, on(2025, 1, 10));
  acknowledge(3, 15, 20, on(2025, 1, 12));
  acknowledge(4, 20, 30, on(2025, 2, 20));
  EXPECT_THAT(retain(on(2025, 4, 5)),
              ElementsAre(StartsWith("messages_202501: custody marks of its time are missing: "), "messages_202502"));
}

TEST_F(RetentionTest, GoesOnWhereARunWasCutOffAndAuditsAreTrueMeanwhile) {
  acknowledge(1, 1, 11, on(2025, 1, 10));
  database_->query("alter table messages detach partition messages_202501");
  database_->query(
      "insert into wxpipe.dropped_partitions (partition, table_name, range_from, range_to, keep, command_id) values "
      "('messages_202501', 'messages', '2025-01-01', '2025-02-01', '1 month', gen_random_uuid())");
  EXPECT_EQ(audited().total(), (Tally{10, 10, 0, 0, 0, 0})) << "its rows are there until it is dropped";
  // A row of that time that comes now is stored, and waits in the default partition.
  store_messages(11, 12, on(2025, 3, 5), on(2025, 1, 7));
  store({mark(2, 11, 12, on(2025, 3, 5))});
  EXPECT_EQ(count("messages_default"), 1);
  settings_.retention.keep.clear();
  EXPECT_THAT(retain(on(2025, 3, 5)), ElementsAre("messages_202501")) << "although nothing has a limit now";
  EXPECT_EQ(audited().total(), (Tally{1, 1, 0, 0, 0, 0}));

  // The autopilot gives the late row its partition, and retention drops it in its turn.
  settings_.retention.keep = {{"messages", "1 month"}};
  keep_tables(*connection_, partitioned_tables(), on(2025, 3, 6), settings_.sink);
  EXPECT_EQ(count("messages_202501"), 1);
  EXPECT_THAT(retain(on(2025, 3, 6)), ElementsAre("messages_202501"));
  EXPECT_EQ(count("wxpipe.dropped_partitions where dropped_at is not null"), 2);
  EXPECT_TRUE(audited().fine());
}

TEST_F(RetentionTest, IsDoneByOneProcessAtATime) {
  auto other = database_->connect();
  Drain others_drain(settings_);
  Retention here(settings_, place(*connection_), *drain_, {"anna", "desk"});
  EXPECT_TRUE(here.alone());
  EXPECT_FALSE(Retention(settings_, place(*other), others_drain, {"ben", "desk"}).alone());
  connection_ = database_->connect();  // the first one ends
  EXPECT_TRUE(eventually([&] { return Retention(settings_, place(*other), others_drain, {"ben", "desk"}).alone(); }));
}

// Writers wait for the moment of detaching only. A reader that is in the way doesn't make them wait longer either.
TEST_F(RetentionTest, NeverHoldsWritersUp) {
  acknowledge(1, 1, 1001, on(2025, 1, 10));
  make_partition("messages", on(2025, 3, 5));
  auto reader = database_->connect();
  postgres::Transaction reading(*reader);
  reading.execute("select count(*) from messages");  // holds a lock on the table until it ends

  std::atomic<bool> enough = false;
  std::atomic<int> written = 0;
  std::chrono::nanoseconds longest{};
  std::string error;
  std::thread writer([&] {
    try {
      postgres::Connection connection(database_->url(), "writer", postgres::Purpose::sink);
      connection.execute("set lock_timeout = '2s'");
      for (; !enough; ++written) {
        const auto began = steady_clock::now();
        connection.execute(fmt::format(
            "insert into messages (event_id, occurred_at, received_at, platform, account, category, type, body) values "
            "(gen_random_uuid(), '2025-03-05', '2025-03-05', 'wechat', 'shop', 'message', 'message.text', '{}')",
            written.load()));
        longest = std::max<std::chrono::nanoseconds>(longest, steady_clock::now() - began);
      }
    } catch (const std::exception& caught) {
      error = caught.what();
    }
  });
  EXPECT_TRUE(eventually([&] { return written > 100; }));
  std::vector<std::string> dropped;
  std::thread dropping([&] { dropped = retain(on(2025, 3, 5)); });
  // It tries, and gives way to the writer, while the reader is in the way.
  EXPECT_TRUE(eventually([&] {
    return count(
               "pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like "
               "'alter table messages detach%'") > 0;
  }));
  const auto so_far = written.load();
  EXPECT_TRUE(eventually([&] { return written > so_far + 100; }));
  EXPECT_TRUE(exists("messages_202501"));
  reading.execute("select 1");
  reading.commit();
  dropping.join();
  enough = true;
  writer.join();
  EXPECT_EQ(error, "");
  EXPECT_THAT(dropped, ElementsAre("messages_202501"));
  EXPECT_LT(longest, 1500ms) << "200 ms, and a busy machine";
  EXPECT_EQ(count("messages_202503"), written.load());
}

TEST_F(RetentionTest, ATraceSaysWhatWasDroppedAndWhen) {
  acknowledge(1, 1, 11, on(2025, 1, 10));
  acknowledge(2, 11, 12, on(2025, 2, 10));
  const auto id = database_->query("select event_id::text from messages where receipt = 'in-1/19ab/4'").text(0, 0);
  const auto kept = database_->query("select event_id::text from messages where receipt = 'in-1/19ab/11'").text(0, 0);
  ASSERT_THAT(retain(on(2025, 3, 5)), ElementsAre("messages_202501"));
  const auto find = [&](const std::string& key) {
    operate::Search search;
    search.key = key;
    FamilyConnections databases(settings_, "test");
    return operate::find(databases, search);
  };
  const auto said = [&](const std::string& key) {
    EXPECT_THAT(find(key), IsEmpty());
    return report::to_json(operate::nothing_found(key, operate::dropped_with(*connection_, key)));
  };
  const auto today = to_iso8601(system_clock().now()).substr(0, 10);
  EXPECT_THAT(said("in-1/19ab/4"),
              HasSubstr("its row was dropped by retention on " + today + ", with messages_202501"));
  EXPECT_THAT(said(id), HasSubstr("rows of its time were dropped by retention on " + today + ", with messages_202501"));
  EXPECT_THAT(operate::dropped_with(*connection_, "in-1/19ab/11"), IsEmpty());
  EXPECT_THAT(operate::dropped_with(*connection_, kept), IsEmpty());
  EXPECT_EQ(find(kept).size(), 1u);
}

TEST_F(RetentionTest, ASinkDoesItByItselfWhereSettingsAskForIt) {
  make_partition("system_logs", on(2011, 5, 1));
  store_messages(1, 3, on(2011, 5, 1));
  auto own = settings_;
  own.kafka.properties["session.timeout.ms"] = "6000";
  own.retention.keep = {{"system_logs", "1 year"}, {"messages", "1 year"}};
  const auto make = [](auto context, auto) { return make_sink_role(context); };
  {
    support::RunningRole first(own, make);
    own.instance.name = "sink-2";
    support::RunningRole second(own, make);
    EXPECT_TRUE(eventually([&] { return !exists("messages_201105") && !exists("system_logs_20110501"); }));
    const auto dropped = [&](const std::string& table) {
      const auto name = "wxpipe_partitions_dropped_total{table=\"" + table + "\"}";
      return first.metric(name) + second.metric(name);
    };
    EXPECT_TRUE(eventually([&] { return dropped("messages") == 1 && dropped("system_logs") == 1; }));
  }
  EXPECT_THAT(lines("select operator, resource_id, affected from audit_logs order by 2"),
              ElementsAre("(\"wxpipe sink\",messages_201105,2)", "(\"wxpipe sink\",system_logs_20110501,0)"));
  own.retention.keep = {{"directory", "1 year"}};
  EXPECT_THROW(table_policies(own.retention), UsageError);
}

}  // namespace
}  // namespace wxpipe::sinks
