#include "cli/migrate_command.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include "common/postgres/migrations.hpp"
#include "common/result.hpp"
#include "operate/audit_log.hpp"
#include "operate/bookmarks.hpp"

namespace wxpipe::cli {
namespace {

using report::Level;

report::Report report_of(const postgres::MigrationReport& done) {
  return {{{"version", "", done.version}},
          {report::list("applied", "applied", done.applied), report::list("already", "", done.already)},
          {{Level::fine,
            fmt::format("the schema is at version {}{}", done.version, done.applied.empty() ? ", as it was" : "")}}};
}

report::Report check(postgres::Connection& connection) {
  try {
    postgres::require_schema(connection);
  } catch (const UsageError& error) {
    return {{{"current", "", false}, {"reason", "", error.what()}}, {}, {{Level::error, error.what()}}};
  }
  return {{{"current", "", true}}, {}, {{Level::fine, "the schema is what this program needs"}}};
}

// A bookmark before anything is written in the new form. It knows only the time: a migration needs no broker.
postgres::MigrationReport apply(postgres::Connection& connection) {
  const auto at = system_clock().now();
  auto done = postgres::migrate(connection);
  if (done.applied.empty()) return done;
  operate::set_bookmark(connection, {fmt::format("migrated-to-{}", done.version), at, "wxpipe migrate"},
                        operate::Existing::keep);
  postgres::Transaction transaction(connection);
  operate::write(transaction, operate::this_operator(),
                 {operate::new_command_id(), "migrate", "UPDATE", "schema", fmt::format("{}", done.version),
                  fmt::format("{}", fmt::join(done.applied, " ")), "", std::ssize(done.applied)});
  transaction.commit();
  return done;
}

void migrate(Program& program, bool check_only) {
  const auto settings = load_settings(program, config::kForPostgres);
  postgres::Connection connection(settings.postgres.url, "wxpipe migrate", postgres::Purpose::administration);
  conclude(program, check_only ? check(connection) : report_of(apply(connection)));
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
