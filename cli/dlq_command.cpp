#include "cli/dlq_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>

#include "cli/moment.hpp"
#include "common/postgres/migrations.hpp"
#include "common/report/cells.hpp"
#include "common/result.hpp"
#include "common/runtime/stop_signals.hpp"
#include "operate/dead_letters.hpp"

namespace wxpipe::cli {
namespace {
using operate::LetterFilter, operate::LetterState;
using report::counted, report::Kind, report::Level, report::Report, report::Table;

constexpr std::array<std::string_view, 5> kBy{"reason", "account", "stage", "hour", "state"};
constexpr size_t kSamples = 3;

struct Options {
  std::string id, account, stage, reason, from, to;
  std::string state = "open";
  std::string by, why;
  size_t limit = 20;
  int64_t most = 0;
  bool yes = false, all = false;
};

LetterFilter filter_of(const Options& options) {
  LetterFilter filter{options.id, options.account, options.stage, options.reason, {}, {}, {}};
  const auto now = system_clock().now();
  for (const auto& [name, text, at] :
       {std::tuple{"--from", &options.from, &filter.from}, {"--to", &options.to, &filter.to}}) {
    if (text->empty()) continue;
    *at = parse_moment(*text, now);
    if (!*at) throw UsageError(fmt::format("{}: '{}' is not a moment; {}", name, *text, kMomentForms));
  }
  if (options.state == "any") return filter;
  for (const auto state : {LetterState::open, LetterState::retried, LetterState::dropped, LetterState::parked})
    if (options.state == operate::to_string(state)) filter.state = state;
  if (!filter.state)
    throw UsageError(
        fmt::format("--state: there is no '{}'; there are open, retried, dropped, parked and any", options.state));
  return filter;
}

struct Session {
  Session(Program& program, const config::Needs& needs)
      : settings(load_settings(program, needs)),
        connection(settings.postgres.url, "wxpipe dlq", postgres::Purpose::administration) {
    postgres::require_schema(connection);
  }
  config::Settings settings;
  postgres::Connection connection;
};

Table table_of(std::string key, const std::vector<operate::StoredLetter>& letters) {
  Table table{std::move(key),
              "",
              {{"dead_letter_id", "dead letter"},
               {"failed_at", "failed", Kind::time},
               {"stage", "stage"},
               {"reason", "reason"},
               {"account", "account"},
               {"state", "state"},
               {"detail", "detail"},
               {"receipt"}},
              {}};
  for (const auto& one : letters)
    table.rows.push_back({one.id, one.failed_at, one.stage, one.reason, one.account, operate::to_string(one.state),
                          one.detail, one.receipt});
  return table;
}

void list(Program& program, const Options& options) {
  Session session(program, config::kForPostgres);
  const auto filter = filter_of(options);
  Report report;
  const auto total = operate::count_letters(session.connection, filter);
  report.facts = {{"filter", "", filter.text()}, {"letters", "", total}};
  for (const auto by : kBy) {
    if (!options.by.empty() ? options.by != by : by == "hour") continue;
    Table counts{
        fmt::format("by_{}", by), "", {{std::string(by), std::string(by)}, {"letters", "letters", Kind::count}}, {}};
    for (const auto& [what, count] : operate::count_letters(session.connection, filter, by))
      counts.rows.push_back({what, count});
    report.tables.push_back(std::move(counts));
  }
  report.main = report.tables.size();
  report.tables.push_back(table_of("newest", operate::list_letters(session.connection, filter, options.limit)));
  report.findings.push_back(
      {Level::note, counted(static_cast<uint64_t>(total), "dead letter"),
       total == 0 ? "" : "wxpipe explain REASON says what each reason means, wxpipe dlq show ID shows one."});
  conclude(program, report);
}

void show(Program& program, const Options& options) {
  Session session(program, config::kForPostgres);
  const auto fields = operate::show_letter(session.connection, options.id);
  if (fields.empty()) {
    conclude(program, {.findings = {{Level::error, fmt::format("there is no dead letter {}", options.id),
                                     "`wxpipe dlq ls` lists them; `wxpipe trace ID` looks for other ids too."}}});
    return;
  }
  Table table{"dead_letter", "", {{"name", "column"}, {"value", "value"}}, {}};
  for (const auto& [name, value] : fields) table.rows.push_back({name, report::with_valid_utf8(value)});
  conclude(program, {.tables = {std::move(table)}});
}

// What a command that changes something would do: how many, three samples, and the words that do it.
Report preview(Session& session, const LetterFilter& filter, std::string_view verb, int64_t count) {
  Report report;
  report.facts = {{"filter", "", filter.text()}, {"letters", "letters", count, Kind::count}};
  report.tables.push_back(table_of("samples", operate::list_letters(session.connection, filter, kSamples)));
  report.findings.push_back(
      {Level::note,
       fmt::format("nothing was changed; {} would be {}", counted(static_cast<uint64_t>(count), "letter"), verb),
       count == 0 ? "Is the filter right? `wxpipe dlq ls --state any` shows all." : "Say it again with --yes."});
  return report;
}

void add_refused(Report& report, const operate::Retried& done) {
  Table refused{"refused", "", {{"why", "why not put back"}, {"letters", "letters", Kind::count}}, {}};
  for (const auto& [why, count] : done.refused) {
    refused.rows.push_back({why, count});
    report.findings.push_back(
        {Level::warning, fmt::format("{} not put back: {}", counted(static_cast<uint64_t>(count), "letter"), why), ""});
  }
  report.tables.push_back(std::move(refused));
}

void require_a_choice(const Options& options) {
  if (options.id.empty() && options.account.empty() && options.stage.empty() && options.reason.empty() &&
      options.from.empty() && options.to.empty() && !options.all)
    throw UsageError(
        "which dead letters? Name one by its id, give a filter (--reason, --account, --stage, --from, --to), or say --all");
}

void retry(Program& program, const Options& options) {
  require_a_choice(options);
  const auto filter = filter_of(options);
  Session session(program, config::kEverything);
  const runtime::StopSignals signals;
  operate::RetryOrder order{filter, options.why, !options.yes, options.most};
  const auto done = operate::retry_letters(
      session.connection, session.settings, order,
      [&](const operate::Retried& so_far) {
        if (options.yes && so_far.looked_at % 5000 == 0)
          fmt::print(stderr, "{} looked at, {} put back\n", report::grouped(static_cast<uint64_t>(so_far.looked_at)),
                     report::grouped(static_cast<uint64_t>(so_far.sent)));
      },
      signals.token());
  Report report;
  if (!options.yes) {
    report = preview(session, filter, "put back", done.sent);
  } else {
    report.facts = {{"filter", "", filter.text()}, {"letters", "", done.looked_at}, {"put_back", "", done.sent}};
    report.findings.push_back(
        {Level::fine, fmt::format("{} put back", counted(static_cast<uint64_t>(done.sent), "letter")),
         done.sent == 0 ? "" : "They take the normal path now; `wxpipe lag` says when they are through."});
  }
  add_refused(report, done);
  conclude(program, report);
}

void drop(Program& program, const Options& options) {
  require_a_choice(options);
  if (options.why.empty()) throw UsageError("--why: a dropped letter needs a reason, for whoever asks later");
  const auto filter = filter_of(options);
  Session session(program, config::kForPostgres);
  if (!options.yes)
    return conclude(program, preview(session, filter, "dropped", operate::count_letters(session.connection, filter)));
  const auto dropped = operate::drop_letters(session.connection, filter, options.why);
  conclude(program,
           {.facts = {{"filter", "", filter.text()}, {"dropped", "", dropped}},
            .findings = {{Level::fine,
                          fmt::format("{} dropped; the rows stay", counted(static_cast<uint64_t>(dropped), "letter")),
                          "`wxpipe dlq ls --state dropped` shows them."}}});
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
      ->check(CLI::IsMember(std::vector<std::string>(kBy.begin(), kBy.end())))
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
      ->check(CLI::NonNegativeNumber)
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
