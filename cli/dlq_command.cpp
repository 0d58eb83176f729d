#include "cli/dlq_command.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "common/result.hpp"
#include "common/runtime/stop_signals.hpp"
#include "operate/away.hpp"
#include "operate/known_names.hpp"
#include "operate/letter_report.hpp"
#include "sinks/family_databases.hpp"

namespace wxpipe::cli {
namespace {
struct Options : operate::LetterWords {
  std::string by, why;
  size_t limit = 20;
  int64_t most = 0;
  bool yes = false, all = false;
};

struct Session {
  Session(Program& program, const config::Needs& needs)
      : settings(load_settings(program, needs)),
        connections(settings, "wxpipe dlq") {}
  void require_account(const operate::LetterFilter& filter) {
    operate::require_account(filter.account, settings, connections);
  }
  config::Settings settings;
  sinks::FamilyConnections connections;
};

void list(Program& program, const Options& options) {
  const auto filter = operate::filter_of(options, system_clock().now());
  Session session(program, config::kForPostgres);
  session.require_account(filter);
  std::vector<std::string> away;
  const auto databases = session.connections.reachable(away);
  auto report = operate::list_report(databases, filter, options.by, options.limit);
  operate::add_away(report, "dead letters", away);
  conclude(program, report);
}

void show(Program& program, const Options& options) {
  Session session(program, config::kForPostgres);
  conclude(program, operate::show_report(session.connections.all(), options.id));
}

void retry(Program& program, const Options& options) {
  operate::require_a_choice(options, options.all);
  const operate::RetryOrder order{operate::filter_of(options, system_clock().now()), options.why, !options.yes,
                                  options.most};
  Session session(program, config::kForCallbacks);
  session.require_account(order.filter);
  const runtime::StopSignals signals;
  const auto done = operate::retry_everywhere(
      session.connections.all(), session.settings, order,
      [&](const operate::Retried& so_far) {
        if (options.yes && so_far.looked_at % 5000 == 0)
          fmt::print(stderr, "{} looked at, {} put back\n", report::grouped(static_cast<uint64_t>(so_far.looked_at)),
                     report::grouped(static_cast<uint64_t>(so_far.sent)));
      },
      signals.token());
  conclude(program, operate::retried_report(session.connections.all(), order, done, said_again(program, "--yes")));
}

void drop(Program& program, const Options& options) {
  operate::require_a_choice(options, options.all);
  if (options.why.empty()) throw UsageError("--why: a dropped letter needs a reason, for whoever asks later");
  const auto filter = operate::filter_of(options, system_clock().now());
  Session session(program, config::kForPostgres);
  session.require_account(filter);
  if (!options.yes)
    return conclude(program, operate::preview(session.connections.all(), filter, "dropped",
                                              operate::count_everywhere(session.connections.all(), filter),
                                              said_again(program, "--yes")));
  conclude(program, operate::drop_report(session.connections.all(), filter, options.why));
}

CLI::App& add_verb(CLI::App& group, Program& program, const char* name, const char* meaning) {
  auto& command = *group.add_subcommand(name, meaning);
  command.group("Commands");
  add_config_options(command, program);
  add_report_options(command, program, Rows::some);
  return command;
}

void add_filter(CLI::App& command, Options& options) {
  command.add_option("--account", options.account, "Of this account")->type_name("NAME");
  command.add_option("--stage", options.stage, "Given up by ingest, process or sink.<family>")->type_name("STAGE");
  command.add_option("--reason", options.reason, "With this reason; `wxpipe explain` lists them")->type_name("REASON");
  command.add_option("--from", options.from, "Given up from then on; UTC, or how long ago: 2h")->type_name("TIME");
  command.add_option("--to", options.to, "… and before then")->type_name("TIME");
  command.add_option("--state", options.state, "open, retried, dropped, parked or any. Default: open")
      ->type_name("STATE");
}
}  // namespace

void add_dlq_command(Program& program) {
  auto& group = *program.app.add_subcommand("dlq", "Dead letters: counts, shows, puts back or drops them");
  group.group("Operation");
  group.require_subcommand(1);
  const auto options = std::make_shared<Options>();

  auto& ls = add_verb(group, program, "ls", "Counts dead letters and lists the newest");
  add_filter(ls, *options);
  ls.add_option("--by", options->by, "Count by reason, account, stage, hour or state. Default: all but hour")
      ->check(CLI::IsMember(std::vector<std::string>(operate::kCountedBy.begin(), operate::kCountedBy.end())))
      ->type_name("WHAT");
  ls.add_option("--limit", options->limit, "List so many. Default: 20")->check(CLI::Range(0, 10'000))->type_name("N");
  add_examples(ls, {{"wxpipe dlq ls -c wxpipe.toml", "what lies there"},
                    {"wxpipe dlq ls --reason undecryptable --from 24h --by hour -c wxpipe.toml", "when it began"},
                    {"wxpipe dlq ls --json -c wxpipe.toml | jq '.by_reason'", "for programs"}});
  ls.callback([&program, options] { list(program, *options); });

  auto& one = add_verb(group, program, "show", "Shows one with its bytes and its history");
  one.add_option("id", options->id, "Its dead_letter_id")->required()->type_name("ID");
  add_examples(one, {{"wxpipe dlq show 00000000-0000-8d3c-b0a1-44ce0f9d8e21 -c wxpipe.toml", "all that is known"}});
  one.callback([&program, options] { show(program, *options); });

  auto& again = add_verb(group, program, "retry",
                         "Puts them back where they fell out; without --yes it only says what it would do");
  again.add_option("id", options->id, "Only this one")->type_name("ID");
  add_filter(again, *options);
  again.add_flag("--all", options->all, "All of that state, without another filter");
  again.add_option("--why", options->why, "Why, for audit_logs")->type_name("TEXT");
  again.add_option("--most", options->most, "Look at so many, the oldest first. Default: all")
      ->check(zero_or_more())
      ->type_name("N");
  again.add_flag("--yes", options->yes, "Do it");
  add_examples(again,
               {{"wxpipe dlq retry --reason undecryptable --account shop -c wxpipe.toml", "what would be put back"},
                {"wxpipe dlq retry --reason undecryptable --account shop --why 'key corrected' --yes -c wxpipe.toml",
                 "opened with the key that is configured now, they become the events that they always were"},
                {"wxpipe dlq retry --state parked --reason constraint_violation --yes -c wxpipe.toml",
                 "once more, though they failed three times"}});
  again.callback([&program, options] { retry(program, *options); });

  auto& away = add_verb(group, program, "drop", "Marks them as done with; without --yes it only says what it would do");
  away.add_option("id", options->id, "Only this one")->type_name("ID");
  add_filter(away, *options);
  away.add_flag("--all", options->all, "All of that state, without another filter");
  away.add_option("--why", options->why, "Why, for audit_logs; needed")->type_name("TEXT");
  away.add_flag("--yes", options->yes, "Do it");
  add_examples(away, {{"wxpipe dlq drop --reason malformed_xml --to 2026-11-01 --why 'a scanner' --yes -c wxpipe.toml",
                       "their rows stay; ls shows them no longer"}});
  away.callback([&program, options] { drop(program, *options); });

  add_examples(group, {{"wxpipe dlq ls -c wxpipe.toml", "what lies there"},
                       {"wxpipe dlq retry --reason undecryptable --yes -c wxpipe.toml",
                        "put back what a wrong key left unread"}});
}

}  // namespace wxpipe::cli
