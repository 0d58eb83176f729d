#include "cli/diff_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "cli/moment.hpp"
#include "common/postgres/migrations.hpp"
#include "common/report/cells.hpp"
#include "common/result.hpp"
#include "operate/side_schema.hpp"

namespace wxpipe::cli {
namespace {
using report::counted, report::Kind, report::Level, report::Report, report::Table;

struct Options {
  std::string schema, account, from, to;
  std::vector<std::string> ignored;
  size_t samples = 3;
};

std::optional<Timestamp> moment(const char* option, const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto at = parse_moment(text, system_clock().now());
  if (!at) throw UsageError(fmt::format("{}: '{}' is not a moment; {}", option, text, kMomentForms));
  return at;
}

Report report_of(const operate::Diff& diff, const std::string& schema) {
  Table tables{"tables",
               "",
               {{"table", "table"},
                {"added", "added", Kind::count},
                {"missing", "missing", Kind::count},
                {"changed", "changed", Kind::count}},
               {}};
  Table columns{"columns",
                "columns that changed",
                {{"table", "table"}, {"column", "column"}, {"rows", "rows changed", Kind::count}},
                {}};
  Table samples{"samples",
                "samples",
                {{"table", "table"},
                 {"kind", "kind"},
                 {"key", "key"},
                 {"column", "column"},
                 {"production", "in production"},
                 {"side", "in " + schema}},
                {}};
  int64_t different = 0;
  for (const auto& one : diff.tables) {
    different += one.added + one.missing + one.changed;
    tables.rows.push_back({one.table, one.added, one.missing, one.changed});
    for (const auto& [column, rows] : one.by_column) columns.rows.push_back({one.table, column, rows});
    for (const auto& sample : one.samples)
      samples.rows.push_back({one.table, sample.kind, report::with_valid_utf8(sample.key), sample.column,
                              report::with_valid_utf8(sample.production), report::with_valid_utf8(sample.side)});
  }
  Report report;
  report.facts = {{"schema", "", schema}, {"different", "", different}};
  report.tables = {std::move(tables), std::move(columns), std::move(samples),
                   report::list("left_out", "not compared", diff.left_out)};
  if (different == 0)
    report.findings.push_back({Level::fine, fmt::format("{} and production are equal", schema)});
  else
    report.findings.push_back(
        {Level::error, fmt::format("{} different", counted(static_cast<uint64_t>(different), "row")),
         fmt::format("added: only in {}. missing: only in production. changed: the same key, other values.", schema)});
  return report;
}

void run(Program& program, const Options& options) {
  const auto side = operate::named_side_schema(options.schema);
  for (const auto& column : options.ignored)
    if (column.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != column.npos)
      throw UsageError(fmt::format("--ignore: '{}' is no column's name", column));
  const operate::DiffBounds bounds{options.account, moment("--from", options.from), moment("--to", options.to),
                                   options.ignored, options.samples};
  const auto settings = load_settings(program, config::kForPostgres);
  postgres::Connection connection(settings.postgres.url, "wxpipe diff", postgres::Purpose::administration);
  postgres::require_schema(connection);
  connection.execute("set default_transaction_read_only = on; set statement_timeout = '30min'");
  conclude(program, report_of(operate::diff(connection, side, bounds), options.schema));
}
}  // namespace

void add_diff_command(Program& program) {
  auto& command = *program.app.add_subcommand(
      "diff", "Compares a side schema with production, row by row: added, missing, changed by column");
  command.group("Operation");
  add_config_options(command, program);
  add_report_options(command, program, Rows::some);
  const auto options = std::make_shared<Options>();
  command.add_option("schema", options->schema, "The side schema that a replay filled")
      ->type_name("SCHEMA")
      ->required();
  command.add_option("--account", options->account, "Only rows of this account")->type_name("NAME");
  command.add_option("--from", options->from, "Only rows that occurred from then on; UTC, or how long ago: 2h")
      ->type_name("TIME");
  command.add_option("--to", options->to, "… and before then")->type_name("TIME");
  command.add_option("--ignore", options->ignored, "Don't compare this column: normaliser")->type_name("COLUMN");
  command.add_option("--samples", options->samples, "So many of each kind and table. Default: 3")
      ->check(CLI::Range(0, 1000))
      ->type_name("N");
  add_examples(command, {{"wxpipe diff try -c wxpipe.toml", "after wxpipe replay --into schema:try"},
                         {"wxpipe diff try --account shop --from 2026-11-24 --to 2026-11-25 -c wxpipe.toml",
                          "one account's rows of one day"},
                         {"wxpipe diff try --json -c wxpipe.toml | jq '.columns'", "which columns changed"}});
  command.callback([&program, options] { run(program, *options); });
}

}  // namespace wxpipe::cli
