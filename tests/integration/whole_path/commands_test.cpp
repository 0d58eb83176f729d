// What commands promise to people and scripts: exit codes (docs/contract.md §6), texts that say what to change, and
// set-up that can be repeated.
#include <sys/stat.h>
#include <unistd.h>

#include "common/json/read.hpp"
#include "rig/socket.hpp"
#include "tests/integration/whole_path/wxpipe_fixture.hpp"

namespace wxpipe::whole_path {
namespace {
using testing::AllOf;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

constexpr int kFine = 0, kFoundWrong = 1, kUsage = 2, kServerAway = 3;

class CommandsTest : public WholePathTest {
 protected:
  // Runs check-config on a file with this content.
  Ran check(const std::string& text, Environment more = {}) const {
    const auto file = folder_.write("checked.toml", text);
    return command({"check-config", "--config", file.string()}, std::move(more));
  }
  std::string nobody_listens() {
    nobody_ = rig::bound(0);
    return fmt::format("127.0.0.1:{}", rig::local_port(nobody_));
  }
  rig::Socket nobody_;
};

// ---- check-config ----

TEST_F(CommandsTest, AGoodConfigurationIsFineAndSaysWhatToEnterAtThePlatforms) {
  const auto ran = command({"check-config"});
  EXPECT_EQ(ran.code(), kFine) << ran.errors;
  for (const auto* name :
       {"/callback/shop", "/callback/authorised/$APPID$", "/callback/suitedata/$CORPID$", "/callback/forms"})
    EXPECT_THAT(ran.output, HasSubstr(name));
}

TEST_F(CommandsTest, EachErrorStandsWithFileLineAndFix) {
  struct Case {
    std::string text;
    std::vector<std::string> said;
  };
  const std::string file = (folder_ / "checked.toml").string();
  const std::vector<Case> cases{
      {"[kafka]\nbootstrap_server = \"a:1\"\n", {file + ":2:", "bootstrap_server", "bootstrap_servers"}},
      {"[ingest]\nlisten = 5\n", {file + ":2:", "ingest.listen", "5"}},
      {"[ingest]\nack_budget = \"soon\"\n", {file + ":2:", "ingest.ack_budget", "soon"}},
      {"[ingest]\nlisten = \"here\"\n", {file + ":2:", "ingest.listen"}},
      {"[ingest\n", {file + ":1:"}},
      {"[[accounts]]\nname = \"a\"\nkind = \"offical_account\"\n", {file + ":", "offical_account", "official_account"}},
      {"[[accounts]]\nname = \"a\"\nkind = \"official_account\"\napp_id = \"wx1\"\ntoken = \"t\"\nencoding_aes_key = "
       "\"short\"\n",
       {file + ":", "encoding_aes_key", "43"}},
      {"[[accounts]]\nname = \"a\"\nkind = \"official_account\"\ntoken = \"t\"\nencoding_aes_key = \"" +
           std::string(43, 'a') + "\"\n",
       {file + ":", "app_id"}},
      {"[[accounts]]\nname = \"a\"\nkind = \"channel\"\nchannel = \"x\"\nsecret = \"whsec_!\"\n",
       {file + ":", "secret"}},
      {"[[accounts]]\nname = \"a\"\nkind = \"wework_bot\"\ntoken_env = \"NOT_THERE\"\nencoding_aes_key = \"" +
           std::string(43, 'a') + "\"\n",
       {file + ":", "NOT_THERE"}},
      {"[sink]\nfamilies = [\"message\"]\n", {file + ":2:", "message"}},
      {"[log]\nlevel = \"loud\"\n", {file + ":2:", "loud"}}};
  for (const auto& [text, said] : cases) {
    const auto ran = check(text);
    EXPECT_EQ(ran.code(), kUsage) << text << ran.output;
    for (const auto& part : said) EXPECT_THAT(ran.errors, HasSubstr(part)) << text;
    EXPECT_EQ(ran.errors.find("terminate"), std::string::npos);
  }
}

TEST_F(CommandsTest, AllErrorsAreToldAtOnce) {
  const auto ran = check("[ingest]\nlisten = 5\nack_budget = \"soon\"\n[kafka]\nbroker = \"x\"\n");
  EXPECT_EQ(ran.code(), kUsage);
  EXPECT_THAT(ran.errors,
              AllOf(HasSubstr("checked.toml:2:"), HasSubstr("checked.toml:3:"), HasSubstr("checked.toml:5:")));
}

TEST_F(CommandsTest, AMissingSealingKeyComesWithTheCommandThatMakesOne) {
  const auto ran = command({"ingest"}, {{"WXPIPE_SEALING_KEY", ""}});
  EXPECT_EQ(ran.code(), kUsage);
  EXPECT_THAT(ran.errors, HasSubstr("openssl rand -base64 32"));
  const auto wrong = command({"ingest"}, {{"WXPIPE_SEALING_KEY", "c2hvcnQ="}});
  EXPECT_EQ(wrong.code(), kUsage);
  EXPECT_THAT(wrong.errors, HasSubstr("32 bytes"));
  EXPECT_EQ(wrong.errors.find("c2hvcnQ="), std::string::npos) << "not even a wrong key is shown";
}

TEST_F(CommandsTest, AConfigurationFileThatIsNotThereIsNamed) {
  const auto ran = command({"check-config", "--config", (folder_ / "none.toml").string()});
  EXPECT_EQ(ran.code(), kUsage);
  EXPECT_THAT(ran.errors, HasSubstr((folder_ / "none.toml").string()));
}

TEST_F(CommandsTest, ASpoolThatCanNotBeMadeHereIsSaidBeforeIngestIsStarted) {
  const auto file = folder_.write("a-file", "");
  const auto with_spool = [](const std::filesystem::path& folder) {
    return fmt::format(
        "[spool]\ndirectory = \"{}\"\n"
        "[[accounts]]\nname = \"a\"\nkind = \"official_account\"\nmode = \"plain\"\napp_id = \"wx1234567890abcdef\"\ntoken = \"t\"\n",
        folder.string());
  };
  const auto ran = check(with_spool(file / "spool"));
  EXPECT_EQ(ran.code(), kFine) << ran.errors;
  EXPECT_THAT(ran.output, AllOf(HasSubstr("warning: "), HasSubstr("checked.toml:2"),
                                HasSubstr("spool.directory: " + file.string() + "/spool can't be made here")));
  EXPECT_THAT(check(with_spool(folder_ / "new" / "spool")).output, Not(HasSubstr("spool.directory")));
  // One that others can look into is said, and left as it is.
  const auto open = folder_ / "open";
  std::filesystem::create_directory(open);
  for (const auto rights : {std::filesystem::perms(0750), std::filesystem::perms(0701)}) {
    std::filesystem::permissions(open, rights);
    EXPECT_THAT(
        check(with_spool(open)).output,
        AllOf(HasSubstr("warning: "), HasSubstr("spool.directory: " + open.string() + " is open to other users"),
              HasSubstr("chmod 700 " + open.string())));
    EXPECT_EQ(std::filesystem::status(open).permissions(), rights);
  }
  std::filesystem::permissions(open, std::filesystem::perms::owner_all);
  EXPECT_THAT(check(with_spool(open)).output, Not(HasSubstr("spool.directory")));
}

// ---- migrate ----

TEST_F(CommandsTest, MigrateCreatesOnceAndThenFindsNothingToDo) {
  const support::TemporaryDatabase empty(support::Schema::none);
  const Environment there{{"DATABASE_URL", empty.url().reveal()}};
  EXPECT_EQ(command({"migrate", "--check"}, there).code(), kFoundWrong);
  const auto first = command({"migrate"}, there);
  EXPECT_EQ(first.code(), kFine) << first.errors;
  EXPECT_THAT(first.output, HasSubstr("applied 0001"));
  const auto second = command({"migrate"}, there);
  EXPECT_EQ(second.code(), kFine);
  EXPECT_THAT(second.output, HasSubstr("as it was"));
  EXPECT_EQ(command({"migrate", "--check"}, there).code(), kFine);
}

TEST_F(CommandsTest, MigrateAndSinkRefuseASchemaTheyDoNotKnow) {
  database_->query("insert into wxpipe.schema_version (version, name, checksum) values (9999, '9999_future.sql', 'x')");
  const auto migrated = command({"migrate"});
  EXPECT_EQ(migrated.code(), kUsage);
  EXPECT_THAT(migrated.errors, HasSubstr("9999"));
  const auto sink = start({"sink"});
  ASSERT_TRUE(sink->admin_port());
  EXPECT_TRUE(eventually([&] { return sink->readiness().find("9999") != std::string::npos; })) << sink->readiness();
  EXPECT_EQ(sink->admin().get("/readyz").status, 503);
}

TEST_F(CommandsTest, MigrateRefusesAFileThatWasChangedSinceItWasApplied) {
  database_->query("update wxpipe.schema_version set checksum = 'other' where version = 2");
  const auto ran = command({"migrate"});
  EXPECT_EQ(ran.code(), kUsage);
  EXPECT_THAT(ran.errors, HasSubstr("0002"));
}

TEST_F(CommandsTest, TwoMigrationsAtOnceAreOne) {
  const support::TemporaryDatabase empty(support::Schema::none);
  const auto environment = this->environment({{"DATABASE_URL", empty.url().reveal()}});
  std::vector<std::unique_ptr<rig::Process>> all;
  for (int i = 0; i < 4; ++i)
    all.push_back(std::make_unique<rig::Process>(
        rig::Command{.program = support::wxpipe_program(), .arguments = {"migrate"}, .environment = environment}));
  for (auto& process : all) EXPECT_EQ(process->wait(), (Exit{.code = 0})) << process->errors();
}

// ---- topics ----

TEST_F(CommandsTest, TopicsArePlannedAppliedAndThenAsTheyShouldBe) {
  support::TopicPrefix empty(support::Create::nothing);
  const Environment there{{"WXPIPE_KAFKA__TOPIC_PREFIX", empty.prefix()}};
  const auto plan = command({"topics", "plan"}, there);
  EXPECT_EQ(plan.code(), kFoundWrong) << plan.errors;
  for (const auto& topic : schemas::kTopics) EXPECT_THAT(plan.output, HasSubstr(empty.name(topic.name)));
  EXPECT_THAT(plan.output, HasSubstr("\n  Run `wxpipe topics apply` to do it.\n"));
  const auto rows = command({"topics", "plan", "--ndjson"}, there);
  EXPECT_EQ(rows.code(), kFoundWrong);
  EXPECT_EQ(std::count(rows.output.begin(), rows.output.end(), '\n'), std::ssize(schemas::kTopics));
  EXPECT_THAT(rows.output, StartsWith(fmt::format(R"({{"action":"create","topic":"{}","partitions":6,)",
                                                  empty.name(TopicName::events))));
  const auto apply = command({"topics", "apply"}, there);
  EXPECT_EQ(apply.code(), kFine) << apply.errors;
  EXPECT_EQ(command({"topics", "plan"}, there).code(), kFine);
  EXPECT_EQ(command({"topics", "apply"}, there).code(), kFine) << "again";

  kafka::Admin admin(empty.settings());
  admin.set_config(empty.name(TopicName::events), {{"retention.ms", "1000"}});
  EXPECT_TRUE(eventually([&] { return command({"topics", "plan"}, there).code() == kFoundWrong; }));
  EXPECT_EQ(command({"topics", "apply"}, there).code(), kFine);
  EXPECT_EQ(admin.configs({empty.name(TopicName::events)}).at(empty.name(TopicName::events)).at("retention.ms").value,
            "604800000");
}

TEST_F(CommandsTest, OneBrokerIsWarnedOfUntilTheConfigurationSaysThatItIsOnPurpose) {
  const std::string replicas = "fewer than three replicas: 13 topics, such as " + topics_->prefix(),
                    in_sync = "min.insync.replicas below two: 13 topics",
                    remedy = R"(say so once: [kafka] durability = "one_broker")";
  const Environment confirmed{{"WXPIPE_KAFKA__DURABILITY", "one_broker"}};
  ASSERT_EQ(command({"topics", "apply"}).code(), kFine);
  for (const auto& arguments : {std::vector<std::string>{"check-config"}, {"topics", "plan"}}) {
    const auto ran = command(arguments);
    EXPECT_EQ(ran.code(), kFine) << ran.errors;
    EXPECT_THAT(ran.output,
                AllOf(HasSubstr("warning: " + replicas), HasSubstr("warning: " + in_sync), HasSubstr(remedy)));
    const auto quiet = command(arguments, confirmed);
    EXPECT_EQ(quiet.code(), kFine) << quiet.errors;
    EXPECT_THAT(quiet.output, Not(HasSubstr("replicas")));
  }
  const auto wxpipe = start({"process"});
  ASSERT_TRUE(wxpipe->ready()) << wxpipe->readiness();
  EXPECT_TRUE(eventually([&] { return wxpipe->readiness().find("findings") != std::string::npos; }));
  EXPECT_THAT(wxpipe->readiness(),
              AllOf(StartsWith(R"({"ready":true,)"), HasSubstr(R"("findings":[{"level":"warning","text":")" + replicas),
                    HasSubstr(R"(durability = \"one_broker\")")));
  EXPECT_THAT(wxpipe->log(), HasSubstr("event=durability_weak"));
}

TEST_F(CommandsTest, UncleanLeaderElectionsAreSaidAndForbidden) {
  const auto events = topics_->name(TopicName::events);
  kafka::Admin admin(topics_->settings());
  ASSERT_EQ(command({"topics", "apply"}).code(), kFine);
  admin.set_config(events, {{"unclean.leader.election.enable", "true"}});
  const Environment one_broker{{"WXPIPE_KAFKA__DURABILITY", "one_broker"}};
  EXPECT_TRUE(eventually([&] { return command({"topics", "plan"}, one_broker).code() == kFoundWrong; }));
  EXPECT_THAT(command({"check-config"}).output,
              HasSubstr("unclean.leader.election.enable is on: 1 topic, such as " + events));
  EXPECT_EQ(command({"topics", "apply"}).code(), kFine);
  EXPECT_EQ(admin.configs({events}).at(events).at("unclean.leader.election.enable").value, "false");
}

TEST_F(CommandsTest, CheckConfigSaysWhenTheClusterDoesNotAnswer) {
  const auto ran = command({"check-config"}, {{"KAFKA_BOOTSTRAP", nobody_listens()}});
  EXPECT_EQ(ran.code(), kFine) << ran.errors;
  EXPECT_THAT(ran.output, HasSubstr("nobody knows how durable the topics are: no Kafka broker answers at "));
  EXPECT_EQ(ran.errors, "");
}

TEST_F(CommandsTest, TopicsWithFewerPartitionsAreNamedAndLeftAlone) {
  support::TopicPrefix few(support::Create::nothing);
  few.create("events.v1", 2);
  const Environment there{{"WXPIPE_KAFKA__TOPIC_PREFIX", few.prefix()}};
  const auto apply = command({"topics", "apply"}, there);
  EXPECT_EQ(apply.code(), kFoundWrong) << apply.output;
  EXPECT_THAT(apply.output + apply.errors, HasSubstr(few.name(TopicName::events)));
  EXPECT_EQ(kafka::Admin(few.settings()).view().topics.at(few.name(TopicName::events)).partitions, 2)
      << "keys would move";
}

// ---- reports ----

TEST_F(CommandsTest, EachReportIsOneJsonObjectWithItsFindings) {
  const support::TemporaryDatabase empty(support::Schema::none);
  const Environment no_schema{{"DATABASE_URL", empty.url().reveal()}};
  const Environment nothing_there{{"WXPIPE_KAFKA__TOPIC_PREFIX", folder_.path().filename().string() + "."}};
  struct Case {
    std::vector<std::string> arguments;
    Environment environment;
    int code;
    std::string said;
  };
  for (const auto& [arguments, environment, code, said] : std::vector<Case>{
           {{"check-config"}, {}, kFine, R"("accounts":)"},
           {{"check-config", "--config", "none.toml"}, {}, kUsage, R"("errors":[")"},
           {{"migrate", "--check"}, no_schema, kFoundWrong, R"({"current":false,"reason":"the database has no)"},
           {{"migrate"}, {}, kFine, R"("applied":[],"already":["0001_)"},
           {{"topics", "plan"}, nothing_there, kFoundWrong, R"({"differences":[{"action":"create",)"},
           {{"partitions", "plan"}, {}, kFine, R"({"create":[)"},
           {{"partitions", "apply"}, {}, kFine, R"({"partitions":[)"},
           {{"partitions", "doctor"}, {}, kFine, R"({"healthy":true,"missing":[],)"},
           {{"partitions", "retain"}, {}, kFine, R"({"dry_run":true,"partitions":[],"limits":[],)"},
           {{"audit"}, {}, kFine, R"({"from":null,"to":null,"account":null,"acknowledged":0,)"}}) {
    auto with_json = arguments;
    with_json.emplace_back("--json");
    const auto ran = command(with_json, environment);
    EXPECT_EQ(ran.code(), code) << testing::PrintToString(arguments) << ran.errors;
    EXPECT_THAT(ran.output, HasSubstr(said));
    EXPECT_EQ(std::count(ran.output.begin(), ran.output.end(), '\n'), 1) << ran.output;
    std::string text = ran.output;
    auto document = json::thread_reader().iterate(text);
    std::string_view level;
    EXPECT_EQ(document["findings"].at(0)["level"].get(level), simdjson::SUCCESS) << ran.output;
    EXPECT_EQ(level == "error", code != kFine) << ran.output;
  }
}

// ---- exit codes ----

TEST_F(CommandsTest, WrongUsageIsTwo) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {}, {"nonsense"}, {"run", "--nonsense"}, {"topics"}, {"simulate", "--rate", "x"}}) {
    const auto ran = command(arguments);
    EXPECT_EQ(ran.code(), kUsage) << testing::PrintToString(arguments);
    EXPECT_FALSE((ran.errors + ran.output).empty());
  }
  EXPECT_EQ(command({"--help"}).code(), kFine);
  EXPECT_EQ(command({"--version"}).code(), kFine);
  for (const auto* name :
       {"run", "ingest", "process", "sink", "migrate", "topics", "check-config", "simulate", "partitions", "audit"}) {
    const auto help = command({name, "--help"});
    EXPECT_EQ(help.code(), kFine) << name;
    EXPECT_THAT(help.output, HasSubstr("Examples:")) << name;
  }
}

TEST_F(CommandsTest, AServerThatIsNotThereIsThree) {
  const auto nobody = nobody_listens();
  const std::string database = "postgresql://wxpipe:hidden-password@" + nobody + "/wxpipe";
  struct Case {
    std::vector<std::string> arguments;
    Environment environment;
  };
  const std::vector<Case> cases{{{"migrate"}, {{"DATABASE_URL", database}}},
                                {{"partitions", "plan"}, {{"DATABASE_URL", database}}},
                                {{"topics", "plan"}, {{"KAFKA_BOOTSTRAP", nobody}}},
                                {{"topics", "apply"}, {{"KAFKA_BOOTSTRAP", nobody}}},
                                {{"simulate", "--count", "1", "--url", "http://" + nobody}, {}}};
  std::vector<std::unique_ptr<rig::Process>> all;  // all at once, because some wait a while before they give up
  for (const auto& [arguments, more] : cases)
    all.push_back(std::make_unique<rig::Process>(
        rig::Command{.program = support::wxpipe_program(), .arguments = arguments, .environment = environment(more)}));
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i]->wait(), (Exit{.code = kServerAway}))
        << testing::PrintToString(cases[i].arguments) << all[i]->errors();
    EXPECT_EQ((all[i]->errors() + all[i]->output()).find("hidden-password"), std::string::npos) << all[i]->errors();
    EXPECT_THAT(all[i]->errors(), AllOf(HasSubstr("running there?"), Not(HasSubstr("event=kafka_client"))));
  }
  const auto base = database_->url().reveal();
  const auto none = command({"migrate"}, {{"DATABASE_URL", base.substr(0, base.rfind('/')) + "/wxpipe_no_such"}});
  EXPECT_EQ(none.code(), kServerAway);
  EXPECT_THAT(none.errors, HasSubstr("createdb wxpipe_no_such"));
}

TEST_F(CommandsTest, ANumberThatMakesNoSenseIsRefusedInASentence) {
  for (const Lines& arguments :
       {Lines{"simulate", "--count", "0"}, {"simulate", "--rate", "-1"}, {"replay", "--rate", "0"}}) {
    const auto ran = command(arguments);
    EXPECT_EQ(ran.code(), kUsage);
    EXPECT_THAT(ran.errors + ran.output,
                AllOf(HasSubstr("'" + arguments.back() + "' is not a number above 0"), Not(HasSubstr("179769313"))));
  }
}

TEST_F(CommandsTest, ARoleWithAnAddressThatIsTakenEndsWithTwoAndSaysSo) {
  const rig::Socket taken = rig::listening(0);
  const auto address = fmt::format("127.0.0.1:{}", rig::local_port(taken));
  const auto ingest = command({"ingest"}, {{"WXPIPE_INGEST__LISTEN", address}});
  EXPECT_EQ(ingest.code(), kUsage) << ingest.errors;
  EXPECT_THAT(ingest.errors, HasSubstr(address));
  const auto admin = command({"process"}, {{"WXPIPE_ADMIN__LISTEN", address}});
  EXPECT_EQ(admin.code(), kUsage) << admin.errors;
  EXPECT_THAT(admin.errors, HasSubstr(address));
}

// The kernel gives such a process's files in /proc to root. As root we start it for another user, to see a difference.
TEST_F(CommandsTest, NobodyElseOfTheSameUserMayLookIntoARolesMemory) {
  rig::Command sink{.program = support::wxpipe_program(),
                    .arguments = {"sink"},
                    .environment = environment({{"WXPIPE_CONFIG", ""}, {"WXPIPE_ADMIN__LISTEN", "127.0.0.1:0"}})};
  if (::geteuid() == 0) {
    sink.program = "setpriv";
    sink.arguments = {"--reuid=65534", "--regid=65534", "--clear-groups", support::wxpipe_program(), "sink"};
  }
  rig::Process role(sink);
  ASSERT_TRUE(eventually([&] { return role.errors().find(" event=") != std::string::npos; })) << role.errors();
  struct stat memory {};
  ASSERT_EQ(::stat(fmt::format("/proc/{}/environ", role.pid()).c_str(), &memory), 0) << role.errors();
  EXPECT_EQ(memory.st_uid, 0U);
}

TEST_F(CommandsTest, ASecondProcessOfTheSameNameIsToldToTakeAnother) {
  const auto first = start({"ingest"});
  ASSERT_TRUE(first->port()) << first->log();
  const auto second = command({"ingest"});
  EXPECT_EQ(second.code(), kUsage) << second.errors;
  EXPECT_THAT(second.errors, HasSubstr("--instance"));
}

TEST_F(CommandsTest, RolesWaitForServersThatAreAwayAndStopWhenTold) {
  const auto nobody = nobody_listens();
  const auto all =
      start({"run"}, {{"KAFKA_BOOTSTRAP", nobody}, {"DATABASE_URL", "postgresql://wxpipe@" + nobody + "/wxpipe"}});
  ASSERT_TRUE(all->admin_port()) << all->log();
  EXPECT_TRUE(eventually([&] {
    const auto body = all->readiness();
    return body.find("\"process\":{\"ready\":false,\"reason\":\"no Kafka broker answers at " + nobody) !=
               std::string::npos &&
           body.find("\"sink.messages\":{\"ready\":false,") != std::string::npos;
  })) << all->readiness();
  const auto asked = steady_clock::now();
  EXPECT_EQ(all->stop(), (Exit{.code = 0})) << all->log();
  EXPECT_LT(steady_clock::now() - asked, 10s);
}

TEST_F(CommandsTest, SimulateSaysWhatBecameOfItsCallbacks) {
  const auto all = start();
  ASSERT_TRUE(all->ready()) << all->readiness();
  const auto url = fmt::format("http://127.0.0.1:{}", all->port().value());
  const auto ledger = (folder_ / "ledger.jsonl").string();
  const auto ran =
      command({"simulate", "--url", url, "--count", "300", "--rate", "300", "--subjects", "20", "--resend", "5%",
               "--poison", "2%", "--strangers", "2%", "--ledger", ledger, "--no-progress", "--json"});
  EXPECT_EQ(ran.code(), kFine) << ran.output << ran.errors;
  const auto text = rig::read_file(ledger);
  int64_t acknowledged = 0;
  for (size_t at = 0; (at = text.find("\"acked\":true", at)) != std::string::npos; ++at) ++acknowledged;
  EXPECT_GE(acknowledged, 280);
  EXPECT_TRUE(settled(acknowledged)) << count("messages") << " " << count("dead_letters");
  EXPECT_EQ(all->stop(), (Exit{.code = 0}));
}

}  // namespace
}  // namespace wxpipe::whole_path
