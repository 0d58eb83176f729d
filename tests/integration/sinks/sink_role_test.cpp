// The whole sink on a real Kafka and Postgres: every record becomes one row, whatever happens, and readiness tells the
// truth.
#include "sinks/sink_role.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "common/kafka/consumer.hpp"
#include "common/kafka/group_offsets.hpp"
#include "common/kafka/partition_reader.hpp"
#include "common/kafka/transactional_producer.hpp"
#include "common/postgres/migrations.hpp"
#include "rig/eventually.hpp"
#include "rig/tcp_gate.hpp"
#include "sinks/families.hpp"
#include "tests/integration/sinks/facts.hpp"
#include "tests/support/running_role.hpp"
#include "tests/support/stack.hpp"
#include "tests/support/topic_prefix.hpp"
#include "tests/support/unique_name.hpp"

namespace wxpipe::sinks {
namespace {
using namespace testing;
using rig::eventually;
using rig::eventually_equal;
using schemas::TopicName;

class RunningSink : public support::RunningRole {
 public:
  explicit RunningSink(config::Settings settings)
      : RunningRole(std::move(settings), [](auto context, auto) { return make_sink_role(context); }) {}
};

class SinkRoleTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WXPIPE_NEEDS_STACK();
    topics_ = std::make_unique<support::TopicPrefix>();
    database_ = std::make_unique<support::TemporaryDatabase>();
    for (const auto& topic : schemas::kTopics) names_.push_back(topics_->name(topic.name));
    producer_ =
        std::make_unique<kafka::TransactionalProducer>(topics_->settings(), support::unique_name("writer"), names_);
    producer_->init();
  }

  config::Settings settings(const std::string& instance, std::vector<std::string> families = {"messages"}) const {
    config::Settings settings;
    settings.instance.name = instance;
    settings.kafka = topics_->settings();
    settings.kafka.properties["session.timeout.ms"] = "6000";
    settings.postgres.url = database_->url();
    settings.sink.families = std::move(families);
    settings.sink.batch_rows = 50;
    return settings;
  }

  struct Keyed {
    std::string key, value;
  };
  void produce(TopicName topic, const std::vector<Keyed>& records, bool commit = true) {
    producer_->begin();
    for (const auto& [key, value] : records)
      producer_->produce(static_cast<size_t>(topic), {key, value, {}, system_clock().now(), RD_KAFKA_PARTITION_UA});
    commit ? producer_->commit() : producer_->abort();
  }
  static std::vector<Keyed> messages(int from, int to) {
    std::vector<Keyed> records;
    for (int i = from; i < to; ++i) records.push_back({"shop||" + message(i).subject, value_of(message(i))});
    return records;
  }

  // A gate to Postgres, and the settings of a sink that uses it.
  std::unique_ptr<rig::TcpGate> gate() const {
    const auto url = database_->url().reveal();
    const auto at = url.find('@'), colon = url.find(':', at), slash = url.find('/', colon);
    return std::make_unique<rig::TcpGate>(url.substr(at + 1, colon - at - 1),
                                          static_cast<uint16_t>(std::stoi(url.substr(colon + 1, slash - colon - 1))));
  }
  config::Settings gated(const rig::TcpGate& gate) const {
    const auto url = database_->url().reveal();
    const auto at = url.find('@');
    auto through = settings("one");
    through.postgres.url = Secret(url.substr(0, at + 1) + gate.address() + url.substr(url.find('/', at)));
    return through;
  }

  // Makes the server's commit wait as long as the test holds a lock.
  void hold_commits() {
    database_->query(
        "create function wxpipe.wait_for_the_test() returns trigger language plpgsql as "
        "$$ begin perform pg_advisory_xact_lock_shared(1); return null; end $$");
    database_->query(
        "create constraint trigger slow after insert or update on wxpipe.sink_offsets deferrable initially deferred "
        "for each row when (new.next_offset > 0) execute function wxpipe.wait_for_the_test()");
    holder_ = database_->connect();
    holder_->execute("select pg_advisory_lock(1)");
  }
  void let_commits_go() { holder_.reset(); }
  // Finds the sink's commit that waits for the lock. Its other connections commit too, but don't wait.
  static std::string held_commits() {
    return "pg_stat_activity where datname = current_database() and application_name like 'wxpipe sink%' "
           "and query ilike 'commit%' and wait_event_type = 'Lock' and wait_event = 'advisory'";
  }
  bool in_a_commit() const {
    return eventually([&] { return count(*database_, held_commits()) > 0; });
  }
  // The connection ended during a commit, and its content is stored and counted once.
  void expect_doubt_settled(const RunningSink& sink) const {
    EXPECT_TRUE(eventually([&] {
      return sink.metrics().find("wxpipe_sink_retries_total{class=\"in_doubt\",sink=\"messages\"}") !=
             std::string::npos;
    })) << sink.metrics();
    expect_exactly(40);
    EXPECT_EQ(lines(*database_, "select sum(stored), sum(duplicates), sum(dead_letters) from wxpipe.ledger"),
              (std::vector<std::string>{"(40,0,0)"}));
    EXPECT_EQ(rows("wxpipe.duplicate_receipts"), 0);
    EXPECT_TRUE(eventually([&] {
      return sink.metrics().find("wxpipe_sink_rows_total{table=\"messages\"} 40\n") != std::string::npos;
    })) << "counted once as well: "
        << sink.metrics();
    EXPECT_TRUE(eventually([&] { return sink.ready(); })) << sink.readiness();
  }

  int64_t rows(const std::string& from = "messages") const { return count(*database_, from); }
  // Checks that every message in [0, n) is stored once with its bytes, and nothing else.
  void expect_exactly(int n) const {
    EXPECT_EQ(eventually_equal([&] { return rows(); }, n), n);
    std::vector<std::string> expected;
    for (int i = 0; i < n; ++i)
      expected.push_back(fmt::format("{} {} {}", to_string(message(i).id), message(i).receipt, message(i).raw));
    std::sort(expected.begin(), expected.end());
    const auto found = database_->query(
        "select event_id || ' ' || receipt || ' ' || body from messages order by event_id::text collate \"C\", "
        "receipt");
    std::vector<std::string> seen;
    for (size_t i = 0; i < found.size(); ++i) seen.push_back(found.text(i, 0));
    EXPECT_EQ(seen, expected);
    EXPECT_EQ(rows("dead_letters"), 0);
  }

  std::vector<std::string> names_;
  std::unique_ptr<support::TopicPrefix> topics_;
  std::unique_ptr<support::TemporaryDatabase> database_;
  std::unique_ptr<kafka::TransactionalProducer> producer_;
  std::unique_ptr<postgres::Connection> holder_;
};

TEST_F(SinkRoleTest, EveryCommittedRecordBecomesOneRowAcrossARestart) {
  produce(TopicName::messages, messages(0, 200));
  produce(TopicName::messages, messages(1000, 1100), false);  // aborted: must not be seen
  {
    RunningSink sink(settings("one"));
    EXPECT_TRUE(eventually([&] { return sink.ready(); })) << sink.readiness();
    EXPECT_EQ(eventually_equal([&] { return rows(); }, 200), 200);
  }
  produce(TopicName::messages, messages(100, 400));  // a hundred of them again
  {
    RunningSink sink(settings("one"));
    expect_exactly(400);
    EXPECT_TRUE(eventually([&] {
      return sink.metrics().find("wxpipe_sink_rows_total{table=\"messages\"} 200") != std::string::npos;
    })) << sink.metrics();
  }
  EXPECT_EQ(rows("wxpipe.duplicate_receipts"), 0) << "the same records again are no callbacks";
  EXPECT_EQ(lines(*database_, "select sum(stored), sum(duplicates), sum(dead_letters) from wxpipe.ledger"),
            (std::vector<std::string>{"(400,0,0)"}));
}

TEST_F(SinkRoleTest, EveryFamilyHasItsTables) {
  schemas::FollowerChanged follower{origin_of(message(1)), "", "subscribed", "following", 1, "", ""};
  schemas::LeadActivity activity;
  activity.origin = origin_of(message(1));
  activity.activity_id = schemas::derived_id(message(1).id, "menu");
  activity.rule = activity.dimension = "menu";
  activity.points = 5;
  schemas::LogWritten log{origin_of(message(1)),
                          schemas::derived_id(message(1).id, "log"),
                          "info",
                          "wechat",
                          "audit",
                          "audit.passed",
                          "fine",
                          {}};
  schemas::DeadLetter letter;
  letter.body = "x";
  letter.id = schemas::ingest_dead_letter_id("shop", "", letter.body);
  letter.occurred_at = letter.failed_at = noon();
  letter.stage = "ingest";
  letter.reason = Reason::malformed_xml;
  RunningSink sink(settings("one", {}));
  EXPECT_TRUE(eventually([&] { return sink.ready(); })) << sink.readiness();
  produce(TopicName::messages, messages(1, 2));
  produce(TopicName::followers, {{"k", value_of(follower)}});
  produce(TopicName::leads, {{"k", value_of(activity)}});
  produce(TopicName::logs, {{"k", value_of(log)}});
  produce(TopicName::dead_letters, {{"k", value_of(letter)}});
  for (const auto* table :
       {"messages", "followers", "follower_history", "leads", "lead_activities", "system_logs", "dead_letters"})
    EXPECT_EQ(eventually_equal([&] { return rows(table); }, 1), 1) << table;
}

TEST_F(SinkRoleTest, PartitionsAreThereAheadOfTime) {
  RunningSink sink(settings("one"));
  const std::string next_months =
      "pg_class where relname = 'messages_' || to_char(now() at time zone 'UTC' + interval '2 months', 'YYYYMM')";
  EXPECT_EQ(eventually_equal([&] { return rows(next_months); }, 1), 1);
}

TEST_F(SinkRoleTest, PartitionsMoveBetweenProcessesWithoutLossOrDoubles) {
  constexpr int kMessages = 3000;
  std::atomic<bool> done = false;
  std::jthread writer([&] {
    for (int i = 0; i < kMessages; i += 50) produce(TopicName::messages, messages(i, i + 50));
    done = true;
  });
  RunningSink first(settings("one"));
  EXPECT_TRUE(eventually([&] { return rows() > 100; }));
  {
    RunningSink second(settings("two"));
    EXPECT_TRUE(eventually([&] {
      return lines(*database_, "select distinct owner from wxpipe.sink_offsets").size() == 2;
    })) << "both have partitions now";
  }  // it ends; after its session the first gets its partitions back
  expect_exactly(kMessages);
  EXPECT_EQ(rows("wxpipe.duplicate_receipts"), 0);
}

TEST_F(SinkRoleTest, APostgresThatEndsItsConnectionsCausesNoDeadLetterAndNoLoss) {
  constexpr int kMessages = 2000;
  auto with_pauses = settings("one");
  with_pauses.sink.batch_rows = 20;
  RunningSink sink(with_pauses);
  std::jthread killer([&](std::stop_token stop) {
    while (!stop.stop_requested())
      database_->query(
          "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'wxpipe sink%' "
          "and datname = current_database()");
  });
  for (int i = 0; i < kMessages; i += 50) produce(TopicName::messages, messages(i, i + 50));
  EXPECT_TRUE(eventually([&] { return sink.metrics().find("class=\"unavailable\"") != std::string::npos; }))
      << "it was never hit";
  killer.request_stop();
  killer.join();
  expect_exactly(kMessages);
  EXPECT_TRUE(eventually([&] { return sink.ready(); })) << sink.readiness();
}

TEST_F(SinkRoleTest, PoisonIsDeadLetteredAndTheGoodRowsAreStored) {
  database_->query("alter table messages add constraint picky check (content not in ('第7条', '第80条'))");
  auto records = messages(0, 100);
  records.insert(records.begin() + 50, {"shop||o1", "{not json"});
  produce(TopicName::messages, records);
  RunningSink sink(settings("one"));
  EXPECT_EQ(eventually_equal([&] { return rows() + rows("dead_letters"); }, 101), 101);
  EXPECT_EQ(lines(*database_,
                  "select stage, reason, sqlstate, topic, account, convert_from(substr(body, 1, 9), 'UTF8') as body "
                  "from dead_letters order by reason, event_id"),
            (std::vector<std::string>{
                fmt::format("(sink.messages,constraint_violation,23514,{},shop,\"{{\"\"schema\"\"\")", names_[1]),
                fmt::format("(sink.messages,constraint_violation,23514,{},shop,\"{{\"\"schema\"\"\")", names_[1]),
                fmt::format("(sink.messages,unreadable_record,,{},shop,\"{{not json\")", names_[1])}));
  EXPECT_TRUE(eventually([&] {
    return sink.metrics().find(
               "wxpipe_dead_letters_total{reason=\"constraint_violation\",stage=\"sink.messages\"} 2") !=
           std::string::npos;
  })) << sink.metrics();
}

TEST_F(SinkRoleTest, TheBrakeStopsOneFamilyWithAClearMessageAndTheOthersGoOn) {
  database_->query("alter table messages add constraint picky check (content is null)");
  produce(TopicName::messages, messages(0, 1000));
  auto careful = settings("one", {"messages", "followers"});
  careful.sink.brake_consecutive = 20;
  RunningSink sink(careful);
  EXPECT_TRUE(eventually([&] {
    return sink.readiness().find("records in a row were rejected (sink.brake_consecutive = 20)") != std::string::npos;
  })) << sink.readiness();
  EXPECT_LT(rows("dead_letters"), 20);
  produce(TopicName::followers,
          {{"k", value_of(schemas::FollowerChanged{origin_of(message(1)), "", "subscribed", "following", 1, "", ""})}});
  EXPECT_EQ(eventually_equal([&] { return rows("followers"); }, 1), 1);
  sink.stop();
  database_->query("alter table messages drop constraint picky");
  const auto rejected = rows("dead_letters");
  RunningSink repaired(settings("one"));
  EXPECT_EQ(eventually_equal([&] { return rows(); }, 1000 - rejected), 1000 - rejected)
      << "what it stopped at was kept";
}

TEST_F(SinkRoleTest, WaitsForAPostgresThatIsAwayAndSaysSo) {
  const auto gate = this->gate();
  gate->refuse();
  produce(TopicName::messages, messages(0, 100));
  RunningSink sink(gated(*gate));
  EXPECT_TRUE(eventually([&] { return sink.readiness().find("Postgres ([postgres] url)") != std::string::npos; }))
      << sink.readiness();
  gate->heal();
  expect_exactly(100);
  EXPECT_TRUE(eventually([&] { return sink.ready(); })) << sink.readiness();

  // A server that no longer answers must not delay a stop.
  gate->freeze();
  produce(TopicName::messages, messages(100, 200));
  EXPECT_TRUE(eventually([&] {
    return sink.metrics().find("wxpipe_consumer_lag_records{group=\"sink.messages\"} 0") == std::string::npos;
  }));
  const auto asked = std::chrono::steady_clock::now();
  sink.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - asked, 10s);
  gate->heal();
  RunningSink next(settings("one"));
  expect_exactly(200);
}

// The server commits: the rows are stored, but the answer is lost. Writing them again would count them twice.
TEST_F(SinkRoleTest, ACommitWhoseAnswerIsLostIsStoredOnceAndCountedOnce) {
  const auto gate = this->gate();
  hold_commits();
  RunningSink sink(gated(*gate));
  EXPECT_TRUE(eventually([&] { return sink.ready(); })) << sink.readiness();
  produce(TopicName::messages, messages(0, 40));
  ASSERT_TRUE(in_a_commit());
  gate->cut();
  let_commits_go();
  expect_doubt_settled(sink);
}

// The server rolls back: nothing is stored. Skipping the batch would lose it.
TEST_F(SinkRoleTest, ACommitThatTheServerBreaksOffIsDoneAgain) {
  hold_commits();
  RunningSink sink(settings("one"));
  EXPECT_TRUE(eventually([&] { return sink.ready(); })) << sink.readiness();
  produce(TopicName::messages, messages(0, 40));
  ASSERT_TRUE(in_a_commit());
  EXPECT_GT(count(*database_, "(select pg_terminate_backend(pid) from " + held_commits() + ") ended"), 0);
  let_commits_go();
  expect_doubt_settled(sink);
}

TEST_F(SinkRoleTest, WaitsForASchemaAndSaysWhatToRun) {
  support::TemporaryDatabase empty(support::Schema::none);
  auto unmigrated = settings("one");
  unmigrated.postgres.url = empty.url();
  RunningSink sink(unmigrated);
  EXPECT_TRUE(eventually([&] { return sink.readiness().find("run `wxpipe migrate`") != std::string::npos; }))
      << sink.readiness();
  postgres::migrate(*empty.connect());
  EXPECT_TRUE(eventually([&] { return sink.ready(); })) << sink.readiness();
}

TEST_F(SinkRoleTest, LagIsNothingOnceEverythingIsTakenThoughTransactionsLeaveMarkers) {
  RunningSink sink(settings("one"));
  for (int i = 0; i < 5; ++i) produce(TopicName::messages, messages(i * 10, i * 10 + 10));
  expect_exactly(50);
  EXPECT_TRUE(eventually([&] {
    return sink.metrics().find("wxpipe_consumer_lag_records{group=\"sink.messages\"} 0\n") != std::string::npos;
  })) << sink.metrics();
}

TEST_F(SinkRoleTest, RecordsThatRetentionDeletedAreReportedAndTheRestIsStored) {
  {
    RunningSink sink(settings("one"));
    produce(TopicName::messages, messages(0, 50));
    EXPECT_EQ(eventually_equal([&] { return rows(); }, 50), 50);
  }
  // As if these offsets had been deleted, or the topic created anew.
  database_->query("update wxpipe.sink_offsets set next_offset = next_offset + 100000");
  produce(TopicName::messages, messages(50, 100));
  RunningSink sink(settings("one"));
  expect_exactly(100);
}

// For Kafka's tools they are, up to the log's end. Where a sink goes on stands in Postgres alone.
TEST_F(SinkRoleTest, OffsetsAreShownInKafkaAndNeverReadBack) {
  auto shown = settings("one");
  shown.kafka.properties["auto.commit.interval.ms"] = "100";
  produce(TopicName::messages, messages(0, 60));
  std::vector<kafka::Partition> partitions;
  for (int i = 0; i < schemas::topic(TopicName::messages).partitions; ++i)
    partitions.push_back({topics_->name(TopicName::messages), i});
  kafka::PartitionReader log(topics_->settings());
  kafka::GroupOffsets group(topics_->settings(), group_id(topics_->prefix(), *all_families().front()));
  {
    RunningSink sink(shown);
    expect_exactly(60);
    EXPECT_TRUE(eventually([&] {
      auto ends = log.ends(partitions, std::chrono::seconds(5));
      for (auto& end : ends)
        if (end.offset == 0) end.offset = kafka::kNoOffset;  // nothing to show
      return group.committed(partitions, std::chrono::seconds(5)) == ends;
    })) << "the markers that transactions leave at the end count as taken";
  }
  const support::TemporaryDatabase restored;  // as if it came from a backup of before
  auto elsewhere = shown;
  elsewhere.postgres.url = restored.url();
  RunningSink sink(elsewhere);
  EXPECT_EQ(eventually_equal([&] { return count(restored, "messages"); }, 60), 60);
}

TEST_F(SinkRoleTest, OffsetsAreNotShownWhenTheIntervalIsZero) {
  auto hidden = settings("one");
  hidden.kafka.properties["auto.commit.interval.ms"] = "0";
  EXPECT_EQ(kafka::show_offsets_every(hidden.kafka), std::chrono::milliseconds(0));
  EXPECT_EQ(kafka::show_offsets_every(settings("one").kafka), std::chrono::seconds(5));
  produce(TopicName::messages, messages(0, 10));
  {
    RunningSink sink(hidden);
    expect_exactly(10);
  }
  kafka::GroupOffsets group(topics_->settings(), group_id(topics_->prefix(), *all_families().front()));
  for (const auto& [partition, offset] :
       group.committed({{topics_->name(TopicName::messages), 0}}, std::chrono::seconds(5)))
    EXPECT_EQ(offset, kafka::kNoOffset);
}

TEST_F(SinkRoleTest, AFamilyThatDoesNotExistIsAUsageError) {
  telemetry::Metrics metrics;
  telemetry::Readiness readiness;
  const auto wrong = settings("one", {"message"});
  EXPECT_THROW(make_sink_role({wrong, metrics, readiness}), UsageError);
}

}  // namespace
}  // namespace wxpipe::sinks
