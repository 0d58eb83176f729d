#include "sinks/family_databases.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "common/postgres/migrations.hpp"
#include "sinks/families.hpp"

namespace wxpipe::sinks {
namespace {
using schemas::FamilyInfo;

void require_known(const config::PostgresSettings& settings) {
  const auto all = all_families();
  for (const auto& [name, url] : settings.families) {
    if (std::ranges::any_of(all, [&](const auto* family) { return family->name == name; })) continue;
    std::vector<std::string_view> names;
    for (const auto* family : all) names.push_back(family->name);
    throw UsageError(
        fmt::format("postgres.families.{}: there is no family '{}'; there are {}", name, name, fmt::join(names, ", ")));
  }
}

const Secret& url_of(const config::PostgresSettings& settings, std::string_view family) {
  const auto own = settings.families.find(std::string(family));
  return own == settings.families.end() ? settings.url : own->second;
}

// The key to blame is one that stands in the settings.
void require_together(const config::Settings& settings) {
  const auto& postgres = settings.postgres;
  for (const auto& [one, other, by] : schemas::kReadTogether) {
    if (url_of(postgres, one) == url_of(postgres, other)) continue;
    const auto named = postgres.families.contains(std::string(other)) ? other : one;
    throw UsageError(fmt::format(
        "postgres.families.{}: {} and {} must lie in one database, because one statement reads both ({}); give both "
        "the same connection string, or take this line out",
        named, one, other, by));
  }
  const auto& [family, accounts, by] = schemas::kReadWithAccounts;
  if (settings.accounts_from.postgres && url_of(postgres, family) != postgres.url)
    throw UsageError(fmt::format(
        "postgres.families.{}: {} and the {} must lie in one database, because one statement reads both ({}); with "
        "accounts_from.postgres = true they lie in that of [postgres] url",
        family, family, accounts, by));
}
}  // namespace

bool FamilyDatabase::has(const FamilyInfo& family) const {
  return std::ranges::find(families, &family) != families.end();
}

std::vector<FamilyDatabase> family_databases(const config::Settings& settings) {
  require_known(settings.postgres);
  require_together(settings);
  std::vector<FamilyDatabase> databases{
      {std::string(kMainDatabase), std::string(postgres::kUrlSetting), settings.postgres.url, {}}};
  for (const auto* family : all_families()) {
    const auto& url = url_of(settings.postgres, family->name);
    const auto known =
        std::ranges::find_if(databases, [&](const FamilyDatabase& database) { return database.url == url; });
    if (known == databases.end()) {
      databases.push_back(
          {std::string(family->name), fmt::format("postgres.families.{}", family->name), url, {family}});
      continue;
    }
    if (!known->is_main()) known->name += fmt::format(",{}", family->name);
    known->families.push_back(family);
  }
  return databases;
}

FamilyDatabase database_of(const config::Settings& settings, const FamilyInfo& family) {
  auto databases = family_databases(settings);
  return *std::ranges::find_if(databases, [&](const auto& database) { return database.has(family); });
}

std::vector<postgres::PartitionedTable> partitioned_tables(const FamilyDatabase& database) {
  std::vector<postgres::PartitionedTable> tables;
  for (const auto& table : partitioned_tables()) {
    const auto* const family = family_of_table(table.name);
    if (family == nullptr || database.has(*family)) tables.push_back(table);
  }
  return tables;
}

std::unique_ptr<postgres::Connection> connect(const FamilyDatabase& database, std::string_view application_name,
                                              postgres::Purpose purpose, const postgres::Schemas& schemas) {
  return std::make_unique<postgres::Connection>(database.url, application_name, purpose, schemas, database.setting);
}

std::unique_ptr<postgres::Connection> open(const FamilyDatabase& database, std::string_view application_name,
                                           postgres::Purpose purpose) {
  auto connection = connect(database, application_name, purpose);
  try {
    postgres::require_schema(*connection);
  } catch (const UsageError& error) {
    if (database.is_main()) throw;
    throw UsageError(fmt::format("{}: {}", database.setting, error.what()));
  }
  return connection;
}

FamilyConnections::FamilyConnections(const config::Settings& settings, Open open)
    : databases_(family_databases(settings)),
      open_(std::move(open)) {}

FamilyConnections::FamilyConnections(const config::Settings& settings, std::string application_name,
                                     std::string session)
    : FamilyConnections(settings, [application = std::move(application_name),
                                   statements = std::move(session)](const FamilyDatabase& database) {
        auto connection = open(database, application);
        if (!statements.empty()) connection->execute(statements);
        return connection;
      }) {}

postgres::Connection& FamilyConnections::to(const FamilyDatabase& database) {
  auto& known = connections_[database.name];
  if (!known) known = open_(database);
  return *known;
}

postgres::Connection& FamilyConnections::of(const FamilyInfo& family) {
  return to(*std::ranges::find_if(databases_, [&](const auto& database) { return database.has(family); }));
}

std::vector<postgres::Connection*> FamilyConnections::all() {
  std::vector<postgres::Connection*> connections;
  for (const auto& database : databases_) connections.push_back(&to(database));
  return connections;
}

std::vector<postgres::Connection*> FamilyConnections::reachable(std::vector<std::string>& away) {
  std::vector<postgres::Connection*> connections;
  for (const auto& database : databases_)
    if (auto why = try_to_ask(database, [&](auto& connection) { connections.push_back(&connection); }); !why.empty())
      away.push_back(std::move(why));
  if (connections.empty()) throw Unavailable(away.front());
  return connections;
}

}  // namespace wxpipe::sinks
