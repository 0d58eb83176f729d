// wxpipe replay, diff and bookmark: what is on the topics once more, into production's tables, tables beside them,
// other topics and files.
#include <algorithm>
#include <filesystem>
#include <iterator>

#include "tests/integration/whole_path/wxpipe_fixture.hpp"

namespace wxpipe::whole_path {
namespace {
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const Lines kAllTopics{"events", "messages",     "followers", "leads", "customers",
                       "logs",   "dead_letters", "custody",   "calls"};

class ReplayTest : public WholePathTest {
 protected:
  // Callbacks of every kind that the normalisers treat differently: repeats, a collision, sealed credentials, bytes
  // that aren't UTF-8, events without a time, a dead letter.
  void receive() {
    auto all = start();
    ASSERT_TRUE(all->ready()) << all->readiness();
    auto client = all->client();
    const auto send = [&](const Request& request) {
      const auto status = client.send(http(request)).status;
      EXPECT_TRUE(status == 200 || status == 204) << status;
      ++callbacks_;
    };
    for (int i = 0; i < 60; ++i)
      send(shop(mp_text(fmt::format("o_{}", i % 9), 1000 + i, i % 3 == 0 ? "价格？" : "你好")));
    for (int i = 0; i < 9; ++i)
      send(shop(mp_event(fmt::format("o_{}", i), i % 4 == 3 ? "unsubscribe" : "subscribe",
                         "<EventKey><![CDATA[qrscene_1001]]></EventKey>")));
    send(shop(mp_event("o_1", "CLICK", "<EventKey><![CDATA[PRICE]]></EventKey>")));
    const auto again = mp_text("oAgain", 7001, "hello");
    for (const auto* nonce : {"1", "22", "333"})
      send(encrypted_request("shop", again, {.receiveid = "wxapp", .timestamp = now_text(), .nonce = nonce}));
    send(shop(mp_text("oAgain", 7001, "hello!")));
    send(shop(mp_text("oBytes", 7002, "ab\xff\xfe")));
    send(encrypted_request("outlet", mp_text("oBert", 102, "hello"), {.receiveid = "wxapp"}));
    send(clear_request("clear", mp_text("oCarl", 103, "hello"), kToken, now_text()));
    send(with_tenant(encrypted_request("authorised", mp_text("oEmil", 105, "hello"), {.receiveid = "wxcomponent"}),
                     "wx77"));
    send(encrypted_request("component", kTicket, {.receiveid = "wxcomponent"}));
    send(encrypted_request("corp", kWeworkMessage, {.receiveid = "wwcorp"}));
    send(encrypted_request(
        "corp",
        wework_event("change_external_contact",
                     "<ChangeType><![CDATA[add_external_contact]]></ChangeType><UserID><![CDATA[zhang]]>"
                     "</UserID><ExternalUserID><![CDATA[wmCustomer]]></ExternalUserID><State>"
                     "<![CDATA[spring]]></State><WelcomeCode><![CDATA[WELCOMECODE123]]></WelcomeCode>"),
        {.receiveid = "wwcorp"}));
    send(encrypted_request("suite", kSuiteTicket, {.receiveid = "wwsuite"}));
    send(with_tenant(encrypted_request("suitedata", kWeworkMessage, {.receiveid = "wwcorp"}), "wwcorp"));
    send(encrypted_json_request("robot", kBotMessage, {}));
    send(webhook_now("desk",
                     R"({"type":"message.received","timestamp":"2026-11-24T14:04:49Z","data":{"account":"wxid_desk1",)"
                     R"("message_uuid":"u1","chat_type":"private","chat_wxid":"wxid_c7","sender_wxid":"wxid_c7",)"
                     R"("message_type":"text","content":"多少钱？"}})",
                     "msg_1"));
    send(webhook_now("desk",
                     R"({"type":"alert.raised","timestamp":"2026-11-24T14:04:49Z","data":{"account":"wxid_desk1",)"
                     R"("alert_uuid":"a1","title":"掉线"}})",
                     "msg_3"));
    send(
        webhook_now("desk",
                    R"({"type":"instance.heartbeat","timestamp":"2026-11-24T14:04:49Z","data":{"account":"wxid_desk1",)"
                    R"("cpu_percent":"12.5"}})",
                    "msg_4"));
    send(webhook_now("forms",
                     R"({"type":"form_submit","timestamp":"2026-11-24T14:04:49Z","data":{"contact_name":"王小明",)"
                     R"("contact_phone":"13800138000","message":"想要一份报价"}})",
                     "msg_2"));
    send(shop("<xml><broken>"));
    ASSERT_TRUE(settled(callbacks_));
    ASSERT_TRUE(eventually([&] { return count("followers") == 10 && count("leads") > 3 && count("system_logs") > 0; }));
    EXPECT_EQ(all->stop(), (Exit{.code = 0})) << all->log();
    // What came after the sinks had stopped: the last custody mark, for one.
    run_fine(with({"replay", "--yes"}, kAllTopics));
  }

  std::string run_fine(Lines arguments) const { return run_to(0, std::move(arguments)); }
  std::string run_to(int code, Lines arguments) const {
    arguments.push_back("--json");
    const auto ran = run(std::move(arguments), environment(), 60s);
    EXPECT_EQ(ran.code(), code) << ran.errors << ran.output;
    return ran.output;
  }

  // Of every table but those that a replay itself keeps: a line each, with a checksum over all columns of all rows.
  Lines checksums(const std::string& business = "public", const std::string& own = "wxpipe") const {
    const auto tables = database_->query(fmt::format(
        "select c.oid::regclass::text from pg_class c where relkind in ('r', 'p') and not relispartition and relnamespace in "
        "('{}'::regnamespace, '{}'::regnamespace) and relname not in ('audit_logs', 'replays', 'bookmarks', 'erasure_key') order by 1",
        business, own));
    Lines all;
    for (size_t i = 0; i < tables.size(); ++i)
      all.push_back(
          tables.text(i, 0) + " " +
          database_
              ->query(fmt::format(
                  "select count(*) || ' ' || coalesce(md5(string_agg(md5(t::text), '' order by md5(t::text))), "
                  "'') from {} t",
                  tables.text(i, 0)))
              .text(0, 0));
    return all;
  }
  static Lines with(Lines arguments, const Lines& more) {
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  int callbacks_ = 0;
};

TEST_F(ReplayTest, ReplayingEverythingTwiceChangesNoRow) {
  ASSERT_NO_FATAL_FAILURE(receive());
  const auto before = checksums();
  ASSERT_GT(before.size(), 12U);
  for (int i = 0; i < 2; ++i) {
    const auto done = run_fine(with({"replay", "--yes"}, kAllTopics));
    EXPECT_THAT(done, AllOf(HasSubstr(R"("fresh":0)"), Not(HasSubstr(R"("level":"error")"))));
    EXPECT_EQ(checksums(), before);
  }
  // Shuffled in another way: parts of it, in other batches.
  run_fine({"replay", "--yes", "--partition", "3", "--rate", "200"});
  run_fine({"replay", "messages", "--yes", "--where", "account=shop"});
  EXPECT_EQ(checksums(), before);
  EXPECT_EQ(lines("select distinct operation, operation_type, resource_type from audit_logs order by 1"),
            (Lines{R"((replay,CREATE,tables))", R"(("replay begun",CREATE,tables))"}));
}

TEST_F(ReplayTest, BringsBackRowsThatAreMissing) {
  ASSERT_NO_FATAL_FAILURE(receive());
  const auto messages = lines("select event_id, receipt, content, attributes from messages order by 1");
  const auto leads = lines("select account, subject, score, activity_count from leads order by 1, 2");
  database_->query("delete from messages where account = 'shop' and msg_id like '10%'");
  for (const auto* table : {"lead_activities", "leads", "wxpipe.lead_daily", "wxpipe.lead_profiles"})
    database_->query(fmt::format("delete from {}", table));
  // Without --yes nothing happens.
  EXPECT_THAT(run_fine({"replay"}), AllOf(HasSubstr(R"("dry_run":true)"), HasSubstr("Say it again with --yes")));
  EXPECT_EQ(count("leads"), 0);
  run_fine({"replay", "--yes", "--why", "rows were deleted"});
  EXPECT_EQ(lines("select event_id, receipt, content, attributes from messages order by 1"), messages);
  EXPECT_EQ(lines("select account, subject, score, activity_count from leads order by 1, 2"), leads);
  EXPECT_EQ(lines("select reason, affected > 60 from audit_logs where operation = 'replay' and reason is not null"),
            (Lines{R"(("rows were deleted",t))"}));
}

TEST_F(ReplayTest, ASideSchemaFromRenormalisedEventsIsEqualToProduction) {
  ASSERT_NO_FATAL_FAILURE(receive());
  const auto before = checksums();
  const auto done = run_fine({"replay", "--renormalize", "--into", "schema:try"});
  EXPECT_THAT(done, AllOf(HasSubstr(R"("as_they_were":[])"), Not(HasSubstr(R"("level":"warning")"))));
  EXPECT_THAT(run_fine({"diff", "try"}), HasSubstr("dead_letters: nothing of the topic dead_letters was replayed"));
  run_fine({"replay", "dead_letters", "custody", "calls", "--into", "schema:try"});
  EXPECT_THAT(run_fine({"diff", "try"}),
              AllOf(HasSubstr("try and production are equal"), HasSubstr(R"("left_out":[])")));
  EXPECT_EQ(count("try.messages"), count("messages"));
  EXPECT_EQ(checksums(), before) << "production is left alone";
  // The same tables, columns and indexes. Partitions come as rows need them.
  const auto shape = [&](const std::string& business, const std::string& own) {
    return lines(fmt::format(
        "select replace(c.relname, 'try_', ''), c.relkind, c.relispartition, (select string_agg(a.attname || ' ' || "
        "a.atttypid::regtype || coalesce(' ' || a.attcollation::regcollation::text, ''), ',' order by a.attname) from "
        "pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) from pg_class c where "
        "c.relnamespace in ('{}'::regnamespace, '{}'::regnamespace) and c.relkind <> 'v' and c.relname !~ '20[0-9]{{4}}|20[0-9]{{2}}w|_p[0-9]{{2}}' order by 1",
        business, own));
  };
  EXPECT_EQ(shape("try", "try_wxpipe"), shape("public", "wxpipe"));
  EXPECT_GT(count("pg_inherits where inhparent = 'try.messages'::regclass"), 1) << "partitions by month";
  EXPECT_EQ(count("try.messages_default"), 0);

  // Once more into the same side schema: nothing changes there either.
  const auto side = checksums("try", "try_wxpipe");
  run_fine({"replay", "--renormalize", "--into", "schema:try"});
  EXPECT_EQ(checksums("try", "try_wxpipe"), side);

  database_->query("update messages set content = 'edited' where msg_id = '1001'");
  database_->query("delete from messages where msg_id = '1002'");
  database_->query("delete from try.messages where msg_id = '1004'");
  const auto differs = run_to(1, {"diff", "try", "--account", "shop"});
  EXPECT_THAT(differs,
              AllOf(HasSubstr(R"({"table":"messages","added":1,"missing":1,"changed":1})"),
                    HasSubstr(R"({"table":"messages","column":"content","rows":1})"),
                    HasSubstr(R"("production":"\"edited\"","side":"\"你好\"")"), HasSubstr("3 rows different")));
  run_fine({"diff", "try", "--account", "corp"});
  run_fine({"diff", "try", "--to", "2020-01-01"});
  database_->query("update messages set account = 'before' where msg_id = '1004'");
  run_to(1, {"diff", "try", "--account", "before"});
  run_to(0, {"audit", "--account", "before"});
  EXPECT_EQ(run_to(2, {"diff", "nowhere"}), "");
  EXPECT_EQ(run_to(2, {"replay", "--into", "schema:public"}), "");
}

TEST_F(ReplayTest, WhatCanFindNothingIsRefusedNotFine) {
  ASSERT_EQ(command({"topics", "apply"}).code(), 0);
  const auto refused = [&](const Lines& arguments, const std::string& why) {
    const auto ran = command(arguments);
    EXPECT_EQ(ran.code(), 2) << ran.output;
    EXPECT_THAT(ran.errors, HasSubstr(why));
  };
  run_fine({"replay", "--into", "schema:try"});
  refused({"diff", "try", "--account", "shpo"}, "--account: there is no 'shpo'; the nearest is 'shop'");
  refused({"audit", "--account", "shpo"}, "--account: there is no 'shpo'; the nearest is 'shop'");
  refused({"diff", "try", "--ignore", "normalizer"}, "--ignore: there is no 'normalizer'; the nearest is 'normaliser'");
  refused({"diff", "try", "--from", "2h", "--to", "3h"}, "is not after --from");
  refused({"replay", "--from", "30m", "--to", "1h"}, "is not after --from");
  refused({"replay", "--from", "offset:7", "--to", "offset:7"}, "--to: offset:7 is not after --from, offset:7");
  refused({"trace", "someid", "--from", "1h", "--to", "2h"}, "is not after --from");
  refused({"trace", "someid", "--account", "shpo"}, "the nearest is 'shop'");
  run_fine({"diff", "try", "--account", "shop", "--ignore", "normaliser"});
}

TEST_F(ReplayTest, OtherScoringRulesChangeTheScoresBesideProduction) {
  ASSERT_NO_FATAL_FAILURE(receive());
  const auto rules = folder_.write("rules.toml",
                                   "[[rules]]\nname = \"asked_for_price\"\ndimension = \"intent\"\npoints = "
                                   "4\ntypes = [\"message.text\"]\ncontains = [\"价格\"]\n");
  EXPECT_EQ(run_to(2, {"replay", "--rescore", rules.string(), "--yes"}), "") << "production's scores would be mixed";
  run_fine({"replay", "--rescore", rules.string(), "--into", "schema:scores"});
  EXPECT_EQ(count("scores.lead_activities where points = 4"), count("lead_activities where rule = 'asked_for_price'"));
  EXPECT_EQ(count("lead_activities where points = 4"), 0);
  EXPECT_THAT(run_to(1, {"diff", "scores"}),
              AllOf(HasSubstr(R"({"table":"leads","column":"score",)"),
                    HasSubstr(R"({"table":"messages","added":0,"missing":0,"changed":0})")));
}

TEST_F(ReplayTest, GoesToFilesAndOtherTopicsByFilter) {
  ASSERT_NO_FATAL_FAILURE(receive());
  const auto folder = folder_ / "out";
  EXPECT_THAT(run_fine({"replay", "--where", "account=shop", "--into", "files:" + folder.string(), "--format", "csv"}),
              HasSubstr("messages.csv"));
  const auto rows_of = [](const std::filesystem::path& path) {
    std::ifstream file(path);
    return std::count(std::istreambuf_iterator<char>(file), {}, '\n');
  };
  EXPECT_EQ(rows_of(folder / "messages.csv"), 1 + count("messages where account = 'shop'"));
  EXPECT_EQ(std::filesystem::status(folder / "messages.csv").permissions(), std::filesystem::perms(0600));
  EXPECT_EQ(run_to(2, {"replay", "--into", "files:" + folder.string(), "--format", "csv"}), "") << "never overwritten";
  run_fine({"replay", "--into", "files:" + (folder / "z").string(), "--format", "ndjson.zst"});
  EXPECT_TRUE(rig::read_file(folder / "z" / "messages.ndjson.zst").starts_with("\x28\xb5\x2f\xfd")) << "zstd's mark";
  run_fine(
      {"replay", "messages", "--match", "/attributes/channel=门店海报", "--into", "files:" + (folder / "n").string()});
  EXPECT_EQ(rows_of(folder / "n" / "messages.ndjson"), count("messages where attributes ->> 'channel' = '门店海报'"));

  const auto topic = topics_->create("copy", 2);
  run_fine({"replay", "--where", "type=follower.*,account=shop", "--into", "topic:" + topic});
  const auto copies = support::read_topic(topics_->settings(), topic);
  EXPECT_EQ(static_cast<int64_t>(copies.size()), count("messages where type like 'follower.%' and account = 'shop'"));
  ASSERT_FALSE(copies.empty());
  EXPECT_THAT(copies.front().value, HasSubstr(R"({"schema":"wxpipe.event.v1")"));
  EXPECT_THAT(copies.front().receipt, HasSubstr("test/"));
  for (const auto* wrong : {"topic:nobodys", "topics", "schema:"})
    EXPECT_EQ(run_to(2, {"replay", "--into", wrong}), "");
  EXPECT_EQ(run_to(2, {"replay", "--into", "topic:" + topics_->name(TopicName::events)}), "");
  EXPECT_EQ(run_to(2, {"replay", "leads", "--where", "account=shop"}), "");
}

TEST_F(ReplayTest, BeginsAtABookmarkAndGoesOnWhereItWasStopped) {
  ASSERT_NO_FATAL_FAILURE(receive());
  run_fine({"bookmark", "first"});
  EXPECT_EQ(run_to(2, {"bookmark", "first"}), "") << "taken";
  run_fine({"bookmark", "first", "--replace"});
  const auto all = count("messages") + count("wxpipe.duplicate_receipts");
  EXPECT_THAT(run_fine({"replay", "--from", "bookmark:first", "--dry-run"}), HasSubstr(R"("records":0)"));
  EXPECT_THAT(run_fine({"replay", "--to", "bookmark:first", "--dry-run"}),
              HasSubstr(fmt::format(R"("records":{})", all)));
  EXPECT_THAT(run_fine({"replay", "--to", "1h", "--dry-run"}), HasSubstr(R"("records":0)"));
  EXPECT_THAT(run_fine({"bookmark", "--list"}), HasSubstr(R"({"name":"first",)"));
  EXPECT_EQ(run_to(2, {"replay", "--from", "bookmark:other", "--dry-run"}), "");

  const Lines slow{"replay", "--into", "schema:slow", "--rate", "10"};
  {
    RunningWxpipe stopped(slow, environment());
    ASSERT_TRUE(eventually([&] {
      return !database_->query("select to_regclass('slow.messages')").is_null(0, 0) && count("slow.messages") > 0;
    })) << stopped.log();
    ASSERT_EQ(stopped.stop(), (Exit{.code = 0})) << stopped.log();
    EXPECT_THAT(stopped.process().output(), HasSubstr("--resume"));
  }
  const auto there = count("slow.messages");
  EXPECT_LT(there, count("messages"));
  EXPECT_THAT(run_to(1, {"diff", "slow"}), HasSubstr("events.v1 into slow has not come to its end"));
  const auto rest = run_fine({"replay", "--into", "schema:slow", "--resume"});
  EXPECT_EQ(count("slow.messages"), count("messages"));
  EXPECT_THAT(rest, Not(HasSubstr(fmt::format(R"("records":{},)", all)))) << "it went on, it didn't begin again";
  EXPECT_THAT(run_fine({"diff", "slow"}), Not(HasSubstr("has not come to its end")));
}

// "From 2h" is another place an hour later, and a bookmark may have been moved: what lies between was not read yet.
TEST_F(ReplayTest, GoesOnWhereItWasStoppedThoughItsBeginningMoved) {
  ASSERT_NO_FATAL_FAILURE(receive());
  database_->query("insert into wxpipe.bookmarks (name, at, set_by) values ('moves', '2020-01-01', 'test')");
  Lines slow{"replay", "--from", "bookmark:moves", "--into", "schema:slow", "--rate", "10"};
  {
    RunningWxpipe stopped(slow, environment());
    ASSERT_TRUE(eventually([&] {
      return !database_->query("select to_regclass('slow.messages')").is_null(0, 0) && count("slow.messages") > 0;
    })) << stopped.log();
    ASSERT_EQ(stopped.stop(), (Exit{.code = 0})) << stopped.log();
  }
  database_->query("update wxpipe.bookmarks set at = now()");
  slow.resize(slow.size() - 2);  // as fast as it can
  run_fine(with(slow, {"--resume"}));
  EXPECT_EQ(count("slow.messages"), count("messages"));
  EXPECT_EQ(count("slow_wxpipe.replays where begin_offset <> 0 or operator = '' or next_offset <> end_offset"), 0);
}

TEST_F(ReplayTest, SaysWhatPostgresRefusesAndGoesOn) {
  ASSERT_NO_FATAL_FAILURE(receive());
  run_fine({"replay", "--where", "account=nobody", "--into", "schema:strict"});
  database_->query("alter table strict.messages add check (msg_id <> '1001')");
  EXPECT_THAT(run_to(1, {"replay", "--into", "schema:strict"}),
              AllOf(HasSubstr("messages: 1 record not stored: constraint_violation"), HasSubstr(R"("refused":1)")));
  EXPECT_EQ(count("strict.messages"), count("messages") - 1);
  EXPECT_EQ(count("strict.dead_letters"), 0);
}

}  // namespace
}  // namespace wxpipe::whole_path
