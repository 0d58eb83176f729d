// Reading a configuration: the shipped files, overrides, and errors that say where and what to change.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "common/config/keys.hpp"
#include "common/config/settings_file.hpp"
#include "common/config/settings_print.hpp"
#include "rig/temporary_folder.hpp"

namespace wxpipe::config {
namespace {
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kReference = "config/wxpipe.reference.toml";
constexpr const char* kSealingKey = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
constexpr const char* kAesKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

Environment environment_with_secrets() {
  Environment environment;
  environment.host_name = "host-1";
  environment.variables["WXPIPE_SEALING_KEY"] = kSealingKey;
  environment.variables["WXPIPE_DATABASE_URL"] = "postgresql://localhost/wxpipe";
  for (const char* name : {"SHOP", "MINI", "COMPONENT", "CORP", "SUITE", "ROBOT"}) {
    environment.variables[std::string(name) + "_TOKEN"] = "token";
    environment.variables[std::string(name) + "_AES_KEY"] = kAesKey;
  }
  for (const char* name : {"DESK_SECRET", "FORMS_SECRET", "BOOKING_SECRET"})
    environment.variables[name] = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
  return environment;
}

std::string read(const std::string& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// The configuration given as text.
Loaded load(const std::string& toml, const Environment& environment = environment_with_secrets(),
            const Needs& needs = {.accounts = false}) {
  const rig::TemporaryFolder folder;
  const auto path = folder.path() / "wxpipe.toml";
  std::ofstream(path) << toml;
  return read_settings(path, environment, needs);
}

TEST(ReferenceFile, LoadsWithoutErrors) {
  const auto loaded = read_settings(kReference, environment_with_secrets());
  EXPECT_THAT(loaded.errors, IsEmpty());
  EXPECT_EQ(loaded.settings.accounts.size(), 11u);
}

TEST(ReferenceFile, ShowsTheDefaults) {
  auto settings = read_settings(kReference, environment_with_secrets()).settings;
  settings.accounts.clear();
  settings.score.rules.clear();
  auto defaults = read_settings("", environment_with_secrets(), {.accounts = false}).settings;
  EXPECT_EQ(print_settings(settings), print_settings(defaults));
}

TEST(ReferenceFile, NamesEveryKeyWithItsMeaning) {
  std::string text = read(kReference);
  for (size_t at; (at = text.find("\n# ")) != std::string::npos;) text.replace(at, 3, " ");  // comments may be wrapped
  const auto expect = [&](std::string_view key, std::string_view meaning) {
    EXPECT_THAT(text, HasSubstr(std::string(key.substr(key.find('.') + 1))));
    EXPECT_THAT(text, HasSubstr(std::string(meaning.substr(0, meaning.find_first_of(".:;,")))));
  };
  for (const auto& key : setting_keys()) expect(key.name, key.meaning);
  for (const auto& key : score_rule_keys()) expect(key.name, key.meaning);
  for (const auto& key : console_user_keys()) expect(key.name, key.meaning);
  for (const auto& key : reply_keys()) EXPECT_THAT(text, HasSubstr(std::string(key.name)));
  for (const auto& key : account_keys())
    EXPECT_THAT(text, HasSubstr(std::string(key.name.substr(key.name.find('.') + 1)))) << key.name;
}

TEST(ConsoleSettings, BeyondThisMachineItNeedsALogin) {
  const auto errors = [](const std::string& more) {
    return fmt::format("{}", fmt::join(load("[console]\nlisten = \"0.0.0.0:9470\"\n" + more).errors, "\n"));
  };
  const std::string mei = "[[console.users]]\nname = \"mei\"\nrole = \"viewer\"\n";
  EXPECT_THAT(errors(""), HasSubstr("console.listen: 0.0.0.0:9470 can be reached from other machines"));
  EXPECT_EQ(errors(mei + "password = \"scrypt:x\"\n"), "");
  EXPECT_EQ(errors("proxies = [\"10.0.0.5\"]\nproxy_user_header = \"X-User\"\nproxy_groups_header = \"X-Groups\"\n"
                   "groups = { ops = \"operator\" }\n"),
            "");
  EXPECT_THAT(errors("proxy_user_header = \"X-User\"\n"), HasSubstr("needs console.proxies as well"));
  EXPECT_THAT(load("[console]\n").errors, IsEmpty());
}

TEST(ConsoleSettings, UsersAreCompleteAndHaveRolesThatExist) {
  const auto errors = [](const std::string& lines) {
    return fmt::format("{}", fmt::join(load("[[console.users]]\n" + lines).errors, "\n"));
  };
  EXPECT_THAT(errors("name = \"mei\"\nrole = \"viewer\"\n"),
              HasSubstr("console.users.mei.password: a user has a password or a token"));
  EXPECT_THAT(errors("name = \"mei\"\nrole = \"chief\"\ntoken = \"x\"\n"), HasSubstr("console.users.mei.role"));
  EXPECT_THAT(errors("role = \"viewer\"\ntoken = \"x\"\n"), HasSubstr("name: is missing"));
  EXPECT_THAT(errors("name = \"mei\"\nrole = \"viewer\"\ntoken = \"x\"\nmay = [\"everything\"]\n"),
              HasSubstr("there is no right \"everything\""));
  EXPECT_THAT(errors("name = \"mei\"\nrole = \"viewer\"\ntoken = \"x\"\nexpires = \"tomorrow\"\n"),
              HasSubstr("\"tomorrow\" is no day"));
  EXPECT_THAT(load("[console.groups]\nops = \"chief\"\n").errors,
              ElementsAre(HasSubstr("console.groups: ops = \"chief\"")));
  // A machine without the console needs none of its secrets.
  EXPECT_THAT(load("[[console.users]]\nname = \"mei\"\nrole = \"viewer\"\npassword_env = \"NOT_SET\"\n",
                   environment_with_secrets(), kForSink)
                  .errors,
              IsEmpty());
}

TEST(MinimalFile, Loads) {
  EXPECT_THAT(read_settings("config/wxpipe.minimal.toml", environment_with_secrets()).errors, IsEmpty());
}

TEST(ScoringFile, Loads) {
  const auto settings = read_settings("config/wxpipe.minimal.toml", environment_with_secrets()).settings;
  EXPECT_GE(settings.score.rules.size(), 10u);
}

TEST(Settings, AnAccountSaysHowItsSenderSigns) {
  const auto loaded = load(
      "[[accounts]]\nname = \"forms\"\nkind = \"channel\"\nsender = \"wjx\"\n"
      "[accounts.proof]\nalgorithm = \"sha1\"\nover = [\"body\", \"secret\"]\nsorted = true\n"
      "[accounts.envelope]\ndocument = \"form:data\"\n"
      "[accounts.fields]\nphone = \"q2 | q3\"\n[accounts.types]\ncreated = \"lead.submitted\"\n"
      "[accounts.answer]\nstatus = 201\nbody = \"ok\"\n");
  ASSERT_THAT(loaded.errors, IsEmpty());
  const auto& account = loaded.settings.accounts.at(0);
  EXPECT_EQ(account.sender, "wjx");
  EXPECT_EQ(account.declared.algorithm, "sha1");
  EXPECT_THAT(account.declared.over, ElementsAre("body", "secret"));
  EXPECT_EQ(account.declared.sorted, true);
  EXPECT_EQ(account.declared.document, "form:data");
  EXPECT_EQ(account.declared.fields, (TextMap{{"phone", "q2 | q3"}}));
  EXPECT_EQ(account.declared.types, (TextMap{{"created", "lead.submitted"}}));
  EXPECT_EQ(account.declared.status, 201);
  EXPECT_EQ(account.declared.body, "ok");
  // What --print shows reads back as the same.
  const auto printed = load(print_settings(loaded.settings));
  ASSERT_THAT(printed.errors, IsEmpty());
  EXPECT_EQ(print_settings(printed.settings), print_settings(loaded.settings));
  EXPECT_THAT(
      load("[[accounts]]\nname = \"f\"\n[accounts.proof]\nalgoritm = \"md5\"\n").errors,
      ElementsAre(AllOf(HasSubstr("wxpipe.toml:4"), HasSubstr("accounts.f.proof.algoritm"), HasSubstr("algorithm"))));
  EXPECT_THAT(load("[[accounts]]\nname = \"f\"\nproof = \"md5\"\n").errors,
              ElementsAre(HasSubstr("expected a table: write [accounts.proof]")));
}

TEST(Settings, UnknownKeyNamesTheNearest) {
  EXPECT_THAT(load("[ingest]\nlisten_on = \"0.0.0.0:1\"\n").errors,
              ElementsAre(AllOf(HasSubstr("wxpipe.toml:2"), HasSubstr("listen_on"), HasSubstr("listen"))));
}

TEST(Settings, EveryErrorIsReportedWithItsLine) {
  EXPECT_THAT(load("[ingest]\nlisten = 5\nthreads = \"many\"\n[log]\nlevel = \"loud\"\n").errors,
              ElementsAre(HasSubstr("wxpipe.toml:2"), HasSubstr("wxpipe.toml:3"), HasSubstr("wxpipe.toml:5")));
}

TEST(Settings, SyntaxErrorNamesTheLine) {
  EXPECT_THAT(load("[ingest\nlisten = 5\n").errors, ElementsAre(HasSubstr("wxpipe.toml:1")));
}

TEST(Settings, AFileThatCannotBeReadIsTheOnlyError) {
  EXPECT_THAT(read_settings("no/such/file.toml", {}).errors,
              ElementsAre(AllOf(HasSubstr("no/such/file.toml"), HasSubstr("can't be opened"))));
  EXPECT_THAT(read_settings("config", {}).errors, ElementsAre(HasSubstr("config: is a folder, not a file")));
  EXPECT_THAT(load("[ingest\n", {}, kEverything).errors, ElementsAre(HasSubstr("not valid TOML")));
}

TEST(Settings, AMissingFileOfRulesNamesTheKeyThatWantsIt) {
  EXPECT_THAT(load("[score]\nrules_file = \"none.toml\"\n").errors,
              ElementsAre(AllOf(HasSubstr("score.rules_file"), HasSubstr("none.toml: can't be opened"))));
}

TEST(Settings, EnvironmentBeatsTheFile) {
  auto environment = environment_with_secrets();
  environment.variables["WXPIPE_INGEST__LISTEN"] = "127.0.0.1:9999";
  environment.variables["KAFKA_BOOTSTRAP"] = "broker:1";
  const auto loaded = load("[ingest]\nlisten = \"0.0.0.0:1\"\n[kafka]\nbootstrap_servers = \"other:2\"\n", environment);
  EXPECT_THAT(loaded.errors, IsEmpty());
  EXPECT_EQ(loaded.settings.ingest.listen, (Endpoint{"127.0.0.1", 9999}));
  EXPECT_EQ(loaded.settings.kafka.bootstrap_servers, "broker:1");
}

TEST(Settings, MissingSealingKeyNamesTheCommandThatMakesOne) {
  auto environment = environment_with_secrets();
  environment.variables.erase("WXPIPE_SEALING_KEY");
  EXPECT_THAT(load("", environment).errors, ElementsAre(HasSubstr("openssl rand -base64 32")));
}

TEST(Settings, CopiesOfEventsNeedAPlace) {
  EXPECT_THAT(load("[ingest]\nacknowledge = \"broker_and_spool\"\n").errors,
              ElementsAre(AllOf(HasSubstr("wxpipe.toml:2"), HasSubstr("needs spool.directory"))));
  const auto loaded = load(
      "[ingest]\nacknowledge = \"broker_and_spool\"\n[spool]\ndirectory = \"/var/lib/wxpipe/spool\"\nkeep = \"2d\"\n");
  EXPECT_THAT(loaded.errors, IsEmpty());
  EXPECT_EQ(copies_kept(loaded.settings), std::chrono::hours(48));
  EXPECT_EQ(copies_kept(load("[spool]\nkeep = \"2d\"\n").settings), seconds(0));
  EXPECT_THAT(load("[ingest]\nacknowledge = \"both\"\n").errors, ElementsAre(HasSubstr("broker_and_spool")));
}

TEST(Settings, AFamilysDatabaseIsGivenInEachWayASecretIs) {
  auto environment = environment_with_secrets();
  environment.variables["LOGS_URL"] = "postgresql://logs";
  environment.variables["WXPIPE_POSTGRES__FAMILIES__DEAD_LETTERS"] = "postgresql://letters";
  const rig::TemporaryFolder folder;
  std::ofstream(folder.path() / "url") << "postgresql://talk\n";
  const auto loaded =
      load(fmt::format("[postgres.families]\nlogs_env = \"LOGS_URL\"\nmessages_file = \"{}\"\n"
                       "custody = \"postgresql://c:s3cret@host/x\"\ndead_letters = \"postgresql://overridden\"\n",
                       (folder.path() / "url").string()),
           environment);
  EXPECT_THAT(loaded.errors, IsEmpty());
  EXPECT_EQ(loaded.settings.postgres.families, (SecretMap{{"custody", Secret("postgresql://c:s3cret@host/x")},
                                                          {"dead_letters", Secret("postgresql://letters")},
                                                          {"logs", Secret("postgresql://logs")},
                                                          {"messages", Secret("postgresql://talk")}}));
  EXPECT_THAT(loaded.places.at("postgres.families.logs"), HasSubstr("wxpipe.toml:2"));
  EXPECT_THAT(print_settings(loaded.settings),
              AllOf(HasSubstr("\"custody\" = \"***\""), testing::Not(HasSubstr("s3cret"))));
}

TEST(Settings, AFamilysDatabaseThatIsNotThereSaysWhere) {
  EXPECT_THAT(load("[postgres.families]\nlogs_env = \"NOT_SET\"\n").errors,
              ElementsAre(AllOf(HasSubstr("wxpipe.toml:2"), HasSubstr("postgres.families.logs_env"),
                                HasSubstr("the environment variable NOT_SET is not set"))));
  EXPECT_THAT(load("[postgres.families]\nlogs = 5\n").errors, ElementsAre(HasSubstr("postgres.families.logs")));
  EXPECT_THAT(load("[postgres]\nfamilies = \"logs\"\n").errors,
              ElementsAre(HasSubstr("write [postgres.families] above its lines")));
  // Whoever needs no database needs none of these.
  EXPECT_THAT(load("[postgres.families]\nlogs_env = \"NOT_SET\"\n", environment_with_secrets(),
                   {.accounts = false, .postgres = false})
                  .errors,
              IsEmpty());
}

TEST(Settings, SecretsAreNotPrinted) {
  const auto loaded = load("[[accounts]]\nname = \"a\"\nkind = \"official_account\"\ntoken = \"s3cret\"\n");
  EXPECT_THAT(print_settings(loaded.settings), testing::Not(HasSubstr("s3cret")));
  EXPECT_THAT(print_settings(loaded.settings), HasSubstr("***"));
}

TEST(Settings, MissingFileIsAnErrorThatNamesIt) {
  EXPECT_THAT(read_settings("/nowhere/wxpipe.toml", environment_with_secrets()).errors,
              testing::Contains(HasSubstr("/nowhere/wxpipe.toml")));
}

}  // namespace
}  // namespace wxpipe::config
