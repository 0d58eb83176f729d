// Marks in the database: in any order and repeated any number of times they leave the same tables. What is still open
// is reported. The metric counts losses and only losses.
#include <random>

#include "schemas/fact_json.hpp"
#include "sinks/families.hpp"
#include "tests/integration/custody/custody_fixture.hpp"
#include "tests/unit/processors/events.hpp"

namespace wxpipe::custody_test {
namespace {
using schemas::CustodyMark;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A range of one boot: all of it acknowledged for one account, by the broker.
CustodyMark mark(int64_t number, int64_t first, int64_t next, const std::string& account = "shop") {
  CustodyMark made;
  made.instance = "edge-1";
  made.boot = "19ab1f5b2c0";
  made.number = number;
  made.first = first;
  made.next = next;
  made.spool_events = 0;
  made.received_from = std::chrono::floor<std::chrono::minutes>(system_clock().now());
  made.received_to = made.received_from + 1s;
  made.marked_at = made.received_to;
  if (first < next) {
    made.acknowledged = {{account, made.received_from, false, next - first}};
    made.outcomes = {{1, static_cast<uint32_t>(next - first)}};
  }
  return made;
}
std::string json_of(const CustodyMark& mark) {
  std::string out;
  encode(mark, out);
  return out;
}

class MarksTest : public CustodyTest {
 protected:
  void store(const std::vector<CustodyMark>& marks) const {
    const auto sink = sinks::make_sink(schemas::family_of<CustodyMark>());
    for (const auto& one : marks) ASSERT_TRUE(sink->add(json_of(one)));
    postgres::Transaction transaction(*connection_);
    sink->write(transaction, 0, sink->size(), "test");
    transaction.commit();
  }
  // An event that fits its mark: received in the mark's time.
  schemas::Event event(int64_t sequence, const CustodyMark& of) const {
    auto made = processors::test::event_of("message.text", fmt::format("body {}", sequence));
    made.account = of.acknowledged[0].account;
    made.received_at = of.received_from;
    made.receipt = fmt::format("{}/{}/{}", of.instance, of.boot, sequence);
    return made;
  }
  void produce(TopicName topic, const std::string& key, const std::string& value) {
    if (!producer_) {
      std::vector<std::string> names;
      for (const auto& one : schemas::kTopics) names.push_back(topics_->name(one.name));
      producer_ =
          std::make_unique<kafka::TransactionalProducer>(topics_->settings(), support::unique_name("writer"), names);
      producer_->init();
    }
    producer_->begin();
    producer_->produce(static_cast<size_t>(topic), {key, value, {}, system_clock().now(), RD_KAFKA_PARTITION_UA});
    producer_->commit();
  }
  void produce(const CustodyMark& mark) { produce(TopicName::custody, "edge-1/19ab1f5b2c0", json_of(mark)); }
  void produce(const schemas::Event& event) {
    std::string value;
    encode(event, schemas::kEventSchema, value);
    produce(TopicName::events, partition_key(event), value);
  }

  std::unique_ptr<kafka::TransactionalProducer> producer_;
};

TEST_F(MarksTest, AnyOrderAnyRepetitionAndAnyBatchesLeaveTheSameTables) {
  std::vector<CustodyMark> marks{mark(1, 1, 1)};
  for (int64_t i = 2; i < 12; ++i)
    marks.push_back(mark(i, (i - 2) * 7 + 1, (i - 1) * 7 + 1, i % 3 ? "shop" : "corner"));
  marks.back().last = true;
  const auto tables = [&] {
    auto all = lines(
        "select instance, boot, number, first_sequence, next_sequence, received_from, received_to, marked_at, "
        "last, spool_events, mark, unaccounted, settled_at from wxpipe.custody_marks order by number");
    const auto ledger = lines(
        "select minute, account, family, acknowledged, stored, duplicates, dead_letters "
        "from wxpipe.ledger order by 1, 2");
    all.insert(all.end(), ledger.begin(), ledger.end());
    const auto health = lines(
        "select account, day, by_broker, by_spool, first_seen_at, last_seen_at, active_minutes from account_health "
        "order by 1, 2");
    all.insert(all.end(), health.begin(), health.end());
    return all;
  };
  store(marks);
  const auto expected = tables();
  EXPECT_EQ(expected.size(), 11U + 2U + 2U);
  for (unsigned seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE(seed);
    database_->query("truncate wxpipe.custody_marks, wxpipe.ledger, account_health");
    std::mt19937 random(seed);
    auto shuffled = marks;
    for (int i = 0; i < 6; ++i) shuffled.push_back(marks[random() % marks.size()]);
    std::shuffle(shuffled.begin(), shuffled.end(), random);
    for (size_t at = 0; at < shuffled.size();) {
      const auto size = std::min(shuffled.size() - at, static_cast<size_t>(1 + random() % 5));
      store({shuffled.begin() + static_cast<long>(at), shuffled.begin() + static_cast<long>(at + size)});
      at += size;
    }
    EXPECT_EQ(tables(), expected);
  }
}

TEST_F(MarksTest, SayHowEachAccountIsDoingDayByDay) {
  const Timestamp midnight = std::chrono::sys_days{std::chrono::year{2026} / 11 / 24};
  const auto at = [&](int64_t number, std::chrono::minutes minute, bool spooled) {
    auto made = mark(number, number * 10, number * 10 + 5);
    made.received_from = made.received_to = midnight + minute;
    made.acknowledged[0].minute = midnight + minute;
    made.acknowledged[0].spooled = spooled;
    return made;
  };
  store({at(1, 9h, false), at(2, 9h, true), at(3, 24h - 1min, false), at(4, 24h, false)});
  store({at(3, 24h - 1min, false)});
  EXPECT_EQ(
      lines("select account, day, by_broker, by_spool, first_seen_at at time zone 'UTC', "
            "last_seen_at at time zone 'UTC', bit_count(active_minutes), "
            "wxpipe.longest_silence(active_minutes) from account_health order by day"),
      (std::vector<std::string>{"(shop,2026-11-24,10,5,\"2026-11-24 09:00:00\",\"2026-11-24 23:59:00\",2,14:58:00)",
                                "(shop,2026-11-25,5,0,\"2026-11-25 00:00:00\",\"2026-11-25 00:00:00\",1,23:59:00)"}));
}

TEST_F(MarksTest, AMarkThatIsMissingBetweenOthersIsSaidAndIsNotFine) {
  store({mark(1, 1, 1), mark(2, 1, 10), mark(4, 15, 15)});
  RunningRole processing(settings(), process()), storing(settings(), sink());
  const auto report = audit();
  EXPECT_EQ(report.marks_missing, (std::vector<sinks::MarkGap>{{"edge-1", "19ab1f5b2c0", 10, 15, 4}}));
  EXPECT_FALSE(report.fine());
  store({mark(3, 10, 15)});
  EXPECT_THAT(audit().marks_missing, IsEmpty());
}

TEST_F(MarksTest, AMarkThatCannotBeReadIsADeadLetterOfItsSink) {
  RunningRole storing(settings(), sink());
  auto wrong = mark(2, 1, 10);
  wrong.next = 11;
  produce(wrong);
  produce(mark(3, 10, 12));
  EXPECT_EQ(eventually_equal([&] { return count("wxpipe.custody_marks"); }, 1), 1);
  EXPECT_EQ(lines("select stage, reason, detail from dead_letters"),
            (std::vector<std::string>{"(sink.custody,unreadable_record,\"the outcomes don't cover first to next\")"}));
}

TEST_F(MarksTest, AReaderBeyondTheEndOfATopicThatWasMadeAnewHasTakenNothingOfIt) {
  produce(mark(1, 1, 1));
  const auto stands_at = [&](int64_t next_offset) {
    connection_->execute(
        "insert into wxpipe.sink_offsets (group_id, topic, partition, next_offset, owner) "
        "select $1::text, $2::text, p, $3::int8, 'test' from generate_series(0, 63) p "
        "on conflict (group_id, topic, partition) do update set next_offset = excluded.next_offset",
        postgres::Parameters()
            .text(sinks::group_id(settings().kafka.topic_prefix, schemas::family_of<CustodyMark>()))
            .text(topics_->name(TopicName::custody))
            .int8(next_offset));
  };
  sinks::Drain drain(settings());
  const auto behind = [&](std::chrono::milliseconds patience) {
    return drain.marks(*connection_, std::chrono::steady_clock::now() + patience);
  };
  stands_at(1'000);
  EXPECT_THAT(behind(2s),
              HasSubstr("sink.custody is up to 2 records behind"));  // the mark, and its transaction's marker
  stands_at(2);
  EXPECT_EQ(behind(20s), "");
}

// Does what the metric does every five seconds, but at once.
class LookTest : public MarksTest {
 protected:
  sinks::Look look(std::chrono::milliseconds patience = 20s) const {
    sinks::Drain drain(settings());
    return sinks::look_at_unsettled(*connection_, drain, 0s, patience, {});
  }
  int64_t unaccounted() const { return sinks::CustodyStore(*connection_).unaccounted(); }
};

TEST_F(LookTest, WhatIsProvenOnceIsNotLookedAtAgain) {
  RunningRole processing(settings(), process()), storing(settings(), sink());
  const auto whole = mark(2, 1, 4);
  for (int64_t i = 1; i < 4; ++i) produce(event(i, whole));
  store({mark(1, 1, 1), whole});
  EXPECT_TRUE(eventually([&] { return count("messages") == 3; }));
  const auto first = look();
  EXPECT_EQ(first.marks, 2U);
  EXPECT_EQ(first.settled, 2U);
  EXPECT_EQ(look().marks, 0U);
  EXPECT_EQ(unaccounted(), 0);
}

TEST_F(LookTest, ReceiptsAreFoundHoweverManyThereAre) {
  RunningRole processing(settings(), process()), storing(settings(), sink());
  constexpr int64_t kNext = 10'502;  // more than one read takes
  const auto many = mark(2, 1, kNext);
  produce(event(1, many));
  EXPECT_TRUE(eventually([&] { return count("messages") == 1; }));
  database_->query(
      "insert into messages select (jsonb_populate_record(m, jsonb_build_object('event_id', gen_random_uuid(), "
      "'receipt', 'edge-1/19ab1f5b2c0/' || i))).* from messages m, generate_series(2, 10500) i");
  store({many});
  EXPECT_THAT(receipts_of(look().missing), ElementsAre("edge-1/19ab1f5b2c0/10501"));
}

TEST_F(LookTest, WhatIsOnItsWayIsNoLoss) {
  store({mark(2, 1, 4)});
  for (int64_t i = 1; i < 4; ++i) produce(event(i, mark(2, 1, 4)));
  const auto waiting = look(200ms);  // nobody consumes
  EXPECT_EQ(waiting.settled, 0U);
  EXPECT_THAT(waiting.missing, IsEmpty());
  EXPECT_EQ(unaccounted(), 0);
  RunningRole processing(settings(), process()), storing(settings(), sink());
  size_t settled = 0;  // by looks that wait, each for a while
  EXPECT_TRUE(eventually([&] { return (settled += look().settled) > 0; }));
  EXPECT_EQ(settled, 1U);
}

TEST_F(LookTest, WhatWaitsInASpoolIsNoLossUntilTheSpoolWasEmpty) {
  RunningRole processing(settings(), process()), storing(settings(), sink());
  auto spooled = mark(2, 1, 3);
  spooled.acknowledged[0].spooled = true;
  spooled.spool_events = 2;
  store({spooled});
  produce(event(1, spooled));
  EXPECT_TRUE(eventually([&] { return count("messages") == 1; }));
  EXPECT_THAT(look().missing, IsEmpty());
  EXPECT_EQ(audit().total(), (Tally{2, 1, 0, 0, 1, 0}));
  EXPECT_THAT(audit().waiting_for, ElementsAre(HasSubstr("the spool of edge-1: 2 events at 20")));
  store({mark(3, 3, 3)});  // says that the spool is empty
  EXPECT_EQ(audit().total(), (Tally{2, 1, 0, 0, 0, 1}));
  EXPECT_THAT(receipts_of(look().missing), ElementsAre("edge-1/19ab1f5b2c0/2"));
  EXPECT_EQ(unaccounted(), 1);
}

// Written by another process: of a receipt that a damaged spool lost, and that the spool is empty now.
TEST_F(LookTest, ALateMarkIsMissedIsInNoDoubtAndLeavesNoGap) {
  RunningRole processing(settings(), process()), storing(settings(), sink());
  auto spooled = mark(2, 1, 3), late = mark(schemas::kFirstLateMark + 4, 4, 5);
  spooled.spool_events = 2;
  late.spool_events.reset();
  spooled.acknowledged[0].spooled = late.acknowledged[0].spooled = true;
  store({mark(1, 1, 1), spooled, late});
  auto last = event(5, spooled);
  for (int64_t i = 1; i < 3; ++i) produce(event(i, spooled));
  produce(last);
  EXPECT_TRUE(eventually([&] { return count("messages") == 3; }));
  EXPECT_EQ(audit().total(), (Tally{3, 2, 0, 0, 1, 0}));
  store({mark(schemas::kEmptiedMark, 1, 1)});
  database_->query("update wxpipe.custody_marks set created_at = created_at - interval '1 hour'");
  const auto report = audit();
  EXPECT_EQ(report.total(), (Tally{3, 2, 0, 0, 0, 1}));
  EXPECT_THAT(receipts_of(report.missing), ElementsAre("edge-1/19ab1f5b2c0/4"));
  EXPECT_THAT(report.in_doubt, ElementsAre("edge-1/19ab1f5b2c0/3")) << "it was killed, and said nothing about that one";
  EXPECT_THAT(report.marks_missing, IsEmpty());
}

// Spools are drained in order, so a mark that isn't there once the spool is empty will never come.
TEST_F(LookTest, AGapBetweenMarksWaitsForTheSpoolUntilItIsEmpty) {
  RunningRole processing(settings(), process()), storing(settings(), sink());
  auto filled = mark(2, 1, 1);
  filled.spool_events = 5;
  auto behind = mark(4, 10, 10);
  behind.spool_events = 7;
  store({mark(1, 1, 1), filled, behind});
  EXPECT_THAT(audit().waiting_for, testing::Contains(HasSubstr("marks of edge-1")));
  store({mark(5, 10, 10)});
  EXPECT_THAT(audit().marks_missing, testing::SizeIs(1));
}

TEST_F(LookTest, ALossIsCountedNamedAndForgottenWhenItTurnsUp) {
  RunningRole processing(settings(), process()), storing(settings(), sink());
  const auto holed = mark(2, 1, 5);
  for (const int64_t i : {1, 2, 4}) produce(event(i, holed));
  store({holed});
  auto found = look();
  EXPECT_THAT(receipts_of(found.missing), ElementsAre("edge-1/19ab1f5b2c0/3"));
  EXPECT_EQ(found.settled, 0U);
  EXPECT_EQ(unaccounted(), 1);
  produce(event(3, holed));
  EXPECT_TRUE(eventually([&] { return count("messages") == 4; }));
  EXPECT_EQ(look().settled, 1U);
  EXPECT_EQ(unaccounted(), 0);
}

TEST_F(LookTest, TheSinkShowsLossesAsAMetric) {
  RunningRole processing(settings(), process()), storing(settings(), sink()), beside(settings("sink-2"), sink());
  EXPECT_TRUE(eventually([&] { return storing.ready() && beside.ready(); }))
      << storing.readiness() << beside.readiness();
  EXPECT_THAT(storing.metrics(), HasSubstr("\nwxpipe_unaccounted 0\n"));
  const auto holed = mark(2, 1, 3);
  produce(holed);
  produce(event(1, holed));
  const auto shows = [&](const std::string& value) {
    return eventually(
        [&] {
          return storing.metrics().find("\nwxpipe_unaccounted " + value + "\n") != std::string::npos &&
                 beside.metrics().find("\nwxpipe_unaccounted " + value + "\n") != std::string::npos;
        },
        60s);
  };
  EXPECT_TRUE(shows("1")) << "both show it, whoever looked";
  produce(event(2, holed));
  EXPECT_TRUE(shows("0"));
}

TEST_F(LookTest, WhatADatabaseCannotHoldBecauseItIsYoungerThanTheTopicsIsNotItsLoss) {
  RunningRole processing(settings(), process()), storing(settings(), sink());
  EXPECT_TRUE(eventually([&] { return count("wxpipe.sink_offsets where group_id like '%sink.messages'") > 0; }));
  auto old = mark(2, 1, 3);
  old.marked_at -= 24h * 8;
  store({old});
  EXPECT_EQ(audit().total(), Tally{});
  EXPECT_EQ(look().marks, 0U);
}

}  // namespace
}  // namespace wxpipe::custody_test
