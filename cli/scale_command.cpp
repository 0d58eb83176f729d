#include "cli/scale_command.hpp"

#include <fmt/format.h>

#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "common/config/units.hpp"
#include "common/result.hpp"
#include "common/runtime/stop_signals.hpp"
#include "common/runtime/stop_wait.hpp"
#include "common/telemetry/admin_server.hpp"
#include "common/telemetry/log.hpp"
#include "operate/lag.hpp"
#include "operate/scale_report.hpp"

namespace wxpipe::cli {
namespace {
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kHoldsFor{120'000};  // an advice that could not be renewed

struct Options {
  std::string target = "60s", between = "5s", listen;
};

milliseconds duration(const char* option, const std::string& text) {
  const auto parsed = config::parse_duration(text);
  if (!parsed || parsed->count() <= 0)
    throw UsageError(fmt::format("{}: '{}' is not a duration; write 60s or 2m", option, text));
  return *parsed;
}

// What the page says: the newest advice, while it is new enough. Any thread.
class Board {
 public:
  void put(const std::map<std::string, size_t>& advised) {
    const std::lock_guard lock(mutex_);
    text_ = "{";
    for (const auto& [role, processes] : advised)
      text_ += fmt::format("{}\"{}\": {}", text_.size() > 1 ? ", " : "", role, processes);
    text_ += "}\n";
    at_ = steady_clock::now();
  }
  std::string json() const {
    const std::lock_guard lock(mutex_);
    if (text_.empty() || steady_clock::now() - at_ > kHoldsFor) throw UsageError("no advice: /readyz says why\n");
    return text_;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
  steady_clock::time_point at_;
};

// Until a signal comes. When Kafka or Postgres is away, it waits for them.
void serve(const config::Settings& settings, const config::Endpoint& listen, milliseconds target, milliseconds between,
           const std::stop_token& stop) {
  Board board;
  telemetry::Metrics metrics;
  telemetry::Readiness readiness;
  readiness.not_ready("advice", "it takes two looks");
  telemetry::AdminPages pages;
  pages.add("/scale", [&board](auto) { return board.json(); });
  const telemetry::AdminServer server({listen, settings.admin.hosts}, metrics, readiness, std::move(pages));
  operate::LagMeter meter(settings);
  sinks::FamilyConnections databases(settings, "wxpipe scale");
  std::optional<operate::LagLook> before;
  std::string shown;
  for (; !stop.stop_requested(); runtime::wait(stop, between)) {
    try {
      auto now = meter.look(databases);
      if (before) {
        board.put(operate::scale_advice(settings, *before, now, target).processes);
        readiness.ready("advice");
        shown.clear();
      }
      before = std::move(now);
    } catch (const std::exception& error) {  // whatever it is, the autoscaler must not lose the page for it
      if (shown != error.what()) telemetry::log_warn("advice_hindered", {{"why", error.what()}});
      shown = error.what();
      readiness.not_ready("advice", shown);
      databases.forget_all();
      before.reset();
    }
  }
}

void run(Program& program, const Options& options) {
  const auto target = duration("--target", options.target), between = duration("--between", options.between);
  const auto listen = config::parse_endpoint(options.listen);
  if (!options.listen.empty() && !listen)
    throw UsageError(fmt::format("--listen: '{}' is not an address; write 0.0.0.0:9465", options.listen));
  const runtime::StopSignals signals;
  const auto settings = load_settings(program, config::kForPostgres);
  if (listen) return serve(settings, *listen, target, between, signals.token());
  sinks::FamilyConnections databases(settings, "wxpipe scale");
  operate::LagMeter meter(settings);
  const auto before = meter.look(databases);
  runtime::wait(signals.token(), between);
  if (signals.token().stop_requested()) return;
  conclude(program, operate::scale_advice(settings, before, meter.look(databases), target).report);
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
  command
      .add_option(
          "--listen", options->listen,
          "Goes on until it is stopped, and says it at http://HOST:PORT/scale, as {\"process\": 3, \"sink\": 2}")
      ->type_name("HOST:PORT");
  add_examples(command,
               {{"wxpipe scale advise -c wxpipe.toml", "what to start"},
                {"wxpipe scale advise --target 10m -c wxpipe.toml", "there is no hurry"},
                {"wxpipe scale advise --json -c wxpipe.toml | jq .advised", "for a script"},
                {"wxpipe scale advise --listen 0.0.0.0:9465 -c wxpipe.toml", "for an autoscaler such as KEDA"}});
  command.callback([&program, options] { run(program, *options); });
  add_examples(group, {{"wxpipe scale advise -c wxpipe.toml", "what to start"}});
}

}  // namespace wxpipe::cli
