#include "cli/tail_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>

#include "cli/moment.hpp"
#include "common/config/units.hpp"
#include "common/report/cells.hpp"
#include "common/result.hpp"
#include "common/runtime/stop_signals.hpp"
#include "common/runtime/stop_wait.hpp"
#include "operate/tail_report.hpp"
#include "sinks/family_databases.hpp"

namespace wxpipe::cli {
namespace {
using namespace std::chrono_literals;
using operate::Followed;
using report::Kind, report::Table;
using std::chrono::steady_clock;

constexpr size_t kWidth = 60;     // columns for content
constexpr auto kPause = 200ms;    // between two looks
constexpr auto kTellBehind = 5s;  // how often it says that it is behind
constexpr std::string_view kCounts[] = {"type", "account", "fate"};

struct Options {
  std::string where, since, count_by, duration;
  std::vector<std::string> match;
  std::string patience = "5s";
  uint64_t count = 0;
};

std::chrono::milliseconds duration(const char* option, const std::string& text) {
  const auto parsed = config::parse_duration(text);
  if (!parsed) throw UsageError(fmt::format("{}: '{}' is not a duration; write 5s or 2m", option, text));
  return std::chrono::duration_cast<std::chrono::milliseconds>(*parsed);
}

// What strangers wrote must not steer a terminal.
std::string one_line(std::string_view content) {
  auto lines = report::lines_of(content, kWidth);
  return lines.empty() ? std::string() : std::move(lines.front());
}

void print(const Followed& one, Format format) {
  if (format != Format::text) {  // there is no end at which one object could be closed
    std::string line;
    report::append_row(line, operate::followed_columns(), operate::row_of(one));
    fmt::print("{}\n", line);
    return;
  }
  fmt::print("{} {:<11} {} {} {} {}  ({})\n", to_iso8601(one.received_at).substr(11, 12), operate::to_string(one.fate),
             one.account, one.type.empty() ? one.event_id : one.type, one_line(one.subject), one_line(one.content),
             one.detail.empty() ? one.receipt : one.detail);
}

std::string counted_by(const Followed& one, std::string_view what) {
  if (what == "account") return one.account;
  if (what == "fate") return std::string(operate::to_string(one.fate));
  return one.type;
}

void run(Program& program, const Options& options) {
  if (!options.count_by.empty() && std::ranges::find(kCounts, options.count_by) == std::end(kCounts))
    throw UsageError(fmt::format("--count-by: '{}' can't be counted by; type, account and fate can", options.count_by));
  Timestamp from = system_clock().now();
  if (!options.since.empty()) {
    const auto at = parse_moment(options.since, from);
    if (!at) throw UsageError(fmt::format("--since: '{}' is not a moment; {}", options.since, kMomentForms));
    from = *at;
  }
  operate::EventFilter filter(options.where, options.match);
  const auto patience = duration("--patience", options.patience);
  const auto settings = load_settings(program, config::kForPostgres);
  const runtime::StopSignals signals;
  const auto stop = signals.token();
  const auto end = options.duration.empty() ? steady_clock::time_point::max()
                                            : steady_clock::now() + duration("--duration", options.duration);
  const auto connection = sinks::open(sinks::database_of<schemas::Event>(settings), "wxpipe tail");
  connection->execute("set default_transaction_read_only = on; set statement_timeout = '10s'");
  connection->execute(std::string(sinks::kReadByIndex));
  operate::Tail tail(settings, std::move(filter), from, {.patience = patience});

  std::map<std::string, uint64_t> counts;
  uint64_t shown = 0;
  auto told = steady_clock::now();
  const auto enough = [&] { return options.count > 0 && shown >= options.count; };
  while (!stop.stop_requested() && !enough() && steady_clock::now() < end) {
    const auto began = steady_clock::now();
    for (const auto& one : tail.step(*connection, began)) {
      if (enough()) break;
      ++shown;
      if (options.count_by.empty())
        print(one, program.format);
      else
        ++counts[counted_by(one, options.count_by)];
    }
    if (std::fflush(stdout) != 0) throw std::runtime_error("standard output is closed");
    if (tail.behind() > 0 && began - told > kTellBehind) {
      told = began;
      fmt::print(stderr, "wxpipe tail is {} behind; nothing is left out\n",
                 report::counted(static_cast<uint64_t>(tail.behind()), "record"));
    }
    if (tail.behind() == 0) runtime::wait(stop, kPause);
  }
  if (options.count_by.empty()) return;
  Table table{"counts", "", {{options.count_by, options.count_by}, {"events", "events", Kind::count}}, {}};
  for (const auto& [what, number] : counts) table.rows.push_back({what, number});
  table.total = {"all", shown};
  conclude(program, {.tables = {std::move(table)}});
}
}  // namespace

void add_tail_command(Program& program) {
  auto& command = *program.app.add_subcommand(
      "tail", "Follows the events as they come, each with its fate: stored, repeat, dead_letter, on_its_way");
  command.group("Operation");
  add_config_options(command, program);
  add_report_options(command, program, Rows::some);
  command.get_option("--json")->description("As --ndjson: events never end. With --count-by: one JSON object");
  const auto options = std::make_shared<Options>();
  command.add_option("--where", options->where, "Only such events: account=shop,type=message.*")
      ->type_name("NAME=PATTERN,…");
  command
      .add_option("--match", options->match, "Only events whose JSON has such a value: /attributes/EventKey=qrscene_*")
      ->type_name("POINTER=PATTERN");
  command.add_option("--since", options->since, "Begin with what was received then; UTC, or how long ago: 10m")
      ->type_name("TIME");
  command
      .add_option("--count-by", options->count_by,
                  "Print no events; at the end, how many there were by type, account or fate")
      ->type_name("WHAT");
  command.add_option("--count", options->count, "End after so many")->type_name("N");
  command.add_option("--duration", options->duration, "End after this time. Default: Ctrl-C ends it")
      ->type_name("DURATION");
  command
      .add_option("--patience", options->patience,
                  "How long to wait for an event's row before it is shown as on_its_way. Default: 5s")
      ->type_name("DURATION");
  add_examples(command, {{"wxpipe tail -c wxpipe.toml", "everything, as it comes"},
                         {"wxpipe tail --where account=shop,type=follower.* -c wxpipe.toml", "who comes and goes"},
                         {"wxpipe tail --since 10m --ndjson -c wxpipe.toml | jq 'select(.fate != \"stored\")'",
                          "what of the last ten minutes is no row"},
                         {"wxpipe tail --count-by type --duration 1m -c wxpipe.toml", "what comes in a minute"}});
  command.callback([&program, options] { run(program, *options); });
}

}  // namespace wxpipe::cli
