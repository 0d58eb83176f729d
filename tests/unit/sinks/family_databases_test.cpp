// Which families lie in which database, and which may not be apart.
#include "sinks/family_databases.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/result.hpp"
#include "sinks/families.hpp"

namespace wxpipe::sinks {
namespace {
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAre;

config::Settings settings_with(std::map<std::string, std::string> urls) {
  config::Settings settings;
  settings.postgres.url = Secret("postgresql://main");
  for (const auto& [family, url] : urls) settings.postgres.families.emplace(family, Secret(url));
  return settings;
}

// "main: messages followers", one text for each database.
std::vector<std::string> databases(const config::Settings& settings) {
  std::vector<std::string> all;
  for (const auto& database : family_databases(settings)) {
    auto& text = all.emplace_back(database.name + ":");
    for (const auto* family : database.families) text.append(" ").append(family->name);
  }
  return all;
}

std::string refused(const config::Settings& settings) {
  try {
    family_databases(settings);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

// All families that are read together with messages, at another address than the main one's.
std::map<std::string, std::string> journal_elsewhere() {
  std::map<std::string, std::string> urls;
  for (const auto* family : all_families())
    if (family->name != "logs") urls.emplace(family->name, "postgresql://journal");
  return urls;
}

std::vector<std::string_view> tables_in(const FamilyDatabase& database) {
  std::vector<std::string_view> names;
  for (const auto& table : partitioned_tables(database)) names.push_back(table.name);
  return names;
}

TEST(FamilyDatabases, AreOneUnlessOthersAreNamed) {
  const auto all = family_databases(settings_with({}));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].families, all_families());
  EXPECT_EQ(all[0].setting, "postgres.url");
  EXPECT_EQ(tables_in(all[0]).size(), partitioned_tables().size());
}

TEST(FamilyDatabases, OfLogsIsItsOwnAndHasItsTablesAndWhatOperatorsDid) {
  const auto settings = settings_with({{"logs", "postgresql://logs"}});
  const auto all = family_databases(settings);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(databases(settings)[1], "logs: logs");
  EXPECT_EQ(all[1].setting, "postgres.families.logs");
  EXPECT_THAT(tables_in(all[1]), UnorderedElementsAre("system_logs", "audit_logs"));
  EXPECT_THAT(tables_in(all[0]), AllOf(Not(Contains("system_logs")), Contains("audit_logs"), Contains("messages"),
                                       Contains("lead_activities")));
  EXPECT_EQ(database_of<schemas::LogWritten>(settings).name, "logs");
  EXPECT_EQ(database_of<schemas::Event>(settings).name, "main");
}

TEST(FamilyDatabases, OfOneAddressAreOne) {
  EXPECT_EQ(databases(settings_with({{"logs", "postgresql://main"}})).size(), 1u);
  const auto journal = databases(settings_with(journal_elsewhere()));
  EXPECT_THAT(journal, ElementsAre("main: logs", AllOf(HasSubstr("messages,followers"), HasSubstr(": messages "))));
  auto urls = journal_elsewhere();
  urls["logs"] = "postgresql://journal";
  EXPECT_THAT(databases(settings_with(urls)), ElementsAre("main:", HasSubstr("messages,")));
}

TEST(FamilyDatabases, ThatDoNotExistAreAnsweredWithTheList) {
  EXPECT_THAT(refused(settings_with({{"lgos", "postgresql://logs"}})),
              AllOf(HasSubstr("postgres.families.lgos: there is no family 'lgos'"), HasSubstr("messages, followers")));
}

TEST(FamilyDatabases, ThatAreReadTogetherMayNotBeApart) {
  EXPECT_THAT(refused(settings_with({{"directory", "postgresql://contacts"}})),
              AllOf(HasSubstr("postgres.families.directory: messages and directory must lie in one database"),
                    HasSubstr("wework.groups")));
  // Each pair, named by a line that stands in the settings.
  for (const auto& [one, other, by] : schemas::kReadTogether) {
    auto urls = journal_elsewhere();
    urls[std::string(other)] = "postgresql://another";
    EXPECT_THAT(refused(settings_with(urls)), AllOf(HasSubstr("must lie in one database"), HasSubstr(other)));
  }
}

TEST(FamilyDatabases, OfMessagesIsTheMainOneIfAccountsStandInPostgres) {
  auto settings = settings_with(journal_elsewhere());
  EXPECT_EQ(refused(settings), "accepted");
  settings.accounts_from.postgres = true;
  EXPECT_THAT(refused(settings), AllOf(HasSubstr("messages and the accounts must lie in one database"),
                                       HasSubstr("accounts_from.postgres = true")));
  EXPECT_EQ(refused([] {
              auto logs = settings_with({{"logs", "postgresql://logs"}});
              logs.accounts_from.postgres = true;
              return logs;
            }()),
            "accepted");
}

}  // namespace
}  // namespace wxpipe::sinks
