#include "cli/audit_command.hpp"

#include <fmt/format.h>

#include <memory>

#include "common/config/units.hpp"
#include "common/result.hpp"
#include "operate/audit_report.hpp"
#include "operate/known_names.hpp"
#include "operate/moment.hpp"
#include "sinks/family_databases.hpp"

namespace wxpipe::cli {
namespace {
struct Options {
  std::string from, to, account, why;
  std::string wait = "10s";
  bool minutes = false;
  bool repair = false, yes = false;
  int64_t most_records = sinks::SearchLimits{}.records;
  std::string most_time = "5m";
};

sinks::Wanted wanted_of(const Options& options) {
  const auto now = system_clock().now();
  return operate::wanted_of(options.account, operate::moment("--from", options.from, now),
                            operate::moment("--to", options.to, now));
}

void run(Program& program, const Options& options) {
  const auto wanted = wanted_of(options);
  const auto patience = config::parse_duration(options.wait);
  if (!patience) throw UsageError(fmt::format("--wait: '{}' is not a duration; write 10s or 2m", options.wait));
  const auto settings = load_settings(program, config::kForPostgres);
  sinks::FamilyConnections databases(settings, "wxpipe audit");
  operate::require_account(wanted.account, settings, databases);
  auto& connection = databases.of<schemas::CustodyMark>();
  if (!options.repair) {
    sinks::Drain drain(settings);
    return conclude(program, operate::report_of(sinks::audit(connection, drain, wanted, *patience), options.minutes));
  }
  const auto time = config::parse_duration(options.most_time);
  if (!time) throw UsageError(fmt::format("--most-time: '{}' is not a duration; write 5m", options.most_time));
  conclude(program, operate::repair(settings, connection,
                                    {.wanted = wanted,
                                     .mode = options.yes ? sinks::RepairMode::send : sinks::RepairMode::look,
                                     .limits = {options.most_records, *time},
                                     .patience = *patience,
                                     .minutes = options.minutes,
                                     .who = operate::this_operator(),
                                     .about = options.account.empty() ? "all accounts" : options.account,
                                     .why = options.why}));
}
}  // namespace

void add_audit_command(Program& program) {
  auto& command = *program.app.add_subcommand(
      "audit", "Proves that everything that was acknowledged is stored; names what isn't (exit code 1)");
  command.group("Proof");
  add_config_options(command, program);
  add_report_options(command, program, Rows::some);
  const auto options = std::make_shared<Options>();
  command.add_option("--from", options->from, "Callbacks received from this minute on; UTC, or how long ago: 2h")
      ->type_name("TIME");
  command.add_option("--to", options->to, "… and before this one")->type_name("TIME");
  command.add_option("--account", options->account, "Of this account only")->type_name("NAME");
  command.add_option("--wait", options->wait, "How long process and sinks may take to catch up. Default: 10s")
      ->type_name("DURATION");
  command.add_flag("--minutes", options->minutes, "A line for each account and minute");
  auto* repair = command.add_flag("--repair", options->repair, "Look for the events of what is unaccounted; list them");
  command.add_flag("--yes", options->yes, "… and send them again, then audit once more")->needs(repair);
  command
      .add_option("--most-records", options->most_records,
                  "How many records of the topics --repair may read. Default: 10000000")
      ->check(above_zero())
      ->type_name("NUMBER")
      ->needs(repair);
  command.add_option("--why", options->why, "Why, for audit_logs")->type_name("TEXT")->needs(repair);
  command.add_option("--most-time", options->most_time, "How long it may look for them. Default: 5m")
      ->type_name("DURATION")
      ->needs(repair);
  add_examples(command, {{"wxpipe audit --config wxpipe.toml", "everything since the first callback"},
                         {"wxpipe audit --repair -c wxpipe.toml", "what is lost, and what of it can be sent again"},
                         {"wxpipe audit --repair --yes -c wxpipe.toml", "send it again, and prove that it arrived"},
                         {"wxpipe audit --from 2026-11-24T08:00 --to 2026-11-24T12:00 --account shop -c wxpipe.toml",
                          "one morning of one account"},
                         {"wxpipe audit --from 24h --json -c wxpipe.toml", "for monitoring: exit code 1 means a loss"},
                         {"wxpipe audit --from 24h --minutes --ndjson -c wxpipe.toml",
                          "a line of JSON for each account and minute"}});
  command.callback([&program, options] { run(program, *options); });
}

}  // namespace wxpipe::cli
