#include "cli/scale_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "common/config/units.hpp"
#include "common/postgres/migrations.hpp"
#include "common/result.hpp"
#include "common/runtime/stop_signals.hpp"
#include "common/runtime/stop_wait.hpp"
#include "common/telemetry/admin_server.hpp"
#include "common/telemetry/log.hpp"
#include "operate/lag.hpp"
#include "operate/scale.hpp"
#include "schemas/topics.hpp"
#include "sinks/families.hpp"

namespace wxpipe::cli {
namespace {
using operate::Need;
using report::Finding, report::Kind, report::Level, report::Report, report::Table, report::Value;
using std::chrono::milliseconds;

using std::chrono::steady_clock;

constexpr milliseconds kTimeout{5'000};     // of one question to Kafka
constexpr milliseconds kHoldsFor{120'000};  // an advice that could not be renewed

struct Options {
  std::string target = "60s", between = "5s", listen;
};

// By role: processes.
using Advised = std::map<std::string, size_t>;
struct Advice {
  Report report;
  Advised advised;
};

milliseconds duration(const char* option, const std::string& text) {
  const auto parsed = config::parse_duration(text);
  if (!parsed || parsed->count() <= 0)
    throw UsageError(fmt::format("{}: '{}' is not a duration; write 60s or 2m", option, text));
  return *parsed;
}

// The role of a reader, and the number of workers that one process of it has for this reader.
struct Role {
  std::string name;
  size_t workers_each = 1;
  std::string group;
};
Role role_of(const std::string& reader, const config::Settings& settings) {
  const auto& prefix = settings.kafka.topic_prefix;
  if (reader == "process")
    return {"process", static_cast<size_t>(std::max(1, settings.process.workers)), schemas::process_group(prefix)};
  for (const auto* family : sinks::all_families())
    if (reader == fmt::format("sink.{}", family->name)) return {"sink", 1, sinks::group_id(prefix, *family)};
  throw std::logic_error("a reader without a role: " + reader);
}

size_t processes(size_t workers, size_t each) { return (workers + each - 1) / each; }

Finding finding_of(const std::string& reader, const Role& role, const operate::ReaderLag& lag, size_t workers_now,
                   const operate::Advice& advice, milliseconds target) {
  const auto wait = report::counted(static_cast<uint64_t>(lag.records), "record");
  const auto goal = report::duration_words(target);
  const auto more = processes(advice.workers, role.workers_each);
  switch (advice.need) {
    case Need::nothing:
      return {Level::fine, fmt::format("{} keeps up", reader)};
    case Need::start:
      return {Level::warning, fmt::format("{}: {} waiting, and nobody takes them", reader, wait),
              fmt::format("Start a process of {}.", role.name)};
    case Need::more:
      return {Level::warning, fmt::format("{}: {} waiting, too slow to catch up in {}", reader, wait, goal),
              fmt::format("Let {} of {} run, if the machines have the CPU for it.", report::counted(more, "process"),
                          role.name)};
    case Need::partitions:
      return {Level::warning,
              fmt::format("{}: {} waiting, and {} are the limit: even one worker for each would be too slow for {}",
                          reader, wait, report::counted(lag.partitions, "partition"), goal),
              fmt::format("Let {} of {} run now. {} would need about {}: `wxpipe topics grow {} --to {}`.",
                          report::counted(more, "process"), role.name, goal,
                          report::counted(advice.partitions.value_or(0), "partition"),
                          reader == "process" ? "events" : reader.substr(reader.find('.') + 1),
                          advice.partitions.value_or(0))};
    case Need::fewer:
      return {Level::note,
              fmt::format("{}: {} for {}, so some have nothing to do", reader, report::counted(workers_now, "worker"),
                          report::counted(lag.partitions, "partition")),
              "They stand by, which costs little; or stop some."};
    case Need::look_at_it:
      return {Level::error,
              fmt::format("{}: {} waiting, {} there, and nothing is taken", reader, wait,
                          report::counted(workers_now, "worker")),
              "More processes would not help. Look at their /readyz: `wxpipe doctor`."};
  }
  return {};
}

// From two looks.
Advice advice_of(const config::Settings& settings, const operate::LagLook& before, const operate::LagLook& now,
                 milliseconds target) {
  Table table{"readers",
              "",
              {{"reader", "reader"},
               {"records", "records behind", Kind::count},
               {"in_per_second", "in/s", Kind::count},
               {"out_per_second", "out/s", Kind::count},
               {"partitions", "partitions", Kind::count},
               {"workers", "workers", Kind::count},
               {"need", "need"},
               {"advised_workers", "advised", Kind::count},
               {"needed_partitions"},
               {"catch_up_us", "then caught up in", Kind::duration}},
              {}};
  Advice all;
  auto& report = all.report;
  struct Count {
    size_t now = 0, advised = 0;
    bool partitions_are_the_limit = false;
  };
  std::map<std::string, Count> roles;
  for (const auto& lag : operate::readers(before, now)) {
    const auto role = role_of(lag.reader, settings);
    const auto workers = kafka::GroupOffsets(settings.kafka, role.group).members(kTimeout);
    const auto advice =
        operate::advise({lag.partitions, workers, lag.records, lag.in_per_second, lag.out_per_second, lag.age}, target);
    auto& count = roles[role.name];
    count.now = std::max(count.now, processes(workers, role.workers_each));
    count.advised = std::max(count.advised, processes(advice.workers, role.workers_each));
    count.partitions_are_the_limit |= advice.need == Need::partitions;
    table.rows.push_back({lag.reader, lag.records, std::round(lag.in_per_second), std::round(lag.out_per_second),
                          lag.partitions, workers, to_string(advice.need), advice.workers, advice.partitions,
                          advice.caught_up ? Value(advice.caught_up->count()) : Value()});
    auto finding = finding_of(lag.reader, role, lag, workers, advice, target);
    if (advice.need != Need::nothing) report.findings.push_back(std::move(finding));
  }
  report::Object advised;
  for (const auto& [name, count] : roles) {
    all.advised[name] = count.advised;
    advised.push_back({name, count.advised});
    report.facts.push_back({name, fmt::format("processes of {}", name),
                            report::Object{{"processes", count.now},
                                           {"advised", count.advised},
                                           {"partitions_are_the_limit", count.partitions_are_the_limit}},
                            Kind::text, fmt::format("{} now, {} advised", count.now, count.advised)});
  }
  report.facts.push_back({"advised", "", advised});
  if (report.findings.empty()) report.findings.push_back({Level::fine, "every reader keeps up"});
  report.tables.push_back(std::move(table));
  return all;
}

std::unique_ptr<postgres::Connection> connect(const config::Settings& settings) {
  auto connection =
      std::make_unique<postgres::Connection>(settings.postgres.url, "wxpipe scale", postgres::Purpose::administration);
  postgres::require_schema(*connection);
  return connection;
}

// What the page says: the newest advice, while it is new enough. Any thread.
class Board {
 public:
  void put(const Advised& advised) {
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
  std::unique_ptr<postgres::Connection> connection;
  std::optional<operate::LagLook> before;
  std::string shown;
  for (; !stop.stop_requested(); runtime::wait(stop, between)) {
    try {
      if (!connection) connection = connect(settings);
      auto now = meter.look(*connection);
      if (before) {
        board.put(advice_of(settings, *before, now, target).advised);
        readiness.ready("advice");
        shown.clear();
      }
      before = std::move(now);
    } catch (const std::exception& error) {  // whatever it is, the autoscaler must not lose the page for it
      if (shown != error.what()) telemetry::log_warn("advice_hindered", {{"why", error.what()}});
      shown = error.what();
      readiness.not_ready("advice", shown);
      connection.reset();
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
  const auto connection = connect(settings);
  operate::LagMeter meter(settings);
  const auto before = meter.look(*connection);
  runtime::wait(signals.token(), between);
  if (signals.token().stop_requested()) return;
  conclude(program, advice_of(settings, before, meter.look(*connection), target).report);
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
