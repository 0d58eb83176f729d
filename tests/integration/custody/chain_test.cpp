// From callbacks to the audit, on real servers: acknowledged = stored + duplicates + dead letters + in flight, for any
// callbacks and on any way through the pipeline (docs/guarantees.md law 9).
#include <fstream>

#include "ingest/delivery/spool_ledger.hpp"
#include "rig/kafka_gate.hpp"
#include "rig/process.hpp"
#include "schemas/fact_json.hpp"
#include "tests/integration/custody/custody_fixture.hpp"
#include "tests/support/program.hpp"

namespace wxpipe::custody_test {
namespace {
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class ChainTest : public CustodyTest {};

TEST_F(ChainTest, EachCallbackThatWasAcceptedRepeatedOrPoisonedIsAccountedFor) {
  database_->query("alter table messages add constraint picky check (content <> 'poison')");
  RunningIngest ingest(settings());
  RunningRole processing(settings(), process()), storing(settings(), sink());
  Platform platform(ingest.port());
  platform.send_all(0, 60);
  platform.send_all(20, 40);  // again
  for (int i = 0; i < 10; ++i) ASSERT_EQ(platform.send(unreadable(i)), 200);
  for (int i = 0; i < 5; ++i) ASSERT_EQ(platform.send(unreadable(i)), 200);
  for (int i = 100; i < 103; ++i) ASSERT_EQ(platform.send(message(i, "poison")), 200);
  for (int i = 100; i < 102; ++i) ASSERT_EQ(platform.send(message(i, "poison")), 200);
  ASSERT_EQ(platform.send(message(200), "corner"), 200);

  const auto report = audit_of(101);
  EXPECT_EQ(report.total(), (Tally{101, 61, 27, 13, 0, 0}));
  EXPECT_TRUE(report.fine());
  EXPECT_EQ(report.voided, 0);
  EXPECT_THAT(report.in_doubt, IsEmpty());
  Tally shop;
  for (const auto& [where, tally] : report.tallies)
    if (where.first == "shop") shop += tally;
  EXPECT_EQ(shop, (Tally{100, 60, 27, 13, 0, 0}));

  EXPECT_EQ(
      lines("select account, sum(acknowledged) from wxpipe.ledger where family = 'custody' group by 1 order by 1"),
      (std::vector<std::string>{"(corner,1)", "(shop,100)"}));
  EXPECT_EQ(lines("select family, sum(stored), sum(duplicates), sum(dead_letters) from wxpipe.ledger "
                  "where family in ('messages', 'dead_letters') group by 1 order by 1"),
            (std::vector<std::string>{"(dead_letters,0,5,10)", "(messages,61,22,3)"}));

  const auto said = audit_command({"--json", "--minutes"});
  EXPECT_EQ(said.exit, rig::Exit{}) << said.errors;
  EXPECT_THAT(
      said.output,
      HasSubstr("\"account\":null,\"acknowledged\":101,\"stored\":61,\"duplicates\":27,"
                "\"dead_letters\":13,\"in_flight\":0,\"unaccounted\":0,\"in_doubt\":0,\"voided\":0,\"retired\":0,"
                "\"missing\":[],\"in_doubt_receipts\":[],\"marks_missing\":[],\"waiting_for\":[],"
                "\"by_account\":[{\"account\":\"corner\",\"acknowledged\":1,"));
}

TEST_F(ChainTest, ARowThatWasDeletedIsMissedAndNamed) {
  RunningIngest ingest(settings());
  RunningRole processing(settings(), process()), storing(settings(), sink());
  Platform platform(ingest.port());
  platform.send_all(0, 30);
  platform.send_all(0, 3);
  ASSERT_EQ(platform.send(unreadable(1)), 200);
  ASSERT_EQ(platform.send(message(200), "corner"), 200);
  EXPECT_EQ(audit_of(35).total(), (Tally{35, 31, 3, 1, 0, 0}));

  const auto stored = value("delete from messages where msg_id = '7' returning receipt");
  const auto repeat = value(
      "delete from wxpipe.duplicate_receipts where ctid = (select min(ctid) from "
      "wxpipe.duplicate_receipts) returning receipt");
  const auto dead = value("delete from dead_letters returning receipt");
  const auto report = audit();
  EXPECT_EQ(report.total(), (Tally{35, 30, 2, 0, 0, 3}));
  EXPECT_THAT(receipts_of(report.missing), UnorderedElementsAre(stored, repeat, dead));
  EXPECT_EQ(report.missing[0].account, "shop");

  auto said = audit_command({});
  EXPECT_EQ(said.exit, (rig::Exit{1, 0})) << said.errors;
  for (const auto& receipt : {stored, repeat, dead})
    EXPECT_THAT(said.output, ContainsRegex(fmt::format("\n{} +shop +20[0-9-]+T[0-9:]+Z\n", receipt)));
  said = audit_command({"--json", "--account", "shop", "--from", "1h"});
  EXPECT_EQ(said.exit, (rig::Exit{1, 0})) << said.errors;
  EXPECT_THAT(said.output, HasSubstr(fmt::format("{{\"receipt\":\"{}\",\"account\":\"shop\",\"minute\":\"20", stored)));
  EXPECT_EQ(audit_command({"--account", "corner"}).exit, rig::Exit{}) << "nothing of that account is missing";
  EXPECT_EQ(audit_command({"--to", "1h"}).exit, rig::Exit{}) << "nothing of that time is missing";
  EXPECT_EQ(audit_command({"--account", "shpo"}).exit, (rig::Exit{2, 0})) << "no such account";
}

// As docs/operations.md says: rows dropped on purpose take their marks along.
TEST_F(ChainTest, WhatWasDroppedTogetherWithItsMarksIsNotMissed) {
  RunningIngest ingest(settings());
  RunningRole processing(settings(), process()), storing(settings(), sink());
  Platform platform(ingest.port());
  platform.send_all(0, 30);
  platform.send_all(0, 3);
  EXPECT_EQ(audit_of(33).total(), (Tally{33, 30, 3, 0, 0, 0}));
  value("with gone as (delete from messages returning 1) select count(*) from gone");
  EXPECT_EQ(audit().total(), (Tally{33, 0, 3, 0, 0, 30})) << "what is dropped alone";
  value(
      "with gone as (delete from wxpipe.custody_marks where received_to < now() returning 1) select count(*) from gone");
  platform.send_all(30, 40);
  EXPECT_EQ(audit_of(10).total(), (Tally{10, 10, 0, 0, 0, 0}));
  EXPECT_EQ(audit_command({}).exit, rig::Exit{});
}

TEST_F(ChainTest, WhatItIsAskedWronglyIsAUsageErrorAndAnAbsentServerIsSaid) {
  EXPECT_EQ(audit_command({"--from", "yesterday"}).exit, (rig::Exit{2, 0}));
  EXPECT_THAT(audit_command({"--from", "yesterday"}).errors,
              HasSubstr("--from: 'yesterday' is not a moment; write 2026-"));
  EXPECT_EQ(audit_command({"--from", "1h", "--to", "2h"}).exit, (rig::Exit{2, 0}));
  EXPECT_EQ(audit_command({"--wait", "soon"}).exit, (rig::Exit{2, 0}));
  const std::vector<std::string> plain{"audit", "--config", config_file().string()};
  rig::Process without_postgres(command(plain, "postgresql://127.0.0.1:1/none"));
  EXPECT_EQ(without_postgres.wait(), (rig::Exit{3, 0}));
  rig::Process without_kafka(command(plain, {}, "127.0.0.1:1"));
  EXPECT_EQ(without_kafka.wait(), (rig::Exit{3, 0}));
}

TEST_F(ChainTest, WhatWasAnsweredWithAFailureIsNotAcknowledgedThoughItMayBeStored) {
  rig::KafkaGate gate(topics_->settings().bootstrap_servers);
  auto gated = settings();
  gated.kafka.bootstrap_servers = gate.address();
  gated.spool.directory.clear();
  RunningIngest ingest(gated);
  RunningRole processing(settings(), process()), storing(settings(), sink());
  Platform platform(ingest.port());
  ASSERT_TRUE(eventually([&] { return platform.send(message(0)) == 200; }));
  const auto before = audit_of(1).voided;  // receipts voided while its connections were being made
  gate.gate().freeze();
  for (int i = 1; i < 4; ++i) EXPECT_EQ(platform.send(message(i)), 503);
  gate.gate().heal();
  ASSERT_TRUE(eventually([&] { return platform.send(message(10)) == 200; }));
  platform.send_all(11, 20);
  auto report = audit_of(11);
  EXPECT_EQ(report.total().acknowledged, 11);
  EXPECT_GE(report.voided, before + 3);
  EXPECT_TRUE(report.fine());
  EXPECT_EQ(eventually_equal([&] { return count("messages"); }, 14), 14) << "they had been in the producer's hands";
  EXPECT_EQ(audit().total(), (Tally{11, 11, 0, 0, 0, 0})) << "and cover for nothing";
}

TEST_F(ChainTest, WhatTookBothWaysIsOneReceipt) {
  rig::KafkaGate gate(topics_->settings().bootstrap_servers);
  auto gated = settings();
  gated.kafka.bootstrap_servers = gate.address();
  RunningIngest ingest(gated);
  RunningRole processing(settings(), process()), storing(settings(), sink());
  Platform platform(ingest.port());
  platform.send_all(0, 5);
  gate.gate().freeze(rig::Toward::client);  // the broker gets what is sent, but can't answer
  platform.send_all(5, 25);
  EXPECT_TRUE(eventually([&] { return count("messages") > 5; })) << "the broker had them";
  gate.gate().heal();
  platform.send_all(25, 30);
  const auto report = audit_of(30);
  EXPECT_EQ(report.total(), (Tally{30, 30, 0, 0, 0, 0}));
  EXPECT_EQ(count("messages"), 30);
  EXPECT_EQ(count("wxpipe.duplicate_receipts"), 0) << "a second way is no second callback";
}

TEST_F(ChainTest, WhatWaitsInTheSpoolIsInFlightUntilItIsDrained) {
  rig::KafkaGate gate(topics_->settings().bootstrap_servers);
  auto gated = settings();
  gated.kafka.bootstrap_servers = gate.address();
  auto ingest = std::make_unique<RunningIngest>(gated);
  RunningRole processing(settings(), process()), storing(settings(), sink());
  {
    Platform platform(ingest->port());
    platform.send_all(0, 5);
    EXPECT_EQ(audit_of(5).total(), (Tally{5, 5, 0, 0, 0, 0}));
    gate.gate().refuse();
    gate.gate().cut();
    platform.send_all(5, 25);
  }
  ingest.reset();  // it ends with everything in its spool, also its last marks
  EXPECT_EQ(audit().total(), (Tally{5, 5, 0, 0, 0, 0})) << "of the others nobody here has heard";
  gate.gate().heal();
  ingest = std::make_unique<RunningIngest>(gated);
  EXPECT_EQ(audit_of(25).total(), (Tally{25, 25, 0, 0, 0, 0}));
}

TEST_F(ChainTest, ABootThatStoppedCleanlyLeavesNoDoubtAndTheNextOneHasReceiptsOfItsOwn) {
  RunningRole processing(settings(), process()), storing(settings(), sink());
  for (int run = 0; run < 3; ++run) {
    RunningIngest ingest(settings());
    Platform(ingest.port()).send_all(run * 10, run * 10 + 10);
  }
  const auto report = audit_of(30);
  EXPECT_EQ(report.total(), (Tally{30, 30, 0, 0, 0, 0}));
  EXPECT_THAT(report.in_doubt, IsEmpty());
  ASSERT_THAT(report.boots, SizeIs(3));
  for (const auto& boot : report.boots) {
    EXPECT_TRUE(boot.ended);
    EXPECT_EQ(boot.marked_up_to, 10);
    EXPECT_EQ(boot.spool_events, 0);
  }
}

TEST_F(ChainTest, TheTailOfAKilledProcessIsInDoubtAndHidesNothingBelowItsMark) {
  RunningRole processing(settings(), process()), storing(settings(), sink());
  const auto start = [&] {
    return std::make_unique<rig::Process>(command({"ingest", "--config", config_file().string()}));
  };
  const auto port_of = [](const rig::Process& process) {
    std::string log;
    EXPECT_TRUE(eventually([&] {
      log = process.output() + process.errors();
      return log.find("event=listening") != std::string::npos;
    }));
    return static_cast<uint16_t>(std::stoi(log.substr(log.find("port=", log.find("event=listening")) + 5)));
  };
  int64_t sent = 0, marked = 0;
  AuditReport report;
  // Must be killed after one mark and before the next. Marks come once a second; if the next comes first, try again.
  for (int boots = 1; boots <= 10 && (marked == 0 || marked > 38); ++boots) {
    auto killed = start();
    Platform platform(port_of(*killed));
    const auto send = [&](int callbacks) {
      platform.send_all(static_cast<int>(sent), static_cast<int>(sent) + callbacks);
      sent += callbacks;
    };
    send(20);
    EXPECT_TRUE(eventually([&] {
      const auto boots_so_far = audit().boots;
      return boots_so_far.size() == static_cast<size_t>(boots) && boots_so_far.back().marked_up_to == 20;
    }));
    send(20);
    killed->signal(SIGKILL);
    EXPECT_EQ(killed->wait(), (rig::Exit{0, SIGKILL}));
    EXPECT_EQ(eventually_equal([&] { return count("messages"); }, sent), sent);
    report = audit();
    marked = report.boots.back().marked_up_to;
  }
  ASSERT_LE(marked, 38);
  const auto boot = report.boots.back();
  EXPECT_FALSE(boot.ended);

  auto next = start();
  port_of(*next);
  EXPECT_TRUE(eventually([&] {
    report = audit();
    return report.boots.back().boot != boot.boot;
  }));
  const auto acknowledged = report.total().acknowledged;
  EXPECT_EQ(report.total(), (Tally{acknowledged, acknowledged, 0, 0, 0, 0}));
  EXPECT_THAT(report.in_doubt, IsEmpty()) << "all of them are there";

  const auto remove = [&](int64_t sequence) {
    return value(
        fmt::format("delete from messages where receipt = 'in-1/{}/{}' returning receipt", boot.boot, sequence));
  };
  const auto below = remove(marked - 1), beyond = remove(marked + 1);
  report = audit();
  EXPECT_EQ(report.total(), (Tally{acknowledged, acknowledged - 1, 0, 0, 0, 1}));
  EXPECT_THAT(receipts_of(report.missing), ElementsAre(below));
  EXPECT_THAT(report.in_doubt, ElementsAre(beyond));
  next->signal(SIGTERM);
  EXPECT_EQ(next->wait(), rig::Exit{});
}

TEST_F(ChainTest, WhatNoConsumerHasPassedIsInFlight) {
  RunningIngest ingest(settings());
  {
    RunningRole processing(settings(), process()), storing(settings(), sink());
    Platform(ingest.port()).send_all(0, 10);
    EXPECT_EQ(audit_of(10).total(), (Tally{10, 10, 0, 0, 0, 0}));
  }
  auto marks_alone = settings();
  marks_alone.sink.families = {"custody"};
  RunningRole storing_marks(marks_alone, sink());
  Platform(ingest.port()).send_all(10, 20);
  EXPECT_EQ(eventually_equal([&] { return audit({}, 2s).total().acknowledged; }, 20), 20);
  auto report = audit({}, 2s);
  EXPECT_EQ(report.total(), (Tally{20, 10, 0, 0, 10, 0}));
  EXPECT_TRUE(report.fine());
  EXPECT_THAT(report.waiting_for,
              ElementsAre(fmt::format("process is up to 10 records behind on {}", topics_->name(TopicName::events))));
  {
    RunningRole processing(settings(), process());
    EXPECT_TRUE(eventually([&] {
      report = audit({}, 2s);
      return report.waiting_for.size() == 1 && report.waiting_for[0].starts_with("sink.messages is up to ");
    })) << ::testing::PrintToString(report.waiting_for);
    EXPECT_EQ(report.total(), (Tally{20, 10, 0, 0, 10, 0}));
  }
  auto others = settings("sink-2");
  others.sink.families = {"messages", "dead_letters"};
  RunningRole storing(others, sink());
  EXPECT_EQ(audit_of(20).total(), (Tally{20, 20, 0, 0, 0, 0}));
}

// The spool as it is when its process is killed.
void copy_spool(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::filesystem::create_directories(to);
  for (const auto* name : {"in-1.ledger", "in-1.spool", "in-1.spool-wal"})  // the ledger is never ahead of the rest
    std::filesystem::copy_file(from / name, to / name);
}

// How far the custody marks in the spool have come.
int64_t marked_up_to(const std::filesystem::path& spool) {
  int64_t next = 0;
  for (const auto& [id, entry] : ingest::SpoolLedger::read(spool / "in-1.ledger").waiting)
    if (entry.topic == TopicName::custody)
      next = std::max(next, schemas::decode<schemas::CustodyMark>(entry.value).value().next);
  return next;
}

TEST_F(ChainTest, WhatADamagedSpoolHasLostIsUnaccountedAndNamedAndTheRestIsStored) {
  auto alone = settings();
  alone.kafka.bootstrap_servers = "127.0.0.1:1";
  const auto after_the_kill = folder_ / "killed";
  {
    RunningIngest ingest(alone);
    Platform(ingest.port()).send_all(0, 40);
    ASSERT_TRUE(eventually([&] { return marked_up_to(alone.spool.directory) == 41; }));
    copy_spool(alone.spool.directory, after_the_kill);
  }
  const auto log = after_the_kill / "in-1.spool-wal";
  {
    constexpr int kFrame = 24 + 4096;
    std::fstream damaged(log, std::ios::in | std::ios::out | std::ios::binary);
    for (auto at = std::filesystem::file_size(log) / kFrame / 2; at < std::filesystem::file_size(log) / kFrame; ++at) {
      damaged.seekp(static_cast<std::streamoff>(32 + at * kFrame + 24));
      damaged << std::string(4096, '\0');
    }
  }
  auto mended = settings();
  mended.spool.directory = after_the_kill.string();
  RunningIngest ingest(mended);
  RunningRole processing(settings(), process()), storing(settings(), sink());
  Platform platform(ingest.port());
  const auto lost = static_cast<int64_t>(ingest.metric("wxpipe_spool_lost_total"));
  EXPECT_GT(lost, 0);
  EXPECT_LT(lost, 40);
  EXPECT_EQ(ingest.metric("wxpipe_spool_damaged_files"), 1);
  platform.send_all(100, 110);

  const auto report = audit_of(50);
  EXPECT_EQ(report.total(), (Tally{50, 50 - lost, 0, 0, 0, lost}));
  EXPECT_FALSE(report.fine());
  EXPECT_THAT(report.missing, SizeIs(static_cast<size_t>(lost)));
  EXPECT_EQ(count("messages"), 50 - lost);
  EXPECT_TRUE(eventually([&] { return storing.metric("wxpipe_unaccounted") == static_cast<double>(lost); }));
}

}  // namespace
}  // namespace wxpipe::custody_test
