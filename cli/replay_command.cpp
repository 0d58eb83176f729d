#include "cli/replay_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>

#include "common/runtime/stop_signals.hpp"
#include "operate/replay_request.hpp"

namespace wxpipe::cli {
namespace {
using namespace std::chrono_literals;
using report::grouped;
using std::chrono::steady_clock;

constexpr auto kTellEvery = 2s;
// Steps name accounts, menus and channels.
constexpr config::Needs kForTables{.accounts = false, .sealing = false, .console = false, .reference = true};

class Progress {
 public:
  void tell(const operate::Replayed& done) {
    const auto now = steady_clock::now();
    if (now - told_ < kTellEvery) return;
    told_ = now;
    const double seconds = std::chrono::duration<double>(now - began_).count();
    const double rate = static_cast<double>(done.offsets) / seconds;
    const auto left = static_cast<double>(done.offsets_in_all - done.offsets) / std::max(rate, 1e-3);
    fmt::print(stderr, "{} of {} offsets, {}/s, {} left\n", grouped(static_cast<uint64_t>(done.offsets)),
               grouped(static_cast<uint64_t>(done.offsets_in_all)), grouped(static_cast<uint64_t>(rate)),
               report::duration_words(std::chrono::microseconds(static_cast<int64_t>(left * 1e6))));
  }

 private:
  const steady_clock::time_point began_ = steady_clock::now();
  steady_clock::time_point told_ = began_;
};

void run(Program& program, const operate::ReplayRequest& request) {
  operate::check(request);
  const auto settings = load_settings(program, request.renormalize ? config::kForCallbacks : kForTables);
  const runtime::StopSignals signals;
  Progress progress;
  conclude(program, operate::run_replay(
                        settings, request, operate::this_operator(),
                        [&](const operate::Replayed& so_far) { progress.tell(so_far); }, signals.token()));
}
}  // namespace

void add_replay_command(Program& program) {
  auto& command = *program.app.add_subcommand(
      "replay", "Takes what is on the topics once more: into the tables, a side schema, another topic or files");
  command.group("Operation");
  add_config_options(command, program);
  add_report_options(command, program, Rows::some);
  const auto options = std::make_shared<operate::ReplayRequest>();
  command
      .add_option("topic", options->topics,
                  "events, messages, followers, leads, customers, logs, directory, receipts, instances, dead_letters, "
                  "custody or calls; several one after the other. Default: events, from which all but the last three "
                  "follow")
      ->type_name("TOPIC");
  command
      .add_option(
          "--from", options->from,
          "Begin with what was received then (UTC, or how long ago: 2h), at bookmark:NAME or at offset:N of each "
          "partition. Default: the oldest there is")
      ->type_name("PLACE");
  command.add_option("--to", options->to, "… and end before that. Default: what is there now")->type_name("PLACE");
  command.add_option("--partition", options->partition, "Only this partition")->check(zero_or_more())->type_name("N");
  command.add_option("--where", options->where, "Only such events: account=shop,type=message.*")
      ->type_name("NAME=PATTERN,…");
  command
      .add_option("--match", options->match, "Only events whose JSON has such a value: /attributes/EventKey=qrscene_*")
      ->type_name("POINTER=PATTERN");
  command
      .add_option("--into", options->into,
                  "tables (production's), schema:NAME (the same tables beside them), topic:NAME, or files:FOLDER. "
                  "Default: tables")
      ->type_name("TARGET");
  command
      .add_option("--format", options->format,
                  "Of files: ndjson or csv; with .zst behind it, compressed. Default: ndjson")
      ->check(CLI::IsMember({"ndjson", "csv", "ndjson.zst", "csv.zst"}))
      ->type_name("FORMAT");
  command.add_flag("--renormalize", options->renormalize, "Make each event anew out of its body, by today's rules");
  command.add_option("--rescore", options->rules, "Score by the [[rules]] of this file")->type_name("FILE");
  command.add_option("--rate", options->rate, "At most so many records a second. Default: as fast as it can")
      ->check(above_zero())
      ->type_name("N");
  command.add_flag("--resume", options->resume, "Go on where the same command was stopped");
  command.add_option("--why", options->why, "Why, for audit_logs")->type_name("TEXT");
  command.add_flag("--dry-run", options->dry_run, "Only count");
  command.add_flag("--yes", options->yes, "Write into production's tables; without it that is a dry run");
  add_examples(
      command,
      {{"wxpipe replay --from 2026-11-24T08:00 --to 2026-11-24T12:00 -c wxpipe.toml", "how much is a morning?"},
       {"wxpipe replay --from 2026-11-24T08:00 --to 2026-11-24T12:00 --yes --why 'rows were deleted' -c wxpipe.toml",
        "rows that are missing come back, all others stay as they are"},
       {"wxpipe replay --renormalize --into schema:try -c wxpipe.toml && wxpipe diff try -c wxpipe.toml",
        "what would today's rules make of everything?"},
       {"wxpipe replay --rescore new-rules.toml --into schema:scores --where account=shop -c wxpipe.toml",
        "scores by other rules"},
       {"wxpipe replay messages --where type=message.* --into files:november --format csv -c wxpipe.toml",
        "messages for a spreadsheet"}});
  command.callback([&program, options] { run(program, *options); });
}

}  // namespace wxpipe::cli
