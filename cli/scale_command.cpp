#include "cli/scale_command.hpp"

#include <fmt/format.h>

#include <memory>

#include "common/config/units.hpp"
#include "common/postgres/migrations.hpp"
#include "common/result.hpp"
#include "common/runtime/stop_signals.hpp"
#include "common/runtime/stop_wait.hpp"
#include "operate/lag.hpp"
#include "operate/scale_report.hpp"

namespace wxpipe::cli {
namespace {
using std::chrono::milliseconds;

struct Options {
  std::string target = "60s", between = "5s";
};

milliseconds duration(const char* option, const std::string& text) {
  const auto parsed = config::parse_duration(text);
  if (!parsed || parsed->count() <= 0)
    throw UsageError(fmt::format("{}: '{}' is not a duration; write 60s or 2m", option, text));
  return *parsed;
}

void run(Program& program, const Options& options) {
  const auto target = duration("--target", options.target), between = duration("--between", options.between);
  const auto settings = load_settings(program, config::kForPostgres);
  const runtime::StopSignals signals;
  postgres::Connection connection(settings.postgres.url, "wxpipe scale", postgres::Purpose::administration);
  postgres::require_schema(connection);
  operate::LagMeter meter(settings);
  const auto before = meter.look(connection);
  runtime::wait(signals.token(), between);
  if (signals.token().stop_requested()) return;
  const auto now = meter.look(connection);

  conclude(program, operate::scale_report(settings, before, now, target));
}
}  // namespace

void add_scale_command(Program& program) {
  auto& group = *program.app.add_subcommand("scale", "Says how many processes are needed");
  group.group("Operation");
  group.require_subcommand(1);
  auto& command =
      *group.add_subcommand("advise", "How many processes of process and sink, and whether partitions are the limit");
  command.group("Commands");
  add_config_options(command, program);
  add_report_options(command, program, Rows::some);
  const auto options = std::make_shared<Options>();
  command.add_option("--target", options->target, "Catch up within this time. Default: 60s")->type_name("DURATION");
  command.add_option("--between", options->between, "Time between the two looks that the rates come from. Default: 5s")
      ->type_name("DURATION");
  add_examples(command, {{"wxpipe scale advise -c wxpipe.toml", "what to start"},
                         {"wxpipe scale advise --target 10m -c wxpipe.toml", "there is no hurry"},
                         {"wxpipe scale advise --json -c wxpipe.toml | jq .sink.advised", "for an autoscaler"}});
  command.callback([&program, options] { run(program, *options); });
  add_examples(group, {{"wxpipe scale advise -c wxpipe.toml", "what to start"}});
}

}  // namespace wxpipe::cli
