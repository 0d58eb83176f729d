#include "cli/score_command.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <memory>

#include "cli/moment.hpp"
#include "common/result.hpp"
#include "common/runtime/stop_signals.hpp"
#include "operate/scores.hpp"
#include "sinks/family_databases.hpp"

namespace wxpipe::cli {
namespace {
using operate::ExplainedScore, operate::LeadKey, operate::MovedScores;
using report::counted, report::Kind, report::Level, report::Report, report::Table;

struct Options {
  std::string subject, account, on, rules, from, to, where;
  size_t limit = 50;
  bool dry_run = false;
};

double two_places(double value) { return std::round(value * 100) / 100; }

Report choice(const std::string& subject, const std::vector<LeadKey>& leads) {
  Table table{"leads", "", {{"account", "account"}, {"tenant", "tenant"}, {"subject", "subject"}}, {}};
  for (const auto& one : leads) table.rows.push_back({one.account, one.tenant, one.subject});
  if (leads.empty())
    return {.tables = {std::move(table)},
            .findings = {{Level::error, fmt::format("no lead is known as '{}'", subject),
                          "Leads are called as the account calls the person: openid, external user id, phone …"}}};
  return {.tables = {std::move(table)},
          .findings = {{Level::note, fmt::format("{} may be meant", counted(leads.size(), "lead")),
                        "Name one of them with --account."}}};
}

Report report_of(const LeadKey& lead, const ExplainedScore& explained, size_t limit) {
  Table parts{"parts",
              "",
              {{"occurred_at", "at", Kind::time},
               {"rule", "rule"},
               {"dimension", "dimension"},
               {"points", "points", Kind::count},
               {"counted", "within cap", Kind::count},
               {"now", "on that day", Kind::count},
               {"description", "what"},
               {"event_id"}},
              {}};
  for (const auto& one : explained.parts) {
    if (parts.rows.size() == limit) break;
    parts.rows.push_back({one.occurred_at, one.rule, one.dimension, one.points, two_places(one.counted),
                          two_places(one.now), one.description, one.event_id});
  }
  Report report{.facts = {{"account", "account", lead.account},
                          {"tenant", "", lead.tenant},
                          {"subject", "lead", lead.subject},
                          {"on", "on", explained.on},
                          {"score", "score", explained.by_sums},
                          {"sum", "sum of its parts", two_places(explained.sum)},
                          {"activities", "activities", static_cast<int64_t>(explained.parts.size())}},
                .tables = {std::move(parts)}};
  if (explained.score != explained.by_sums)
    report.findings.push_back(
        {Level::warning,
         fmt::format("the activities that are there give {}, the sums by day and rule {}", explained.score,
                     explained.by_sums),
         "Months of lead_activities may have been dropped; or the sink is writing just now: ask again."});
  else
    report.findings.push_back({Level::fine, fmt::format("{} of 100 on {}, by {}", explained.by_sums, explained.on,
                                                        counted(explained.parts.size(), "part"))});
  return report;
}

void explain(Program& program, const Options& options) {
  const auto settings = load_settings(program, config::kForPostgres);
  const auto connection = sinks::open(sinks::database_of<schemas::LeadActivity>(settings), "wxpipe score");
  // Read only, and no question may take long: this runs beside the pipeline.
  connection->execute("set default_transaction_read_only = on; set statement_timeout = '10s'");
  const auto leads = operate::find_leads(*connection, options.subject, options.account);
  if (leads.size() != 1) return conclude(program, choice(options.subject, leads));
  conclude(program, report_of(leads[0], operate::explain_score(*connection, leads[0], options.on), options.limit));
}

operate::Place place(const char* option, const std::string& text) {
  if (text.empty()) return {};
  if (const auto at = parse_moment(text, system_clock().now())) return *at;
  throw UsageError(fmt::format("{}: '{}' is not a moment; {}", option, text, kMomentForms));
}

Report report_of(const operate::Replayed& done, const MovedScores& moved) {
  Table table{"moved",
              "",
              {{"account", "account"},
               {"tenant"},
               {"subject", "lead"},
               {"name", "name"},
               {"before", "now", Kind::count},
               {"after", "then", Kind::count},
               {"change", "change", Kind::count}},
              {}};
  for (const auto& one : moved.moved)
    table.rows.push_back(
        {one.lead.account, one.lead.tenant, one.lead.subject, one.name, one.before, one.after, one.after - one.before});
  Report report{.facts = {{"records", "records replayed", done.records, Kind::count},
                          {"events", "events about somebody", moved.events, Kind::count},
                          {"leads", "leads touched", moved.leads, Kind::count},
                          {"up", "up", moved.up, Kind::count},
                          {"down", "down", moved.down, Kind::count},
                          {"fresh", "new leads", moved.fresh, Kind::count},
                          {"stopped", "", done.stopped}},
                .tables = {std::move(table)}};
  if (done.stopped) report.findings.push_back({Level::warning, "stopped: the figures are of what was read until then"});
  report.findings.push_back(
      {Level::fine,
       fmt::format("{} of {} would move; nothing was written", moved.up + moved.down,
                   counted(static_cast<uint64_t>(moved.leads), "lead")),
       "Scores are as of each lead's last day. What is older than the topic keeps the points that it has."});
  return report;
}

void try_rules(Program& program, const Options& options) {
  if (!options.dry_run)
    throw UsageError(
        "say --dry-run: this only tells what would move. New rules count for events that come after process has them; "
        "`wxpipe replay --rescore FILE --into schema:NAME` writes what they make of the past, beside production");
  auto settings = load_settings(program, config::kForPostgres);
  const config::Environment environment{{{"WXPIPE_SCORE__RULES_FILE", options.rules}}, {}};
  settings.score.rules = config::load_settings("", environment, config::kForProcess).score.rules;
  operate::ReplayOrder order{.name = "score replay",
                             .from = place("--from", options.from),
                             .to = place("--to", options.to),
                             .filter = operate::EventFilter(options.where, {})};
  operate::require_order(order.from, order.to);
  const runtime::StopSignals signals;
  const auto connection = sinks::open(sinks::database_of<schemas::LeadActivity>(settings), "wxpipe score");
  operate::ScoreTrial trial(*connection);
  const auto done = operate::replay(settings, nullptr, order, trial, {}, signals.token());
  conclude(program, report_of(done, trial.result(options.limit)));
}

CLI::App& add_verb(CLI::App& group, Program& program, const char* name, const char* meaning) {
  auto& command = *group.add_subcommand(name, meaning);
  command.group("Commands");
  add_config_options(command, program);
  add_report_options(command, program, Rows::some);
  return command;
}
}  // namespace

void add_score_command(Program& program) {
  auto& group = *program.app.add_subcommand("score", "Scores: what one is made of, and what other rules would change");
  group.group("Operation");
  group.require_subcommand(1);
  const auto options = std::make_shared<Options>();

  auto& one = add_verb(group, program, "explain", "Shows what each activity adds to a lead's score");
  one.add_option("lead", options->subject, "The lead, as its account calls it: openid, external user id, phone …")
      ->required()
      ->type_name("SUBJECT");
  one.add_option("--account", options->account, "Of this account. Default: of the one that has it")->type_name("NAME");
  one.add_option("--on", options->on, "As of this day (UTC). Default: its last day of activity")->type_name("DAY");
  one.add_option("--limit", options->limit, "List so many activities. Default: 50")
      ->check(CLI::Range(0, 100'000))
      ->type_name("N");
  add_examples(one, {{"wxpipe score explain oUser1 -c wxpipe.toml", "why does this lead have its score?"},
                     {"wxpipe score explain 13800138000 --account forms --on 2026-11-24 -c wxpipe.toml",
                      "what it was made of on a day"}});
  one.callback([&program, options] { explain(program, *options); });

  auto& trial = add_verb(group, program, "replay", "Tells which leads other rules would move, and by how much");
  trial.add_option("--rules", options->rules, "The file with the [[rules]]")->required()->type_name("FILE");
  trial.add_flag("--dry-run", options->dry_run, "Must be said: nothing is ever written");
  trial.add_option("--from", options->from, "Begin with what was received then. Default: the oldest that events has")
      ->type_name("TIME");
  trial.add_option("--to", options->to, "… and end before that. Default: what is there now")->type_name("TIME");
  trial.add_option("--where", options->where, "Only such events: account=shop,type=message.*")
      ->type_name("NAME=PATTERN,…");
  trial.add_option("--limit", options->limit, "List so many leads, those that move most first. Default: 50")
      ->check(CLI::Range(0, 100'000))
      ->type_name("N");
  add_examples(trial, {{"wxpipe score replay --rules new-rules.toml --dry-run -c wxpipe.toml", "what would change?"},
                       {"wxpipe score replay --rules new-rules.toml --dry-run --from 24h --where account=shop -c "
                        "wxpipe.toml",
                        "a day of one account"}});
  trial.callback([&program, options] { try_rules(program, *options); });

  add_examples(group, {{"wxpipe score explain oUser1 -c wxpipe.toml", "why does this lead have its score?"},
                       {"wxpipe score replay --rules new-rules.toml --dry-run -c wxpipe.toml", "what would change?"}});
}

}  // namespace wxpipe::cli
