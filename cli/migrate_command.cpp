#include "cli/migrate_command.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <memory>

#include "common/postgres/migrations.hpp"
#include "common/result.hpp"
#include "operate/audit_log.hpp"
#include "operate/bookmarks.hpp"
#include "operate/erase.hpp"
#include "sinks/family_databases.hpp"

namespace wxpipe::cli {
namespace {

using report::Level;

// "logs: " before what is of another database than the main one.
std::string of(const sinks::FamilyDatabase& database) { return database.is_main() ? "" : database.name + ": "; }

// Two connection strings may lead to one database. Then its rows would be counted twice.
class Different {
 public:
  void require(const sinks::FamilyDatabase& database, postgres::Connection& connection) {
    const auto place = connection
                           .execute(
                               "select (select oid from pg_database where datname = current_database())::text || "
                               "' ' || pg_postmaster_start_time()")
                           .text(0, 0);
    const auto [known, is_new] = settings_.emplace(place, database.setting);
    if (!is_new)
      throw UsageError(
          fmt::format("{}: this is the database of {} under another connection string; give both the same one",
                      database.setting, known->second));
  }

 private:
  std::map<std::string, std::string> settings_;  // by server and database
};

report::Report check(const std::vector<sinks::FamilyDatabase>& databases) {
  report::Report report;
  std::string reasons;
  Different different;
  for (const auto& database : databases) {
    try {
      different.require(database, *sinks::open(database, "wxpipe migrate"));
    } catch (const UsageError& error) {
      reasons += (reasons.empty() ? "" : "; ") + std::string(error.what());
      report.findings.push_back({Level::error, error.what()});
    }
  }
  report.facts = {{"current", "", reasons.empty()}};
  if (!reasons.empty()) report.facts.push_back({"reason", "", reasons});
  if (reasons.empty()) report.findings.push_back({Level::fine, "the schema is what this program needs"});
  return report;
}

// A bookmark before anything is written in the new form. It knows only the time: a migration needs no broker.
void remember(postgres::Connection& connection, int version, const std::vector<std::string>& applied, Timestamp at) {
  operate::set_bookmark(connection, {fmt::format("migrated-to-{}", version), at, "wxpipe migrate"},
                        operate::Existing::keep);
  postgres::Transaction transaction(connection);
  operate::write(transaction, operate::this_operator(),
                 {operate::new_command_id(), "migrate", "UPDATE", "schema", fmt::format("{}", version),
                  fmt::format("{}", fmt::join(applied, " ")), "", std::ssize(applied)});
  transaction.commit();
}

// The main one first.
report::Report apply(const std::vector<sinks::FamilyDatabase>& databases) {
  const auto at = system_clock().now();
  std::vector<std::string> applied, already;
  std::vector<std::unique_ptr<postgres::Connection>> connections;
  std::vector<postgres::Connection*> all;
  int version = 0;
  Different different;
  for (const auto& database : databases) {
    all.push_back(connections.emplace_back(sinks::connect(database, "wxpipe migrate")).get());
    different.require(database, *all.back());
  }
  for (size_t i = 0; i < databases.size(); ++i) {
    const auto& database = databases[i];
    const auto done = postgres::migrate(*all[i]);
    for (const auto& name : done.applied) applied.push_back(of(database) + name);
    for (const auto& name : done.already) already.push_back(of(database) + name);
    version = done.version;
  }
  if (!applied.empty()) remember(*all.front(), version, applied, at);
  operate::share_erasures(all);  // a new one must not let anybody in whom the others keep out
  const auto where = databases.size() == 1 ? std::string() : fmt::format(" in {} databases", databases.size());
  return {{{"version", "", version}, {"databases", "", databases.size()}},
          {report::list("applied", "applied", applied), report::list("already", "", already)},
          {{Level::fine,
            fmt::format("the schema is at version {}{}{}", version, where, applied.empty() ? ", as it was" : "")}}};
}

void migrate(Program& program, bool check_only) {
  const auto databases = sinks::family_databases(load_settings(program, config::kForPostgres));
  conclude(program, check_only ? check(databases) : apply(databases));
}
}  // namespace

void add_migrate_command(Program& program) {
  auto& command = *program.app.add_subcommand("migrate", "Brings the database's schema to this program's version");
  command.group("Set-up");
  add_config_options(command, program);
  add_report_options(command, program, Rows::none);
  const auto check_only = std::make_shared<bool>(false);
  command.add_flag("--check", *check_only, "Change nothing; exit 1 unless the schema is what this program needs");
  add_examples(command,
               {{"wxpipe migrate --config wxpipe.toml", "creates the tables, or what newer versions added to them"},
                {"DATABASE_URL=postgresql://localhost/shop wxpipe migrate", "without a configuration file"},
                {"wxpipe migrate --check --json", "for deployments: is there something to do?"}});
  command.callback([&program, check_only] { migrate(program, *check_only); });
}

}  // namespace wxpipe::cli
