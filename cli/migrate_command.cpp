#include "cli/migrate_command.hpp"

#include <fmt/format.h>

#include <memory>

#include "common/json/write.hpp"
#include "common/postgres/migrations.hpp"

namespace wxpipe::cli {
namespace {

void append_names(std::string& out, const char* field, const std::vector<std::string>& names) {
  out += fmt::format("\"{}\":[", field);
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += ',';
    json::append_string(out, names[i]);
  }
  out += ']';
}

void report_json(const postgres::MigrationReport& report) {
  std::string out = fmt::format("{{\"version\":{},", report.version);
  append_names(out, "applied", report.applied);
  out += ',';
  append_names(out, "already", report.already);
  fmt::print("{}}}\n", out);
}

void report_text(const postgres::MigrationReport& report) {
  for (const auto& name : report.applied) fmt::print("applied {}\n", name);
  fmt::print("the schema is at version {}{}\n", report.version, report.applied.empty() ? ", as it was" : "");
}

void check(Program& program, postgres::Connection& connection) {
  try {
    postgres::require_schema(connection);
  } catch (const UsageError& error) {
    program.exit_code = 1;
    if (!program.json) return fmt::print("{}\n", error.what());
    std::string out = "{\"current\":false,\"reason\":";
    json::append_string(out, error.what());
    return fmt::print("{}}}\n", out);
  }
  fmt::print("{}\n", program.json ? "{\"current\":true}" : "the schema is what this program needs");
}

void migrate(Program& program, bool check_only) {
  const auto settings = load_settings(program, config::kForPostgres);
  postgres::Connection connection(settings.postgres.url, "wxpipe migrate", postgres::Purpose::administration);
  if (check_only) return check(program, connection);
  const auto report = postgres::migrate(connection);
  program.json ? report_json(report) : report_text(report);
}
}  // namespace

void add_migrate_command(Program& program) {
  auto& command = *program.app.add_subcommand("migrate", "Brings the database's schema to this program's version");
  command.group("Set-up");
  add_config_options(command, program);
  add_json_option(command, program);
  const auto check_only = std::make_shared<bool>(false);
  command.add_flag("--check", *check_only, "Change nothing; exit 1 unless the schema is what this program needs");
  add_examples(command,
               {{"wxpipe migrate --config wxpipe.toml", "creates the tables, or what newer versions added to them"},
                {"DATABASE_URL=postgresql://localhost/shop wxpipe migrate", "without a configuration file"},
                {"wxpipe migrate --check --json", "for deployments: is there something to do?"}});
  command.callback([&program, check_only] { migrate(program, *check_only); });
}

}  // namespace wxpipe::cli
