// Families in databases of their own ([postgres.families]), three databases on one server: the whole path, a death, a
// database that is away, the proof, and every command that looks at rows.
#include "common/runtime/fault_point.hpp"
#include "tests/integration/whole_path/wxpipe_fixture.hpp"

namespace wxpipe::whole_path {
namespace {
using support::TemporaryDatabase;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// All families that are read together with messages.
const Lines kJournal{"messages", "followers", "leads",    "customers", "dead_letters",
                     "custody",  "directory", "receipts", "calls",     "instances"};

// What callbacks told; commands leave rows of their own.
constexpr const char* kTold = "system_logs where platform <> 'wxpipe'";

class FamiliesTest : public WholePathTest {
 protected:
  void SetUp() override {
    WholePathTest::SetUp();
    if (IsSkipped()) return;
    logs_ = std::make_unique<TemporaryDatabase>();
    lie_in("logs", *logs_);
    ASSERT_EQ(run_command({"topics", "apply"}).code(), 0);
  }

  static std::string variable(std::string family) {
    std::ranges::transform(family, family.begin(),
                           [](char c) { return c == '_' ? c : static_cast<char>(c - 'a' + 'A'); });
    return "WXPIPE_POSTGRES__FAMILIES__" + family;
  }
  void lie_in(const std::string& family, const TemporaryDatabase& database) {
    where_[variable(family)] = database.url().reveal();
  }
  // Without our own log, so that rows of system_logs can be counted.
  Environment with_families(Environment more = {}) const {
    more.insert(where_.begin(), where_.end());
    more.insert({"WXPIPE_LOG__TO_KAFKA", "false"});
    return more;
  }
  Ran run_command(std::vector<std::string> arguments, Environment more = {}) const {
    return command(std::move(arguments), with_families(std::move(more)), 60s);
  }
  std::string fine(std::vector<std::string> arguments) const {
    const auto ran = run_command(std::move(arguments));
    EXPECT_EQ(ran.code(), 0) << ran.output << ran.errors;
    return ran.output;
  }
  std::unique_ptr<RunningWxpipe> start_with_families(std::vector<std::string> arguments = {"run"},
                                                     Environment more = {}) const {
    return start(std::move(arguments), with_families(std::move(more)));
  }

  static int64_t count_in(const TemporaryDatabase& database, const std::string& from) {
    return database.query("select count(*) from " + from).integer(0, 0);
  }
  int64_t logs() const { return count_in(*logs_, kTold); }

  // A certification that was renewed. Another one in the same second has its identity: that is told in a row more.
  static std::string renewed(const std::string& who, int number) {
    return mp_event(who, "annual_renew", fmt::format("<Reason>{} asked</Reason>", who),
                    system_clock().now() - std::chrono::seconds(10 * number));
  }
  // A message, and a certification: a row of messages each, and one of system_logs.
  void send(RunningWxpipe& wxpipe, int from, int count) const {
    auto client = wxpipe.client();
    for (int i = from; i < from + count; ++i) {
      const auto who = fmt::format("o_{}", i);
      EXPECT_EQ(client.send(http(shop(mp_text(who, i, "价格")))).status, 200);
      EXPECT_EQ(client.send(http(shop(renewed(who, i)))).status, 200);
    }
  }
  // The proof says what marks say, and marks come once in a second.
  bool marks_are_in(const TemporaryDatabase& journal, int acknowledged) const {
    return eventually_equal(
               [&] {
                 return journal.query("select coalesce(sum(acknowledged), 0)::int8 from wxpipe.ledger").integer(0, 0);
               },
               acknowledged) == acknowledged;
  }
  // Nobody can connect to it, as if its server were down.
  static void close(const TemporaryDatabase& database, const TemporaryDatabase& another) {
    another.query(fmt::format("alter database {} with allow_connections false", database.name()));
    another.query(
        fmt::format("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{}'", database.name()));
  }
  static void open(const TemporaryDatabase& database, const TemporaryDatabase& another) {
    another.query(fmt::format("alter database {} with allow_connections true", database.name()));
  }

  std::unique_ptr<TemporaryDatabase> logs_;
  Environment where_;
};

TEST_F(FamiliesTest, OneDatabaseUnderTwoConnectionStringsIsRefused) {
  const auto url = database_->url().reveal();
  where_[variable("logs")] = url + (url.find('?') == std::string::npos ? "?" : "&") + "application_name=other";
  for (const std::vector<std::string>& how : {std::vector<std::string>{"migrate"}, {"migrate", "--check"}}) {
    const auto ran = run_command(how);
    EXPECT_NE(ran.code(), 0) << ran.output;
    EXPECT_THAT(ran.output + ran.errors, AllOf(HasSubstr("postgres.families.logs: this is the database of"),
                                               HasSubstr("give both the same one")));
  }
}

TEST_F(FamiliesTest, EveryDatabaseIsMigratedOnceAndASecondTimeChangesNothing) {
  const TemporaryDatabase fresh(support::Schema::none), other(support::Schema::none);
  where_.clear();
  lie_in("logs", other);
  const Environment main{{"DATABASE_URL", fresh.url().reveal()}};
  const auto before = run_command({"migrate", "--check"}, main);
  EXPECT_EQ(before.code(), 1);
  EXPECT_THAT(before.output, AllOf(HasSubstr("error: the database has no wxpipe schema"),
                                   HasSubstr("postgres.families.logs: the database has no wxpipe schema")));
  const auto first = run_command({"migrate"}, main);
  EXPECT_EQ(first.code(), 0) << first.errors;
  EXPECT_THAT(first.output, AllOf(HasSubstr("applied 0001_bookkeeping.sql"),
                                  HasSubstr("applied logs: 0001_bookkeeping.sql"), HasSubstr("in 2 databases")));
  const auto second = run_command({"migrate"}, main);
  EXPECT_EQ(second.code(), 0) << second.errors;
  EXPECT_THAT(second.output, AllOf(HasSubstr("as it was"), Not(HasSubstr("applied"))));
  EXPECT_EQ(run_command({"migrate", "--check"}, main).code(), 0);
  for (const auto* database : {&fresh, &other})
    EXPECT_EQ(count_in(*database, "pg_tables where schemaname = 'public' and tablename in ('messages', 'system_logs')"),
              2);
  // One bookmark, where bookmarks are.
  EXPECT_EQ(count_in(fresh, "wxpipe.bookmarks"), 1);
  EXPECT_EQ(count_in(other, "wxpipe.bookmarks"), 0);
}

TEST_F(FamiliesTest, RowsAndOffsetsLieTogetherAndEveryCommandFindsThem) {
  auto all = start_with_families();
  ASSERT_TRUE(all->ready()) << all->readiness();
  send(*all, 1, 5);
  ASSERT_TRUE(settled(10));
  ASSERT_EQ(eventually_equal([&] { return logs(); }, 5), 5);
  EXPECT_EQ(count("system_logs"), 0);
  EXPECT_EQ(count_in(*logs_, "messages"), 0);
  EXPECT_EQ(count("wxpipe.sink_offsets where group_id like '%sink.logs'"), 0);
  EXPECT_GT(count_in(*logs_, "wxpipe.sink_offsets where group_id like '%sink.logs'"), 0);
  EXPECT_EQ(count_in(*logs_, "wxpipe.sink_offsets where group_id not like '%sink.logs'"), 0);
  // Partitions are made where rows come: the sink's, ahead of time.
  const auto partitions = "pg_class where relispartition and relname like '{}_2%'";
  EXPECT_TRUE(eventually([&] {
    return count_in(*logs_, fmt::format(fmt::runtime(partitions), "system_logs")) > 1 &&
           count_in(*database_, fmt::format(fmt::runtime(partitions), "messages")) > 1;
  }));
  EXPECT_EQ(count_in(*logs_, fmt::format(fmt::runtime(partitions), "messages")), 0);
  EXPECT_EQ(count(fmt::format(fmt::runtime(partitions), "system_logs")), 0);

  EXPECT_THAT(fine({"lag", "--json"}), AllOf(HasSubstr(R"({"reader":"sink.logs","partitions":3,"records":0,)"),
                                             HasSubstr(R"({"reader":"sink.messages","partitions":6,"records":0,)")));
  fine({"partitions", "apply"});
  fine({"partitions", "doctor"});
  ASSERT_TRUE(marks_are_in(*database_, 10));
  EXPECT_THAT(fine({"audit"}), HasSubstr("unaccounted"));
  const auto id = lines("select event_id from messages where event = 'annual_renew' order by sender")[0];
  EXPECT_THAT(fine({"trace", id.substr(1, id.size() - 2)}), AllOf(HasSubstr("system_logs_"), HasSubstr("messages_")));
  const auto doctor = run_command({"doctor", "--admin", fmt::format("127.0.0.1:{}", all->admin_port().value())});
  EXPECT_EQ(doctor.code(), 0) << doctor.output;
  EXPECT_THAT(doctor.output, AllOf(HasSubstr("postgres logs: Postgres"), HasSubstr("schema logs: as this version"),
                                   HasSubstr("dead letters logs: no dead letter is open")));
  EXPECT_EQ(all->stop(), (Exit{.code = 0})) << all->log();
}

TEST_F(FamiliesTest, ASinkThatIsKilledGoesOnWhereItsDatabaseSays) {
  if (!runtime::kHasFaultPoints) GTEST_SKIP() << "this build has no fault points (preset dev, asan or tsan has)";
  auto rest = start_with_families({"run"}, {{"WXPIPE_SINK__FAMILIES", fmt::format("{}", fmt::join(kJournal, ","))}});
  const auto sink = [&](const std::string& fault) {
    return start_with_families({"sink"}, {{"WXPIPE_SINK__FAMILIES", "logs"}, {"WXPIPE_FAULT", fault}});
  };
  ASSERT_TRUE(rest->ready()) << rest->readiness();
  int sent = 0;
  for (const auto place : {runtime::FaultPoint::sink_before_commit, runtime::FaultPoint::sink_after_commit}) {
    const auto dies = sink(fmt::format("{}:kill:2", to_string(place)));
    ASSERT_TRUE(dies->admin_port()) << dies->log();
    for (; dies->process().running() && sent < 400; ++sent) send(*rest, sent, 1);
    EXPECT_EQ(dies->process().wait(), (Exit{.code = 0, .signal = SIGKILL})) << dies->log();
  }
  const auto heir = sink("");
  ASSERT_TRUE(heir->ready()) << heir->readiness();
  EXPECT_EQ(eventually_equal([&] { return logs(); }, sent), sent);
  EXPECT_EQ(logs(), sent) << "each once";
  ASSERT_TRUE(settled(2 * sent));
  ASSERT_TRUE(marks_are_in(*database_, 2 * sent));
  EXPECT_THAT(fine({"audit"}), HasSubstr("unaccounted"));
}

TEST_F(FamiliesTest, WhileOneDatabaseIsAwayOnlyItsFamilyWaits) {
  auto all = start_with_families();
  ASSERT_TRUE(all->ready()) << all->readiness();
  send(*all, 1, 1);
  ASSERT_TRUE(settled(2));
  ASSERT_EQ(eventually_equal([&] { return logs(); }, 1), 1);
  close(*logs_, *database_);
  send(*all, 2, 3);
  EXPECT_TRUE(settled(8)) << "the other families go on";
  EXPECT_TRUE(eventually([&] { return all->readiness().find("[postgres.families] logs") != std::string::npos; }))
      << all->readiness();
  EXPECT_THAT(all->readiness(),
              AllOf(HasSubstr(R"("sink.logs":{"ready":false)"), HasSubstr(R"("sink.messages":{"ready":true)")));

  const auto doctor = run_command({"doctor"});
  EXPECT_EQ(doctor.code(), 3) << doctor.output;
  EXPECT_THAT(doctor.output,
              AllOf(HasSubstr("postgres logs: Postgres ([postgres.families] logs)"), HasSubstr("postgres: Postgres 1"),
                    HasSubstr("schema logs: not looked at, because postgres.families.logs doesn't answer")));
  const auto lag = run_command({"lag"});
  EXPECT_EQ(lag.code(), 0) << lag.errors;
  EXPECT_THAT(lag.output, AllOf(HasSubstr("sink.messages"), HasSubstr("[postgres.families] logs")));
  ASSERT_TRUE(marks_are_in(*database_, 8));
  EXPECT_THAT(fine({"audit"}), HasSubstr("unaccounted"));
  const auto id = lines("select event_id from messages order by sender limit 1")[0];
  EXPECT_THAT(fine({"trace", id.substr(1, id.size() - 2)}),
              AllOf(HasSubstr("messages_"), HasSubstr("facts of a database that gives no answer are missing")));
  for (const Lines& arguments : std::initializer_list<Lines>{{"migrate"}, {"scale", "advise", "--between", "100ms"}})
    EXPECT_EQ(run_command(arguments).code(), 3) << arguments[0];

  open(*logs_, *database_);
  EXPECT_EQ(eventually_equal([&] { return logs(); }, 4), 4);
  ASSERT_TRUE(all->ready()) << all->readiness();
}

// Only accounts, bookmarks and logs are left in the main database.
TEST_F(FamiliesTest, TheProofLooksWhereTheMessagesLie) {
  const TemporaryDatabase journal;
  where_.clear();
  for (const auto& family : kJournal) lie_in(family, journal);
  auto all = start_with_families();
  ASSERT_TRUE(all->ready()) << all->readiness();
  send(*all, 1, 5);
  ASSERT_EQ(eventually_equal([&] { return count_in(journal, "messages"); }, 10), 10);
  ASSERT_EQ(eventually_equal([&] { return count(kTold); }, 5), 5);
  EXPECT_EQ(count("messages") + count("wxpipe.custody_marks") + count("wxpipe.ledger where family <> 'logs'"), 0);
  ASSERT_TRUE(marks_are_in(journal, 10));
  EXPECT_THAT(fine({"audit", "--json"}), AllOf(HasSubstr(R"("acknowledged":10,)"), HasSubstr(R"("unaccounted":0)")));

  const auto lost = journal.query("delete from messages where msg_id = '3' returning receipt").text(0, 0);
  const auto audit = run_command({"audit"});
  EXPECT_EQ(audit.code(), 1);
  EXPECT_THAT(audit.output, HasSubstr(lost));
  run_command({"audit", "--repair", "--yes"});
  EXPECT_EQ(eventually_equal([&] { return count_in(journal, "messages"); }, 10), 10);
  fine({"audit"});
  fine({"bookmark", "here"});
  EXPECT_EQ(count("wxpipe.bookmarks where name = 'here'"), 1);
  EXPECT_EQ(count("wxpipe.bookmarks where name like 'started-%' and offsets = '{}'"), 1)
      << "this version's first start";
  // People who ask for a person, a lead, a customer.
  EXPECT_THAT(fine({"trace", "o_3"}), HasSubstr("o_3"));
  EXPECT_THAT(fine({"score", "explain", "o_3"}), HasSubstr("asked_for_price"));
  EXPECT_EQ(all->stop(), (Exit{.code = 0})) << all->log();
}

TEST_F(FamiliesTest, DeadLettersOfAllSinksAreOneList) {
  const auto letter = [](const std::string& id, const std::string& stage) {
    return fmt::format(
        "insert into dead_letters (dead_letter_id, occurred_at, failed_at, stage, reason, account, body) values ('{}', "
        "now(), now(), '{}', 'invalid_value', 'shop', '')",
        id, stage);
  };
  const std::string here = "00000000-0000-8d3c-b0a1-44ce0f9d8e01", there = "00000000-0000-8d3c-b0a1-44ce0f9d8e02";
  database_->query(letter(here, "sink.messages"));
  logs_->query(letter(there, "sink.logs"));
  EXPECT_THAT(fine({"dlq", "ls", "--json"}),
              AllOf(HasSubstr(R"("letters":2)"), HasSubstr(R"("by_reason":[{"reason":"invalid_value","letters":2}])"),
                    HasSubstr(here), HasSubstr(there)));
  EXPECT_THAT(fine({"dlq", "show", there}), HasSubstr("sink.logs"));
  EXPECT_THAT(fine({"trace", there}), HasSubstr("sink.logs"));
  EXPECT_THAT(fine({"dlq", "drop", "--all", "--why", "a test", "--yes"}), HasSubstr("2 letters dropped"));
  EXPECT_THAT(fine({"dlq", "ls", "--json"}), HasSubstr(R"("letters":0)"));
  // What was done stands beside what it changed.
  for (const auto* database : {database_.get(), logs_.get()})
    EXPECT_EQ(count_in(*database, "audit_logs where operation = 'dlq drop' and affected = 1"), 1);
}

TEST_F(FamiliesTest, TheConsoleShowsAllDatabasesAndThoseThatAnswer) {
  auto all = start_with_families();
  ASSERT_TRUE(all->ready()) << all->readiness();
  send(*all, 1, 1);
  ASSERT_TRUE(settled(2));
  ASSERT_EQ(eventually_equal([&] { return logs(); }, 1), 1);
  const auto console = start_with_families({"console"}, {{"WXPIPE_CONSOLE__LISTEN", "127.0.0.1:0"}});
  uint16_t port = 0;
  ASSERT_TRUE(eventually([&] {
    const auto log = console->log();
    const auto line = log.find("event=console_listening");
    const auto at = line == log.npos ? log.npos : log.find(" port=", line);
    if (at == log.npos || log.find('\n', at) == log.npos) return false;
    port = static_cast<uint16_t>(std::stoi(log.substr(at + 6)));
    return true;
  })) << console->log();
  const auto get = [&](const std::string& target) { return HttpClient("127.0.0.1", port, 30s).get(target).body; };
  const auto line = lines("select event_id from messages where event = 'annual_renew'")[0];
  const auto event = "/api/v1/events/" + line.substr(1, line.size() - 2);
  EXPECT_THAT(get(event), AllOf(HasSubstr("system_logs_"), HasSubstr("messages_")));
  EXPECT_THAT(get("/api/v1/groups"),
              AllOf(HasSubstr(R"("reader":"sink.logs")"), HasSubstr(topics_->prefix() + "sink.logs"),
                    HasSubstr(topics_->prefix() + "sink.messages")));
  EXPECT_THAT(get("/api/v1/dead-letters"), HasSubstr(R"("letters":0)"));
  close(*logs_, *database_);
  // A connection that was kept has to be lost first.
  EXPECT_TRUE(eventually([&] {
    return get("/api/v1/dead-letters").find("rows of a database that gives no answer are missing") != std::string::npos;
  }));
  EXPECT_THAT(get("/api/v1/accounts"), AllOf(HasSubstr(R"("account":"shop")"), HasSubstr("[postgres.families] logs")));
  EXPECT_THAT(get(event), AllOf(HasSubstr("messages_"), HasSubstr("facts of a database that gives no answer")));
  open(*logs_, *database_);
}

TEST_F(FamiliesTest, AReplayWritesEachFamilyWhereItLies) {
  {
    auto all = start_with_families();
    ASSERT_TRUE(all->ready()) << all->readiness();
    send(*all, 1, 3);
    ASSERT_TRUE(settled(6));
    ASSERT_EQ(eventually_equal([&] { return logs(); }, 3), 3);
    EXPECT_EQ(all->stop(), (Exit{.code = 0})) << all->log();
  }
  logs_->query("delete from system_logs");
  database_->query(
      "delete from messages where event = 'annual_renew' and sender = 'o_2'");  // no conversation counts it
  fine({"replay", "--yes"});
  EXPECT_EQ(logs(), 3);
  EXPECT_EQ(count("messages"), 6);
  EXPECT_EQ(count("system_logs"), 0);

  fine({"replay", "--into", "schema:try"});
  EXPECT_EQ(count_in(*logs_, std::string("try.") + kTold), 3);
  EXPECT_EQ(count("try.messages"), 6);
  EXPECT_EQ(count("try.system_logs"), 0);
  const auto same = fine({"diff", "try"});
  EXPECT_THAT(same, AllOf(HasSubstr("system_logs"), HasSubstr("messages")));
  logs_->query("delete from try.system_logs where log_id = (select min(log_id::text)::uuid from try.system_logs)");
  const auto different = run_command({"diff", "try", "--json"});
  EXPECT_EQ(different.code(), 1) << different.output;
  EXPECT_THAT(different.output, HasSubstr(R"({"table":"system_logs","added":0,"missing":1,)"));
}

TEST_F(FamiliesTest, WhoeverIsErasedIsSoInEveryDatabase) {
  auto all = start_with_families();
  ASSERT_TRUE(all->ready()) << all->readiness();
  auto client = all->client();
  for (const auto& body : {mp_text("oAnna_in_shop", 1, "价格 13800138000"), renewed("oAnna_in_shop", 1),
                           mp_text("oBert_in_shop", 2, "价格"), renewed("oBert_in_shop", 2)})
    EXPECT_EQ(client.send(http(shop(body))).status, 200);
  ASSERT_TRUE(settled(4));
  ASSERT_EQ(eventually_equal([&] { return logs(); }, 2), 2);
  const auto erasures = [](const TemporaryDatabase& database) {
    const auto rows = database.query(
        "select coalesce(string_agg(e.pseudonym || e.subject_hash || e.erased_at || (e.counts is not null), ' ' order by "
        "e.pseudonym), '') || (select encode(key, 'hex') from wxpipe.erasure_key) from wxpipe.erasures e");
    return rows.text(0, 0);
  };
  const auto named = [](const TemporaryDatabase& database) {
    return count_in(database,
                    "(select t::text from messages t union all select t::text from system_logs t union all "
                    "select t::text from audit_logs t) t(text) where strpos(text, 'oAnna_in_shop') > 0");
  };
  logs_->query(
      "insert into audit_logs (command_id, operator, address, operation, operation_type, resource_type, resource_id, "
      "filter, affected) values (gen_random_uuid(), 'li', 'desk', 'dlq drop', 'DELETE', 'dead_letters', '', "
      "'oAnna_in_shop', 1)");
  ASSERT_GT(named(*database_), 0);
  ASSERT_GT(named(*logs_), 1) << "a row of system_logs, and one of audit_logs";
  ASSERT_NE(erasures(*database_), erasures(*logs_)) << "two keys";
  // By other words than her id, too.
  ASSERT_EQ(eventually_equal([&] { return count("wxpipe.identity_values where value = '13800138000'"); }, 1), 1);
  logs_->query(
      "insert into audit_logs (command_id, operator, address, operation, operation_type, resource_type, resource_id, "
      "filter, affected) values (gen_random_uuid(), 'li', 'desk', 'replay', 'CREATE', 'replays', '', "
      "'text=13800138000', 1)");
  // And a side schema has her.
  ASSERT_EQ(eventually_equal([&] { return count("leads where subject = 'oAnna_in_shop'"); }, 1), 1);
  fine({"replay", "--into", "schema:beside"});
  const auto beside = [&] {
    return count(
        "(select t::text from beside.leads t union all select t::text from beside.identities t union all select t::text "
        "from beside.messages t) t(text) where strpos(text, 'oAnna_in_shop') > 0");
  };
  ASSERT_GE(beside(), 2);

  const Lines erase{"erase", "--subject", "oAnna_in_shop", "--account", "shop", "--reason", "request 117", "--yes"};
  close(*logs_, *database_);
  EXPECT_EQ(run_command(erase).code(), 3);
  EXPECT_EQ(count("wxpipe.erasures"), 0) << "nothing is begun that can't be ended";
  open(*logs_, *database_);

  // It fails on the way, and goes on when it is said again.
  logs_->query(
      "create function refuse() returns trigger language plpgsql as 'begin raise exception ''no''; end'; create trigger "
      "refuse before insert or update on wxpipe.erasures for each row execute function refuse()");
  EXPECT_NE(run_command(erase).code(), 0);
  EXPECT_EQ(count("wxpipe.erasures where counts is null"), 1);
  logs_->query("drop trigger refuse on wxpipe.erasures");
  // The side schema is told of what was begun, before anything is erased there.
  fine({"replay", "--into", "schema:beside"});
  EXPECT_THAT(fine({"erase", "--subject", "oAnna_in_shop"}), HasSubstr("system_logs"));
  fine(erase);
  EXPECT_EQ(named(*database_) + named(*logs_), 0);
  EXPECT_EQ(beside(), 0);
  EXPECT_EQ(count_in(*logs_, "audit_logs t where strpos(t::text, '13800138000') > 0"), 0);
  EXPECT_EQ(count("wxpipe.erasures where words is not null"), 0);
  EXPECT_EQ(erasures(*database_), erasures(*logs_));
  EXPECT_EQ(count("wxpipe.erasures where counts is not null"), 1);
  EXPECT_EQ(count_in(*logs_, "system_logs where message = 'erased'"), 1);
  EXPECT_EQ(count("audit_logs where operation = 'erase'"), 1);

  // The topics still have everything, and a new database knows whom to keep out.
  EXPECT_EQ(all->stop(), (Exit{.code = 0})) << all->log();
  const TemporaryDatabase other;
  lie_in("logs", other);
  fine({"migrate"});
  EXPECT_EQ(erasures(*database_), erasures(other));
  fine({"replay", "events", "--yes", "--why", "a test"});
  fine({"replay", "logs", "--yes", "--why", "a test"});
  fine({"replay", "logs", "--into", "schema:try"});
  EXPECT_EQ(count_in(other, kTold), 2);
  EXPECT_EQ(count_in(other, "try.system_logs where message = 'erased'"), 1);
  EXPECT_EQ(named(*database_) + named(other), 0);

  // A database that has erased people under a key of its own isn't this installation's.
  const TemporaryDatabase strange;
  strange.query(
      "insert into wxpipe.erasures (number, account, subject_hash, subject_length, pseudonym, erased_at, command_id, "
      "operator, reason) values (1, 'shop', 'hash', 5, 'erased:1', now(), gen_random_uuid(), 'li', 'a request')");
  lie_in("logs", strange);
  const auto refused = run_command({"migrate"});
  EXPECT_EQ(refused.code(), 2);
  EXPECT_THAT(refused.errors, HasSubstr("have erasures under different keys"));
}

TEST_F(FamiliesTest, ThatAreReadTogetherAreRefusedWhenApart) {
  lie_in("directory", *logs_);
  const auto check = run_command({"check-config"});
  EXPECT_EQ(check.code(), 2);
  EXPECT_THAT(check.errors,
              AllOf(HasSubstr("postgres.families.directory: messages and directory must lie in one database"),
                    HasSubstr("(wework.groups)"), HasSubstr(variable("directory"))));
  for (const Lines& arguments : std::initializer_list<Lines>{{"sink"}, {"migrate"}, {"audit"}, {"lag"}}) {
    const auto refused = run_command(arguments);
    EXPECT_EQ(refused.code(), 2) << arguments[0];
    EXPECT_THAT(refused.errors, HasSubstr("messages and directory must lie in one database")) << arguments[0];
  }
  where_.clear();
  lie_in("logs", *logs_);
  where_["WXPIPE_POSTGRES__FAMILIES__LGOS"] = logs_->url().reveal();
  EXPECT_THAT(run_command({"check-config"}).errors, HasSubstr("there is no family 'lgos'; there are messages, "));
}

}  // namespace
}  // namespace wxpipe::whole_path
