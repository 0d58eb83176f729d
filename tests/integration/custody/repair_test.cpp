// Losses made on purpose, and mended: what was lost goes down the normal path again, and everything is there once
// (docs/decisions/0017-repair.md).
#include "sinks/custody/repair.hpp"
#include "ingest/delivery/spool.hpp"
#include "ingest/delivery/spool_copies.hpp"
#include "tests/integration/custody/custody_fixture.hpp"
#include "tests/support/topic_reader.hpp"

namespace wxpipe::custody_test {
namespace {
using sinks::Mending;
using sinks::MissingReceipt;
using sinks::RepairMode;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::string subscription(const std::string& follower) {
  return fmt::format(
      "<xml><ToUserName><![CDATA[gh_original]]></ToUserName><FromUserName><![CDATA[{}]]></FromUserName>"
      "<CreateTime>{}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe]]></Event>"
      "<EventKey></EventKey></xml>",
      follower, std::chrono::floor<std::chrono::days>(system_clock().now()).time_since_epoch() / 1s);
}

class RepairTest : public CustodyTest {
 protected:
  // Everything that a repair may not change, once it is whole.
  std::vector<std::string> rows() const {
    auto all = lines("select to_jsonb(m) - 'created_at' - 'updated_at' from messages m order by event_id");
    for (const auto* others :
         {"select to_jsonb(d) - 'created_at' - 'updated_at' from dead_letters d order by dead_letter_id",
          "select receipt, event_id, account, family, received_at from wxpipe.duplicate_receipts order by 1",
          "select account, subject, state, changed_at from followers order by 2"}) {
      const auto more = lines(others);
      all.insert(all.end(), more.begin(), more.end());
    }
    return all;
  }
  size_t records(TopicName topic) const {
    return support::read_topic(topics_->settings(), topics_->name(topic)).size();
  }
  std::vector<sinks::Repair> look(const std::vector<MissingReceipt>& lost,
                                  const sinks::SearchLimits& limits = {}) const {
    return sinks::repair(settings(), lost, RepairMode::look, limits);
  }
};

TEST_F(RepairTest, RowsThatWereDeletedAreListedAndSentAgainAndASecondRepairDoesNothing) {
  RunningIngest ingest(settings());
  RunningRole processing(settings(), process()), storing(settings(), sink());
  Platform platform(ingest.port());
  platform.send_all(0, 30);
  platform.send_all(0, 3);
  ASSERT_EQ(platform.send(unreadable(1)), 200);
  ASSERT_EQ(audit_of(34).total(), (Tally{34, 30, 3, 1, 0, 0}));
  const auto whole = rows();

  const auto stored = value("delete from messages where msg_id = '7' returning receipt");
  const auto repeat = value(
      "delete from wxpipe.duplicate_receipts where ctid = (select min(ctid) from "
      "wxpipe.duplicate_receipts) returning receipt");
  const auto dead = value("delete from dead_letters returning receipt");
  const auto events = records(TopicName::events), letters = records(TopicName::dead_letters);

  auto said = audit_command({"--repair"});
  EXPECT_EQ(said.exit, (rig::Exit{1, 0})) << said.errors;
  for (const auto& receipt : {stored, repeat})
    EXPECT_THAT(said.output,
                ContainsRegex(fmt::format("\n{} +shop +20[0-9-]+T[0-9:]+Z +found +[^ ]+events.v1 partition", receipt)));
  EXPECT_THAT(said.output, ContainsRegex(fmt::format("\n{} +shop .* found +[^ ]+dead_letters.v1 partition 0", dead)));
  EXPECT_THAT(said.output, HasSubstr("of these, 3 callbacks can be sent again"));
  EXPECT_EQ(audit().total(), (Tally{34, 29, 2, 0, 0, 3})) << "it only looked";
  EXPECT_EQ(records(TopicName::events), events);

  EXPECT_EQ(value("select count(*)::text from audit_logs"), "0");
  said = audit_command({"--repair", "--yes", "--json", "--why", "rows were deleted"});
  EXPECT_EQ(said.exit, rig::Exit{}) << said.output << said.errors;
  EXPECT_EQ(value("select string_agg(operation || ' ' || affected || ' ' || reason, ', ' order by occurred_at) from "
                  "audit_logs where operator <> '' and filter = 'all accounts'"),
            "repair begun 0 rows were deleted, repair 3 rows were deleted");
  EXPECT_THAT(said.output, HasSubstr("\"acknowledged\":34,\"stored\":30,\"duplicates\":3,\"dead_letters\":1,"
                                     "\"in_flight\":0,\"unaccounted\":0"));
  EXPECT_THAT(said.output, HasSubstr(fmt::format("\"repair\":[{{\"receipt\":\"{}\",\"account\":\"shop\",", stored)));
  EXPECT_THAT(said.output, HasSubstr("\"text\":\"3 callbacks sent again\""));
  EXPECT_EQ(rows(), whole);
  EXPECT_EQ(records(TopicName::events), events + 2);
  EXPECT_EQ(records(TopicName::dead_letters), letters + 1);
  for (const auto topic : {TopicName::events, TopicName::messages, TopicName::dead_letters})
    for (const auto& record : support::read_topic(topics_->settings(), topics_->name(topic)))
      EXPECT_EQ(record.headers, std::vector<std::string>{"traceparent"}) << record.value;

  said = audit_command({"--repair", "--yes"});
  EXPECT_EQ(said.exit, rig::Exit{}) << said.errors;
  EXPECT_THAT(said.output, HasSubstr("there is nothing to repair"));
  EXPECT_EQ(records(TopicName::events), events + 2);
  EXPECT_EQ(rows(), whole);
}

TEST_F(RepairTest, AReceiptThatIsNamedTwiceIsRepairedOnce) {
  RunningIngest ingest(settings());
  RunningRole processing(settings(), process()), storing(settings(), sink());
  Platform platform(ingest.port());
  platform.send_all(0, 1);
  ASSERT_EQ(audit_of(1).total(), (Tally{1, 1, 0, 0, 0, 0}));
  database_->query("delete from messages");
  const auto missing = audit().missing;
  ASSERT_THAT(missing, SizeIs(1));
  const auto found = look({missing[0], missing[0]});
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].outcome, Mending::found) << found[0].where;
}

TEST_F(RepairTest, WhatTheFactTopicsLostBeforeTheSinkTookItIsMadeOfTheEventsAgain) {
  RunningIngest ingest(settings());
  RunningRole processing(settings(), process());
  Platform platform(ingest.port());
  {
    RunningRole storing(settings(), sink());
    platform.send_all(0, 20);
    ASSERT_EQ(audit_of(20).total(), (Tally{20, 20, 0, 0, 0, 0}));
  }
  platform.send_all(20, 50);
  ASSERT_EQ(platform.send(subscription("oNew")), 200);
  support::TopicReader reader(topics_->settings(), topics_->name(TopicName::messages));
  ASSERT_THAT(reader.at_least(51), SizeIs(51));
  for (const auto topic : {TopicName::messages, TopicName::followers}) topics_->empty(topic);

  RunningRole storing(settings(), sink());
  ASSERT_EQ(audit_of(51).total(), (Tally{51, 20, 0, 0, 0, 31}));
  EXPECT_EQ(count("followers"), 0);
  const auto said = audit_command({"--repair", "--yes"});
  EXPECT_EQ(said.exit, rig::Exit{}) << said.output << said.errors;
  EXPECT_EQ(audit().total(), (Tally{51, 51, 0, 0, 0, 0}));
  EXPECT_EQ(count("messages"), 51);
  EXPECT_EQ(eventually_equal([&] { return count("followers"); }, 1), 1) << "its other facts come along";
}

TEST_F(RepairTest, TheWatchSendsLostEventsAgainByItselfAndEachOnce) {
  auto own = settings();
  own.sink.repair = true;
  RunningIngest ingest(own);
  RunningRole processing(own, process());
  Platform platform(ingest.port());
  {
    RunningRole storing(own, sink());
    platform.send_all(0, 5);
    ASSERT_EQ(audit_of(5).total(), (Tally{5, 5, 0, 0, 0, 0}));
  }
  platform.send_all(5, 12);
  support::TopicReader reader(topics_->settings(), topics_->name(TopicName::messages));
  ASSERT_THAT(reader.at_least(12), SizeIs(12));
  topics_->empty(TopicName::messages);

  RunningRole storing(own, sink());
  EXPECT_TRUE(eventually([&] { return storing.metric("wxpipe_repairs_total{outcome=\"sent\"}") == 7; }, 60s));
  EXPECT_EQ(eventually_equal([&] { return count("messages"); }, 12), 12);
  EXPECT_TRUE(eventually([&] { return count("wxpipe.custody_marks where settled_at is null") == 0; }, 60s));
  EXPECT_EQ(eventually_equal([&] { return storing.metric("wxpipe_unaccounted"); }, 0), 0);
  EXPECT_EQ(records(TopicName::events), 19U);

  // Without its events nothing can be sent.
  storing.stop();
  platform.send_all(12, 15);
  ASSERT_THAT(reader.at_least(12 + 7 + 3), SizeIs(12 + 7 + 3));
  for (const auto topic : {TopicName::messages, TopicName::events}) topics_->empty(topic);
  RunningRole again(own, sink());
  EXPECT_TRUE(eventually([&] { return again.metric("wxpipe_repairs_total{outcome=\"impossible\"}") == 3; }, 60s));
  EXPECT_EQ(again.metric("wxpipe_repairs_total{outcome=\"sent\"}"), 0);
  EXPECT_EQ(eventually_equal([&] { return again.metric("wxpipe_unaccounted"); }, 3), 3);
}

TEST_F(RepairTest, WhatCanNotBeSentAgainIsNamedWithItsReason) {
  const MissingReceipt lost{"in-9/19ab1f5b2c0/5", "shop",
                            std::chrono::floor<std::chrono::minutes>(system_clock().now())};
  auto found = look({lost});
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].lost, lost);
  EXPECT_EQ(found[0].outcome, Mending::never_found);

  RunningIngest ingest(settings());
  Platform(ingest.port()).send_all(0, 40);
  const auto events = support::read_topic(topics_->settings(), topics_->name(TopicName::events));
  ASSERT_THAT(events, SizeIs(40));
  const auto minute = std::chrono::floor<std::chrono::minutes>(events[0].timestamp);
  const MissingReceipt there{events[0].receipt, "shop", minute};
  found = look({lost, there});
  EXPECT_EQ(found[0].outcome, Mending::never_found);
  EXPECT_EQ(found[1].outcome, Mending::found);
  EXPECT_EQ(look({lost, there}, {.records = 0})[1].outcome, Mending::not_reached);
  EXPECT_EQ(look({lost, there}, {.time = 0ms})[1].outcome, Mending::not_reached);
  // Its time may be wrong by a little: a clock that was set.
  EXPECT_EQ(look({{events[0].receipt, "shop", minute - 3h}})[0].outcome, Mending::found);

  topics_->empty(TopicName::events);
  found = look({there});
  EXPECT_EQ(found[0].outcome, Mending::topic_too_young);
  EXPECT_THAT(found[0].where, ContainsRegex("events.v1 partition [0-5] was emptied"));
  ASSERT_EQ(Platform(ingest.port()).send(message(100)), 200);
  EXPECT_EQ(look({there})[0].outcome, Mending::topic_too_young);
}

// Versions before wrote the receipt as a header, and late in the value; their spools have such values too.
TEST_F(RepairTest, ACopyOfAnOlderVersionIsFound) {
  const auto now = system_clock().now();
  kafka::TransactionalProducer writer(settings().kafka, support::unique_name("older"),
                                      std::vector{topics_->name(TopicName::events)});
  writer.init();
  writer.begin();
  const std::vector<kafka::Header> headers{{"event_id", "e"}, {"receipt", "old/1/1"}, {"traceparent", "t"}};
  writer.produce(0, {"shop||o", R"({"schema":"wxpipe.event.v1","id":"e","type":)", headers, now});
  writer.produce(0, {"shop||o", R"({"schema":"wxpipe.event.v1","id":"e","raw":"","receipt":"old/1/2"})", {}, now});
  writer.commit();
  const auto minute = std::chrono::floor<std::chrono::minutes>(now);
  const auto found = look({{"old/1/1", "shop", minute}, {"old/1/2", "shop", minute}});
  ASSERT_THAT(found, SizeIs(2));
  for (const auto& one : found) EXPECT_EQ(one.outcome, Mending::found) << one.lost.receipt;
}

TEST_F(RepairTest, ACopyInASpoolIsSentWhereTheTopicsHaveNone) {
  RunningIngest ingest(settings());
  RunningRole processing(settings(), process()), storing(settings(), sink());
  Platform platform(ingest.port());
  platform.send_all(0, 3);
  ASSERT_EQ(audit_of(3).total(), (Tally{3, 3, 0, 0, 0, 0}));
  const auto whole = rows();
  const auto events = support::read_topic(topics_->settings(), topics_->name(TopicName::events));
  {
    telemetry::Metrics metrics;
    ingest::Spool left_behind(settings().spool, "gone", settings().kafka.topic_prefix, system_clock(), metrics);
    ingest::Outbound copy{.topic = TopicName::events,
                          .key = events[0].key,
                          .value = events[0].value,
                          .event_id = events[0].event_id,
                          .receipt = events[0].receipt,
                          .traceparent = events[0].traceparent,
                          .timestamp = events[0].timestamp};
    std::promise<bool> kept;
    left_behind.put(
        copy, [&](std::optional<int64_t> id) { kept.set_value(id.has_value()); }, ingest::Spool::Row::alone);
    ASSERT_TRUE(kept.get_future().get());
  }
  topics_->empty(TopicName::events);
  EXPECT_EQ(value("delete from messages where receipt = '" + events[0].receipt + "' returning receipt"),
            events[0].receipt);
  auto said = audit_command({"--repair"});
  EXPECT_EQ(said.exit, (rig::Exit{1, 0}));
  EXPECT_THAT(said.output, ContainsRegex(events[0].receipt + " +shop .* found .*gone.spool"));
  said = audit_command({"--repair", "--yes"});
  EXPECT_EQ(said.exit, rig::Exit{}) << said.output << said.errors;
  EXPECT_EQ(rows(), whole);
}

// A broker that loses power before its disk has it loses the end of its topics: events, and the marks that miss them.
TEST_F(RepairTest, WhatTheOnlyBrokerLostIsSentAgainFromTheSpoolsCopies) {
  auto own = settings();
  own.ingest.acknowledge = config::kBrokerAndSpool;
  {
    RunningIngest ingest(own);
    Platform(ingest.port()).send_all(0, 40);
    ASSERT_TRUE(eventually([&] { return ingest.metric("wxpipe_spool_copies") >= 41; })) << "with a custody mark";
    EXPECT_EQ(ingest.metric("wxpipe_deliveries_total{path=\"nowhere\"}"), 0);
    ingest.stop();
  }
  ASSERT_EQ(records(TopicName::events), 40U);
  for (const auto topic : {TopicName::events, TopicName::custody}) topics_->empty(topic);

  RunningRole processing(own, process()), storing(own, sink());
  EXPECT_EQ(audit().total(), Tally{}) << "nobody knows of them";
  auto said = audit_command({"--repair"});
  EXPECT_THAT(said.output, ContainsRegex("a spool has [0-9]+ custody marks? that the database lacks"));
  EXPECT_EQ(count("messages"), 0) << "it only looked";
  said = audit_command({"--repair", "--yes"});
  EXPECT_EQ(said.exit, rig::Exit{}) << said.output << said.errors;
  EXPECT_THAT(said.output, HasSubstr("40 callbacks sent again"));
  EXPECT_EQ(audit().total(), (Tally{40, 40, 0, 0, 0, 0}));
  EXPECT_EQ(count("messages"), 40);
  said = audit_command({"--repair", "--yes"});
  EXPECT_THAT(said.output, HasSubstr("there is nothing to repair"));

  // The copies stay over a restart, and the broker gets none of them again by itself.
  const auto sent = records(TopicName::events);
  RunningIngest again(own);
  Platform(again.port()).send_all(40, 41);
  EXPECT_GE(again.metric("wxpipe_spool_copies"), 40);
  EXPECT_EQ(audit_of(41).total(), (Tally{41, 41, 0, 0, 0, 0}));
  EXPECT_EQ(records(TopicName::events), sent + 1);
}

TEST_F(RepairTest, TheWatchFindsCopiesInTheSpoolOfItsMachine) {
  auto own = settings();
  own.ingest.acknowledge = config::kBrokerAndSpool;
  own.sink.repair = true;
  RunningIngest ingest(own);
  Platform(ingest.port()).send_all(0, 10);
  ASSERT_TRUE(eventually([&] { return ingest.metric("wxpipe_spool_copies") >= 11; }));
  topics_->empty(TopicName::events);
  RunningRole processing(own, process()), storing(own, [](auto context, auto) {
    return sinks::make_sink_role(context, system_clock(), [context](const auto& receipts, const auto& take) {
      ingest::find_in_spools(context.settings.spool.directory, receipts, [&](const auto&, ingest::Outbound&& found) {
        take({found.topic, found.key, found.value, found.receipt, found.traceparent, found.timestamp, "a spool"});
      });
    });
  });
  EXPECT_TRUE(eventually([&] { return storing.metric("wxpipe_repairs_total{outcome=\"sent\"}") == 10; }, 60s));
  EXPECT_EQ(eventually_equal([&] { return count("messages"); }, 10), 10);
}

TEST_F(RepairTest, YesAloneIsAUsageError) {
  EXPECT_EQ(audit_command({"--yes"}).exit, (rig::Exit{2, 0}));
  EXPECT_EQ(audit_command({"--repair", "--most-records", "0"}).exit, (rig::Exit{2, 0}));
}

}  // namespace
}  // namespace wxpipe::custody_test
