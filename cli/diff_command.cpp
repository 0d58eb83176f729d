#include "cli/diff_command.hpp"

#include <memory>

#include "operate/diff_report.hpp"
#include "operate/known_names.hpp"
#include "operate/moment.hpp"

namespace wxpipe::cli {
namespace {
struct Options {
  std::string schema, account, from, to;
  std::vector<std::string> ignored;
  size_t samples = 3;
};

void run(Program& program, const Options& options) {
  const auto side = operate::named_side_schema(options.schema);
  const auto now = system_clock().now();
  const operate::DiffBounds bounds{options.account, operate::moment("--from", options.from, now),
                                   operate::moment("--to", options.to, now), options.ignored, options.samples};
  operate::require_order(bounds.from, bounds.to);
  const auto settings = load_settings(program, config::kForPostgres);
  sinks::FamilyConnections databases(settings, "wxpipe diff",
                                     "set default_transaction_read_only = on; set statement_timeout = '30min'");
  operate::require_account(bounds.account, settings, databases);
  operate::require_columns(bounds.ignored, databases.main());
  conclude(program, report_of(operate::diff(databases, side, bounds), options.schema));
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
