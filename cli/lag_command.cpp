#include "cli/lag_command.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "common/config/units.hpp"
#include "common/result.hpp"
#include "common/runtime/stop_signals.hpp"
#include "common/runtime/stop_wait.hpp"
#include "operate/lag_report.hpp"

namespace wxpipe::cli {
namespace {
using namespace std::chrono_literals;

struct Options {
  std::string between = "1s";
  bool partitions = false, watch = false;
};

void run(Program& program, const Options& options) {
  const auto between = config::parse_duration(options.between);
  if (!between || between->count() <= 0)
    throw UsageError(fmt::format("--between: '{}' is not a duration; write 1s or 500ms", options.between));
  const auto settings = load_settings(program, config::kForPostgres);
  const runtime::StopSignals signals;
  sinks::FamilyConnections databases(settings, "wxpipe lag");
  operate::LagMeter meter(settings);
  auto before = meter.look(databases);
  do {
    runtime::wait(signals.token(), std::chrono::duration_cast<std::chrono::milliseconds>(*between));
    if (signals.token().stop_requested()) return;
    auto now = meter.look(databases);
    if (options.watch && program.format == Format::text && ::isatty(STDOUT_FILENO) == 1) fmt::print("\033[H\033[2J");
    conclude(program, report_of(before, now, options.partitions));
    before = std::move(now);
  } while (options.watch);
}
}  // namespace

void add_lag_command(Program& program) {
  auto& command = *program.app.add_subcommand(
      "lag", "Says how far process and the sinks are behind, and when they will have caught up");
  command.group("Operation");
  add_config_options(command, program);
  add_report_options(command, program, Rows::some);
  const auto options = std::make_shared<Options>();
  command.add_flag("--partitions", options->partitions, "A line for each partition as well");
  command.add_flag("--watch", options->watch, "Again and again, until Ctrl-C");
  command.add_option("--between", options->between, "Time between the two looks that the rates come from. Default: 1s")
      ->type_name("DURATION");
  add_examples(command, {{"wxpipe lag -c wxpipe.toml", "each reader"},
                         {"wxpipe lag --partitions --watch -c wxpipe.toml", "each partition, again and again"},
                         {"wxpipe lag --json -c wxpipe.toml | jq '.readers[].records'", "for programs"}});
  command.callback([&program, options] { run(program, *options); });
}

}  // namespace wxpipe::cli
