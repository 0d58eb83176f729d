// One batch is one transaction: rows, dead letters, ledger and offset are stored together or not at all, whatever is
// refused.
#include "sinks/batch_writer.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <thread>

#include "rig/eventually.hpp"
#include "schemas/fact_list.hpp"
#include "sinks/families.hpp"
#include "sinks/timeless_ids.hpp"
#include "tests/integration/sinks/facts.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/stack.hpp"

namespace wxpipe::sinks {
void PrintTo(const Written& written, std::ostream* out) {
  *out << written.fresh << " fresh:";
  for (const auto& [table, rows] : written.tables) *out << ' ' << table << ' ' << rows;
}

namespace {
using namespace testing;
using support::TemporaryDatabase;

const kafka::Partition kPartition{"t", 0};

// A sink with everything it needs, on a claimed partition.
class Bench {
 public:
  explicit Bench(const TemporaryDatabase& database, std::string_view of = "messages")
      : Bench(database, make_sink(family(of))) {}
  Bench(const TemporaryDatabase& database, std::unique_ptr<Sink> sink, config::SinkSettings settings = {})
      : batch_(std::move(sink)),
        settings_(std::move(settings)),
        connection_(database.url(), "test", postgres::Purpose::sink),
        offsets_("group", "me"),
        writer_(batch_.rows().family(), offsets_, settings_, "me", clock_) {
    claim();
  }

  int64_t claim() {
    claim_ = offsets_.claim(connection_, {&kPartition, 1}, "cluster").at(0);
    return claim_.next_offset;
  }
  BatchOutcome write(const Records& records) {
    const int64_t to = records.all().back().offset + 1;
    const Advance step{kPartition, claim_.epoch, claim_.next_offset, to};
    BatchOutcome outcome;
    batch_.clear();
    batch_.read(records.all());
    writer_.write(connection_, batch_, {&step, 1}, outcome);
    claim_.next_offset = to;
    return outcome;
  }
  postgres::Connection& connection() { return connection_; }
  support::ManualClock& clock() { return clock_; }

 private:
  ReadBatch batch_;
  const config::SinkSettings settings_;
  support::ManualClock clock_{noon()};
  postgres::Connection connection_;
  OffsetStore offsets_;
  BatchWriter writer_;
  Claim claim_;
};

// Does what another sink does, and dies after it.
class DyingSink : public Sink {
 public:
  struct Death : std::runtime_error {
    using std::runtime_error::runtime_error;
  };
  explicit DyingSink(std::unique_ptr<Sink> sink) : sink_(std::move(sink)) {}
  const schemas::FamilyInfo& family() const override { return sink_->family(); }
  Result<void> add(std::string_view value) override { return sink_->add(value); }
  size_t size() const override { return sink_->size(); }
  RowHead head(size_t row) const override { return sink_->head(row); }
  void set_occurred_at(size_t row, Timestamp at) override { sink_->set_occurred_at(row, at); }
  bool says_of_people() const override { return sink_->says_of_people(); }
  Timestamp came_at(size_t row) const override { return sink_->came_at(row); }
  void tell_names(size_t row, const std::function<void(std::string_view)>& tell) const override {
    sink_->tell_names(row, tell);
  }
  Erased erase_people(size_t row, const std::function<std::string_view(std::string_view)>& pseudonym_of) override {
    return sink_->erase_people(row, pseudonym_of);
  }
  void prepare() override { sink_->prepare(); }
  Written append(postgres::Transaction& transaction, size_t first, size_t count, std::string_view writer) override {
    return write(transaction, first, count, writer);
  }
  Written write(postgres::Transaction& transaction, size_t first, size_t count, std::string_view writer) override {
    sink_->write(transaction, first, count, writer);
    throw Death("killed between rows and commit");
  }
  Written insert(postgres::Transaction& transaction, size_t first, size_t count, std::string_view writer) override {
    return write(transaction, first, count, writer);
  }
  void take_out(size_t row) override { sink_->take_out(row); }
  void clear() override { sink_->clear(); }

 private:
  std::unique_ptr<Sink> sink_;
};

// Refuses rows as a CHECK constraint would.
void refuse(const TemporaryDatabase& database, const std::string& condition) {
  database.query(fmt::format("alter table messages add constraint picky check (not ({}))", condition));
}

class BatchWriterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WXPIPE_NEEDS_STACK();
    database_ = std::make_unique<TemporaryDatabase>();
  }
  std::unique_ptr<TemporaryDatabase> database_;
};

TEST_F(BatchWriterTest, RowsLedgerAndOffsetMoveTogether) {
  Bench bench(*database_);
  Records records;
  for (int i = 0; i < 3; ++i) records.add(value_of(message(i)));
  const auto outcome = bench.write(records);
  EXPECT_EQ(outcome.written, (Written{3, {{"messages", 3}, {"conversations", 3}}}));
  EXPECT_EQ(count(*database_, "messages"), 3);
  EXPECT_EQ(
      lines(*database_, "select minute, account, family, writer, stored, duplicates, dead_letters from wxpipe.ledger"),
      (std::vector<std::string>{"(\"2026-11-24 12:00:00+00\",shop,messages,me,3,0,0)"}));
  EXPECT_EQ(lines(*database_,
                  "select group_id, topic, partition, epoch, next_offset, owner, cluster_id from wxpipe.sink_offsets"),
            (std::vector<std::string>{"(group,t,0,1,3,me,cluster)"}));
}

TEST_F(BatchWriterTest, ADeathBetweenRowsAndCommitLeavesNothingAndTheBatchIsWrittenAgain) {
  Records records;
  for (int i = 0; i < 3; ++i) records.add(value_of(message(i)));
  {
    Bench dying(*database_, std::make_unique<DyingSink>(make_sink(family("messages"))));
    EXPECT_THROW(dying.write(records), DyingSink::Death);
  }
  EXPECT_EQ(count(*database_, "messages"), 0);
  EXPECT_EQ(count(*database_, "wxpipe.ledger"), 0);
  Bench next(*database_);
  EXPECT_EQ(next.claim(), 0);
  next.write(records);
  EXPECT_EQ(count(*database_, "messages"), 3);
  EXPECT_EQ(next.claim(), 3);
}

TEST_F(BatchWriterTest, AZombieWithAnOlderEpochCommitsNothing) {
  Bench zombie(*database_);
  Bench owner(*database_);
  Records records;
  records.add(value_of(message(1)));
  EXPECT_THROW(zombie.write(records), Fenced);
  EXPECT_EQ(count(*database_, "messages"), 0);
  owner.write(records);
  EXPECT_THROW(zombie.write(records), Fenced);
  EXPECT_EQ(count(*database_, "messages"), 1);
  EXPECT_EQ(count(*database_, "wxpipe.duplicate_receipts"), 0);
}

TEST_F(BatchWriterTest, AnOffsetThatMovedMeanwhileIsRefusedEvenInTheSameEpoch) {
  Bench bench(*database_);
  database_->query("update wxpipe.sink_offsets set next_offset = 5");
  Records records;
  records.add(value_of(message(1)));
  EXPECT_THROW(bench.write(records), Fenced);
  EXPECT_EQ(count(*database_, "messages"), 0);
}

TEST_F(BatchWriterTest, ARecordThatComesAgainIsNoDuplicateAndCountsNothing) {
  Records first, again;
  for (int i = 0; i < 3; ++i) first.add(value_of(message(i)));
  for (int i = 0; i < 3; ++i) again.add(value_of(message(i)), 10 + i);
  Bench bench(*database_);
  bench.write(first);
  EXPECT_EQ(bench.write(again).written.fresh, 0);
  EXPECT_EQ(count(*database_, "messages"), 3);
  EXPECT_EQ(count(*database_, "wxpipe.duplicate_receipts"), 0);
  EXPECT_EQ(lines(*database_, "select sum(stored), sum(duplicates) from wxpipe.ledger"),
            (std::vector<std::string>{"(3,0)"}));
}

TEST_F(BatchWriterTest, ARetryOfThePlatformKeepsItsReceiptOnceAndIsCountedOnce) {
  auto retry = message(1);
  retry.receipt = "edge-2/boot/1";
  retry.received_at += 5s;
  Records first, second;
  first.add(value_of(message(1)));
  second.add(value_of(retry), 10);
  second.add(value_of(retry), 11);
  Bench bench(*database_);
  bench.write(first);
  bench.write(second);
  EXPECT_EQ(lines(*database_, "select receipt from messages"), (std::vector<std::string>{"(edge-1/boot/1)"}));
  EXPECT_EQ(lines(*database_, "select receipt, event_id, account, family from wxpipe.duplicate_receipts"),
            (std::vector<std::string>{fmt::format("(edge-2/boot/1,{},shop,messages)", to_string(message(1).id))}));
  EXPECT_EQ(lines(*database_, "select sum(stored), sum(duplicates) from wxpipe.ledger"),
            (std::vector<std::string>{"(1,1)"}));
}

// All rows are copied at once, or those that a look-up doesn't find. The result must be the same.
TEST_F(BatchWriterTest, BothWaysInLeaveTheSameRowsAndTheSameCounts) {
  Records rows;
  for (int i = 0; i < 50; ++i) {
    auto event = message(i);
    event.content = i % 2 ? "a\\b\t\"c\"\n😀\\N" : "";
    event.attributes = {{"EventKey", fmt::format("k{}", i)}, {"EventKey", "\\N"}};
    event.timeless = i % 5 == 0;
    event.normaliser = i;
    if (i % 3 == 0) event.tenant = event.msg_id = event.reply = "t\x01";
    rows.add(value_of(event));
  }
  const auto stored = [&](Bench& bench) {
    EXPECT_EQ(bench.write(rows).written.fresh, 50);
    auto found = content(*database_, "messages");
    for (auto& line : content(*database_, "wxpipe.ledger")) found.push_back(std::move(line));
    return found;
  };
  Bench bench(*database_);
  const auto fresh = stored(bench);
  EXPECT_EQ(bench.write(rows).written.fresh, 0);  // the next batch expects new rows again
  database_->query("truncate messages, wxpipe.ledger");
  EXPECT_EQ(stored(bench), fresh);
  EXPECT_EQ(fresh.size(), 51u);
}

TEST_F(BatchWriterTest, ABatchOfWhichOneRowIsThereStoresTheOthers) {
  Bench bench(*database_);
  Records first, second, third;
  for (int i = 0; i < 3; ++i) first.add(value_of(message(i)));
  for (int i = 2; i < 6; ++i) second.add(value_of(message(i)), 10 + i);
  for (int i = 6; i < 9; ++i) third.add(value_of(message(i)), 20 + i);
  bench.write(first);
  EXPECT_EQ(bench.write(second).written.fresh, 3);
  EXPECT_EQ(bench.write(third).written.fresh, 3);
  EXPECT_EQ(count(*database_, "messages"), 9);
  EXPECT_EQ(lines(*database_, "select sum(stored), sum(duplicates) from wxpipe.ledger"),
            (std::vector<std::string>{"(9,0)"}));
}

// It isn't committed when rows are looked for, and it is when they are copied.
TEST_F(BatchWriterTest, ARowThatAnotherWriterAddsMeanwhileIsLeftOut) {
  Bench bench(*database_);
  Records known, records;
  known.add(value_of(message(0)));
  bench.write(known);
  for (int i = 0; i < 3; ++i) records.add(value_of(message(i)), 10 + i);
  const auto copy_of = [](int i) {
    return fmt::format(
        "insert into messages select (jsonb_populate_record(m, '{{\"event_id\": \"{}\", \"occurred_at\": \"{}\", "
        "\"receipt\": \"{}\"}}')).* from messages m limit 1",
        to_string(message(i).id), to_iso8601(message(i).occurred_at), message(i).receipt);
  };
  postgres::Connection other(database_->url(), "other writer", postgres::Purpose::sink);
  std::optional<postgres::Transaction> others(std::in_place, other);
  others->execute(copy_of(1));
  std::jthread commits([&] {
    EXPECT_TRUE(rig::eventually([&] { return count(*database_, "pg_locks where not granted") > 0; }));
    others->commit();
  });
  const auto outcome = bench.write(records);
  commits.join();
  EXPECT_EQ(outcome.written.fresh, 1);
  EXPECT_EQ(count(*database_, "messages"), 3);
  EXPECT_EQ(count(*database_, "wxpipe.duplicate_receipts"), 0);
}

TEST_F(BatchWriterTest, ReceiptsOfRepeatsThatProcessMetAreKeptAndCounted) {
  auto retry = message(1);
  retry.receipt = "edge-2/boot/1";
  Records records;
  records.add(value_of(message(1)));
  records.add(value_of(duplicate_of(retry)));
  records.add(value_of(duplicate_of(message(1))));  // the first delivery's own receipt: the record came twice
  Bench bench(*database_);
  bench.write(records);
  EXPECT_EQ(lines(*database_, "select receipt, stage from wxpipe.duplicate_receipts"),
            (std::vector<std::string>{"(edge-2/boot/1,process)"}));
  EXPECT_EQ(lines(*database_, "select sum(stored), sum(duplicates) from wxpipe.ledger"),
            (std::vector<std::string>{"(1,1)"}));
}

TEST_F(BatchWriterTest, UnreadableRecordsBecomeDeadLettersWithTheirBytesInTheSameTransaction) {
  const std::string garbage("\x00\xff{not json", 11);
  Records records;
  records.add(value_of(message(1)));
  records.add(garbage);
  records.add(value_of(message(2)));
  Bench bench(*database_);
  const auto outcome = bench.write(records);
  ASSERT_EQ(outcome.dead_letters.size(), 1u);
  EXPECT_EQ(
      lines(*database_,
            "select msg.n, stage, reason, sqlstate, account, topic, partition, record_offset, record_key, "
            "encode(body, 'hex') as body from dead_letters, (select count(*) as n from messages) msg"),
      (std::vector<std::string>{"(2,sink.messages,unreadable_record,,shop,t,0,1,shop||o1,00ff7b6e6f74206a736f6e)"}));
  EXPECT_EQ(lines(*database_, "select sum(stored), sum(dead_letters) from wxpipe.ledger"),
            (std::vector<std::string>{"(2,1)"}));
  EXPECT_EQ(bench.claim(), 3);
}

TEST_F(BatchWriterTest, PoisonIsIsolatedAndEveryGoodRowIsStored) {
  refuse(*database_, "content in ('第17条', '第18条', '第63条')");
  Records records;
  for (int i = 0; i < 100; ++i) records.add(value_of(message(i)));
  Bench bench(*database_);
  const auto outcome = bench.write(records);
  EXPECT_EQ(outcome.written, (Written{97, {{"messages", 97}, {"conversations", 7}}}));
  EXPECT_EQ(count(*database_, "messages"), 97);
  EXPECT_EQ(
      lines(*database_,
            "select record_offset, stage, reason, sqlstate, account, receipt, event_id from dead_letters "
            "order by record_offset"),
      (std::vector<std::string>{fmt::format("(17,sink.messages,constraint_violation,23514,shop,edge-1/boot/17,{})",
                                            to_string(message(17).id)),
                                fmt::format("(18,sink.messages,constraint_violation,23514,shop,edge-1/boot/18,{})",
                                            to_string(message(18).id)),
                                fmt::format("(63,sink.messages,constraint_violation,23514,shop,edge-1/boot/63,{})",
                                            to_string(message(63).id))}));
  EXPECT_EQ(lines(*database_, "select convert_from(body, 'UTF8') from dead_letters where record_offset = 63")
                    .at(0)
                    .find("63") != std::string::npos,
            true);
  EXPECT_EQ(lines(*database_, "select sum(stored), sum(dead_letters) from wxpipe.ledger"),
            (std::vector<std::string>{"(97,3)"}));
  EXPECT_EQ(bench.claim(), 100);
}

// A record of several rows.
TEST_F(BatchWriterTest, RefusedActivitiesOfAListMakeOneDeadLetterAndTheOthersAreStored) {
  std::vector<schemas::LeadActivity> list(4);
  for (size_t i = 0; i < list.size(); ++i) {
    list[i].origin = schemas::origin_of(message(1));
    list[i].rule = fmt::format("{} {}", i % 2 ? "bad" : "good", i);
    list[i].activity_id = schemas::derived_id(list[i].origin.event_id, list[i].rule);
  }
  std::string value;
  schemas::encode_list<schemas::LeadActivity>(list, value);
  Records records;
  records.add(value);
  records.add(value_of(list[0]));
  database_->query("alter table lead_activities add constraint picky check (rule not like 'bad%')");
  Bench bench(*database_, "leads");
  EXPECT_EQ(bench.write(records).dead_letters.size(), 1U);
  const auto rules = [&] { return lines(*database_, "select rule from lead_activities order by rule"); };
  EXPECT_EQ(rules(), (std::vector<std::string>{"(\"good 0\")", "(\"good 2\")"}));
  EXPECT_EQ(lines(*database_, "select record_offset, reason from dead_letters"),
            (std::vector<std::string>{"(0,constraint_violation)"}));
  EXPECT_EQ(lines(*database_, "select sum(stored), sum(dead_letters) from wxpipe.ledger"),
            (std::vector<std::string>{"(2,1)"}));

  // Put back once the cause is gone, it stores what is missing, and counts nothing twice.
  database_->query("alter table lead_activities drop constraint picky");
  Records again;
  again.add(std::string(*records.all()[0].value), 2);
  bench.write(again);
  EXPECT_EQ(rules().size(), 4U);
  EXPECT_EQ(lines(*database_, "select activity_count from leads"), (std::vector<std::string>{"(4)"}));
}

TEST_F(BatchWriterTest, PoisonAmongRowsThatAreThereAlreadyIsIsolated) {
  Bench bench(*database_);
  Records before;
  for (int i = 0; i < 20; ++i) before.add(value_of(message(i)));
  bench.write(before);
  refuse(*database_, "content in ('第25条', '第38条')");
  Records again;  // the first 20 of these are already stored
  for (int i = 0; i < 40; ++i) again.add(value_of(message(i)));
  const auto outcome = bench.write(again);
  EXPECT_EQ(outcome.written, (Written{18, {{"messages", 18}, {"conversations", 7}}}));
  EXPECT_EQ(count(*database_, "messages"), 38);
  EXPECT_EQ(lines(*database_, "select record_offset, reason from dead_letters order by record_offset"),
            (std::vector<std::string>{"(25,constraint_violation)", "(38,constraint_violation)"}));
}

TEST_F(BatchWriterTest, ANulInATextIsTheRowsFaultNotTheBatches) {
  auto poisoned = message(2);
  auto value = value_of(poisoned);
  value.replace(value.find("第2条"), std::string("第2条").size(), "a\\u0000b");
  Records records;
  records.add(value_of(message(1)));
  records.add(value);
  Bench bench(*database_);
  bench.write(records);
  EXPECT_EQ(count(*database_, "messages"), 1);
  EXPECT_EQ(lines(*database_, "select reason, sqlstate from dead_letters"),
            (std::vector<std::string>{"(invalid_value,22021)"}));
}

TEST_F(BatchWriterTest, ARunOfRejectionsStopsItAndLeavesEverythingInKafka) {
  refuse(*database_, "true");
  config::SinkSettings settings;
  settings.brake_consecutive = 5;
  Bench bench(*database_, make_sink(family("messages")), settings);
  Records few, many;
  for (int i = 0; i < 4; ++i) few.add(value_of(message(i)));
  for (int i = 4; i < 6; ++i) many.add(value_of(message(i)), i);
  bench.write(few);
  EXPECT_EQ(count(*database_, "dead_letters"), 4);
  try {
    bench.write(many);
    FAIL() << "the fifth in a row should have stopped it";
  } catch (const Braked& error) {
    EXPECT_NE(std::string(error.what())
                  .find("5 records in a row were rejected (sink.brake_consecutive = 5); the last for: "
                        "constraint_violation 23514"),
              std::string::npos)
        << error.what();
    EXPECT_EQ(std::string(error.what()).find("Failing row"), std::string::npos) << "a payload in a log line";
  }
  EXPECT_EQ(count(*database_, "dead_letters"), 4);
  EXPECT_EQ(bench.claim(), 4);
}

TEST_F(BatchWriterTest, AMissingMonthIsCreatedBeforeItsRowsAreWritten) {
  const auto old = noon() - 24h * 365;
  Records records;
  records.add(value_of(message(1)));
  records.add(value_of(message(2, old)));
  Bench bench(*database_);
  bench.write(records);
  EXPECT_EQ(lines(*database_, "select tableoid::regclass as of, content from messages order by content"),
            (std::vector<std::string>{"(messages_202611,第1条)", "(messages_202511,第2条)"}));
  EXPECT_EQ(count(*database_, "messages_default"), 0);
}

TEST_F(BatchWriterTest, AMissingMonthIsCreatedEvenWhereThereIsNoDefaultPartition) {
  database_->query("drop table messages_default");
  Bench bench(*database_);
  Records first, second;
  first.add(value_of(message(1)));
  bench.write(first);
  database_->query("drop table messages_202611");  // what the sink remembers is no longer true
  second.add(value_of(message(2)), 1);
  bench.write(second);
  EXPECT_EQ(lines(*database_, "select tableoid::regclass as of, content from messages"),
            (std::vector<std::string>{"(messages_202611,第2条)"}));
  EXPECT_EQ(count(*database_, "dead_letters"), 0);
}

TEST_F(BatchWriterTest, AnOddTimeGoesToTheDefaultPartitionAndMakesNoTable) {
  const Timestamp odd(std::chrono::sys_days{std::chrono::year{1987} / 1 / 1});
  Records records;
  records.add(value_of(message(1, odd)));
  Bench bench(*database_);
  bench.write(records);
  EXPECT_EQ(lines(*database_, "select tableoid::regclass as of from messages"),
            (std::vector<std::string>{"(messages_default)"}));
}

TEST_F(BatchWriterTest, ARetryOfATimelessEventFindsItsRowAfterAnyRestart) {
  auto first = message(1);
  first.timeless = true;
  first.occurred_at = first.received_at;
  auto retry = first;
  retry.occurred_at = retry.received_at = first.received_at + 24h * 6;
  retry.receipt = "edge-2/boot/1";
  Records one, two;
  one.add(value_of(first));
  two.add(value_of(retry), 1);
  Bench(*database_).write(one);
  Bench(*database_).write(two);
  EXPECT_EQ(lines(*database_, "select occurred_at, receipt from messages"),
            (std::vector<std::string>{"(\"2026-11-24 12:00:00.3+00\",edge-1/boot/1)"}));
  EXPECT_EQ(lines(*database_, "select receipt from wxpipe.duplicate_receipts"),
            (std::vector<std::string>{"(edge-2/boot/1)"}));
}

TEST_F(BatchWriterTest, ATimelessEventBeyondTheWindowIsANewOne) {
  auto first = message(1);
  first.timeless = true;
  first.occurred_at = first.received_at;
  auto later = first;
  later.occurred_at = later.received_at = first.received_at + 24h * 8;
  later.receipt = "edge-2/boot/1";
  Records one, two, replayed;
  one.add(value_of(first));
  two.add(value_of(later), 1);
  replayed.add(value_of(first), 2);
  Bench bench(*database_);
  bench.write(one);
  bench.write(two);
  EXPECT_EQ(count(*database_, "messages"), 2);
  bench.write(replayed);
  EXPECT_EQ(count(*database_, "messages"), 2) << "a replay of the first meets the first's row";
}

// A topic keeps the repeat for longer than the window after the first delivery.
TEST_F(BatchWriterTest, AReplayedRetryOfATimelessEventFindsItsRowWhenTheWindowIsOver) {
  auto first = message(1, system_clock().now() - 24h * 12);
  first.timeless = true;
  first.received_at = first.occurred_at;
  auto retry = first;
  retry.occurred_at = retry.received_at = first.received_at + 24h * 5;
  retry.receipt = "edge-2/boot/1";
  Records one, two, replayed;
  one.add(value_of(first));
  two.add(value_of(retry), 1);
  replayed.add(value_of(retry), 2);
  Bench bench(*database_);
  bench.write(one);
  bench.write(two);
  forget_timeless_ids(bench.connection(), config::SinkSettings().timeless_window);
  bench.write(replayed);
  EXPECT_EQ(count(*database_, "messages"), 1);
  EXPECT_EQ(count(*database_, "wxpipe.timeless_ids"), 1);
  database_->query("update wxpipe.timeless_ids set occurred_at = now() - interval '400 days'");
  EXPECT_EQ(forget_timeless_ids(bench.connection(), config::SinkSettings().timeless_window), 1);
}

TEST_F(BatchWriterTest, AConnectionThatEndsIsTheWorldsFaultAndNoDeadLetter) {
  Bench bench(*database_);
  Records records;
  for (int i = 0; i < 3; ++i) records.add(value_of(message(i)));
  database_->query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'test' and datname = "
      "current_database()");
  EXPECT_THROW(bench.write(records), Unavailable);
  EXPECT_EQ(count(*database_, "dead_letters"), 0);
  Bench again(*database_);
  again.write(records);
  EXPECT_EQ(count(*database_, "messages"), 3);
}

TEST_F(BatchWriterTest, ALockIsTheWorldsFaultAndNoDeadLetter) {
  Bench bench(*database_);
  bench.connection().execute("set lock_timeout = '10ms'");
  auto holder = database_->connect();
  Records records;
  records.add(value_of(message(1)));
  {
    postgres::Transaction holding(*holder);
    holding.execute("lock table messages in access exclusive mode");
    EXPECT_THROW(bench.write(records), postgres::SqlError);
  }
  EXPECT_EQ(count(*database_, "dead_letters"), 0);
  bench.write(records);
  EXPECT_EQ(count(*database_, "messages"), 1);
}

// A table by hash has no default partition that could take the rows meanwhile.
TEST_F(BatchWriterTest, APartThatCannotBeMadeNowIsTheWorldsFaultAndNoDeadLetter) {
  Bench bench(*database_, "directory");
  auto holder = database_->connect();
  schemas::DirectoryChanged member;
  member.origin = schemas::origin_of(message(1));
  member.kind = "member";
  member.id = "zhangsan";
  member.change = "created";
  Records records;
  records.add(value_of(member));
  {
    postgres::Transaction holding(*holder);
    holding.execute("lock table directory_history in share update exclusive mode");  // rows may come, parts may not
    EXPECT_THROW(bench.write(records), postgres::SqlError);
  }
  EXPECT_EQ(count(*database_, "dead_letters"), 0);
  bench.write(records);
  EXPECT_EQ(count(*database_, "directory_history"), 1);
}

TEST_F(BatchWriterTest, OffsetsOfAnotherClusterBeginAnew) {
  Bench bench(*database_);
  Records records;
  records.add(value_of(message(1)));
  bench.write(records);
  OffsetStore offsets("group", "me");
  EXPECT_EQ(offsets.claim(bench.connection(), {&kPartition, 1}, "cluster"),
            (std::vector<Claim>{{kPartition, 2, 1, false}}));
  EXPECT_EQ(offsets.claim(bench.connection(), {&kPartition, 1}, "another"),
            (std::vector<Claim>{{kPartition, 3, 0, true}}));
}

TEST_F(BatchWriterTest, DeadLettersOfOtherStagesAreRowsOnceWithTheirBytes) {
  schemas::DeadLetter letter;
  letter.body = std::string("\x00\xff<xml>", 7);
  letter.id = schemas::ingest_dead_letter_id("shop", "", letter.body);
  letter.occurred_at = letter.failed_at = noon();
  letter.stage = "ingest";
  letter.reason = Reason::malformed_xml;
  letter.account = "shop";
  letter.receipt = "edge-1/boot/9";
  auto retry = letter;
  retry.receipt = "edge-1/boot/10";
  Records records;
  records.add(value_of(letter));
  records.add(value_of(letter));
  records.add(value_of(retry));
  Bench bench(*database_, "dead_letters");
  bench.write(records);
  EXPECT_EQ(lines(*database_, "select stage, reason, account, receipt, encode(body, 'hex') as body from dead_letters"),
            (std::vector<std::string>{"(ingest,malformed_xml,shop,edge-1/boot/9,00ff3c786d6c3e)"}));
  EXPECT_EQ(lines(*database_, "select receipt, family from wxpipe.duplicate_receipts"),
            (std::vector<std::string>{"(edge-1/boot/10,dead_letters)"}));
  EXPECT_EQ(lines(*database_, "select sum(dead_letters), sum(duplicates) from wxpipe.ledger"),
            (std::vector<std::string>{"(1,1)"}));
}

}  // namespace
}  // namespace wxpipe::sinks
