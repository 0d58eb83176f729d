#include "cli/audit_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>

#include "cli/copies_in_spools.hpp"
#include "cli/moment.hpp"
#include "common/config/units.hpp"
#include "common/postgres/migrations.hpp"
#include "common/result.hpp"
#include "ingest/delivery/spool_copies.hpp"
#include "sinks/custody/audit.hpp"
#include "sinks/custody/repair.hpp"

namespace wxpipe::cli {
namespace {
using report::counted, report::Column, report::Finding, report::Kind, report::Level, report::Report, report::Row,
    report::Table, report::Value;
using sinks::AuditReport;
using sinks::Mending;
using sinks::Tally;

struct Options {
  std::string from, to, account;
  std::string wait = "10s";
  bool minutes = false;
  bool repair = false, yes = false;
  int64_t most_records = sinks::SearchLimits{}.records;
  std::string most_time = "5m";
};

Timestamp moment(const char* option, const std::string& text) {
  const auto at = parse_moment(text, system_clock().now());
  if (!at) throw UsageError(fmt::format("{}: '{}' is not a moment; {}", option, text, kMomentForms));
  return *at;
}

sinks::Wanted wanted_of(const Options& options) {
  sinks::Wanted wanted;
  wanted.account = options.account;
  if (!options.from.empty()) wanted.from = std::chrono::floor<std::chrono::minutes>(moment("--from", options.from));
  if (!options.to.empty()) wanted.to = std::chrono::ceil<std::chrono::minutes>(moment("--to", options.to));
  if (wanted.from && wanted.to && *wanted.from >= *wanted.to)
    throw UsageError(fmt::format("--to: {} is not after --from, {}", to_iso8601(*wanted.to), to_iso8601(*wanted.from)));
  return wanted;
}

// Doesn't look at the configured accounts: rows of an account that was removed are audited too.
std::map<std::string, Tally> by_account(const AuditReport& found) {
  std::map<std::string, Tally> sums;
  for (const auto& [where, tally] : found.tallies) sums[where.first] += tally;
  return sums;
}

struct Count {
  const char *key, *title;
  int64_t Tally::*number;
};
constexpr std::array<Count, 6> kCounts{{{"acknowledged", "acknowledged", &Tally::acknowledged},
                                        {"stored", "stored", &Tally::stored},
                                        {"duplicates", "duplicates", &Tally::duplicates},
                                        {"dead_letters", "dead letters", &Tally::dead_letters},
                                        {"in_flight", "in flight", &Tally::in_flight},
                                        {"unaccounted", "unaccounted", &Tally::unaccounted}}};

Row row_of(Row head, const Tally& tally) {
  for (const auto& count : kCounts) head.emplace_back(tally.*count.number);
  return head;
}

Table tally_table(std::string key, std::vector<Column> head) {
  for (const auto& count : kCounts) head.push_back({count.key, count.title, Kind::count});
  return {std::move(key), "", std::move(head), {}};
}

std::vector<Finding> findings_of(const AuditReport& found) {
  std::vector<Finding> findings;
  const auto say = [&](Level level, std::string sentence, std::string remedy = {}) {
    findings.push_back({level, std::move(sentence), std::move(remedy)});
  };
  if (found.voided > 0)
    say(Level::note, counted(found.voided, "callback") + " answered with a failure; the platform sends it again");
  if (!found.in_doubt.empty())
    say(Level::warning, counted(found.in_doubt.size(), "receipt") +
                            " behind the last mark of a process that was killed: nobody knows whether it was answered");
  if (!found.marks_missing.empty())
    say(Level::error, counted(found.marks_missing.size(), "gap") + " between the marks: nothing can be proven there",
        "Look for dead letters of stage sink.custody.");
  if (!found.missing.empty())
    say(Level::error,
        "not everything that was acknowledged is accounted for: " + counted(found.missing.size(), "callback") +
            " found nowhere",
        "`wxpipe audit --repair` says what can be sent again. Look for event=records_lost or spool_damaged in the logs, a "
        "restored backup or a dropped partition. If a dead letter was put back and its event was lost then, `wxpipe dlq "
        "retry --state retried` puts it back again. If rows were deleted on purpose, delete their custody marks too.");
  if (!found.fine()) return findings;
  if (!found.waiting_for.empty())
    say(Level::note, "nothing is lost as far as can be told; some is still on its way",
        "Ask again once that has caught up, or wait longer with --wait.");
  else if (found.total().acknowledged == 0)
    say(Level::note, "no callback was acknowledged, as far as the marks in this database say");
  else
    say(Level::fine, "everything that was acknowledged is accounted for");
  return findings;
}

// What `--repair` found and did.
struct Mended {
  size_t marks = 0;  // of the spools, that the database didn't have
  std::vector<sinks::Repair> repairs;
  std::vector<std::string> spools_unread;

  size_t count(Mending outcome) const {
    return static_cast<size_t>(
        std::count_if(repairs.begin(), repairs.end(), [&](const auto& repair) { return repair.outcome == outcome; }));
  }
};

void add(Report& report, const Mended& mended, sinks::RepairMode mode) {
  report.facts.push_back({"marks_in_spools", "", mended.marks});
  Table table{"repair",
              "repair",
              {{"receipt", "receipt"},
               {"account", "account"},
               {"minute", "received in the minute", Kind::minute},
               {"outcome", "outcome"},
               {"where", "where"}},
              {}};
  for (const auto& [lost, outcome, where] : mended.repairs)
    table.rows.push_back({lost.receipt, lost.account, lost.minute, to_string(outcome), where});
  report.tables.push_back(std::move(table));
  report.tables.push_back(report::list("spools_unread", "spools that can't be read", mended.spools_unread));

  const auto say = [&](Level level, std::string sentence, std::string remedy = {}) {
    report.findings.push_back({level, std::move(sentence), std::move(remedy)});
  };
  const auto found = mended.count(Mending::found), sent = mended.count(Mending::sent);
  const auto impossible = mended.repairs.size() - found - sent;
  if (mended.repairs.empty() && mended.marks == 0) say(Level::note, "there is nothing to repair");
  if (mended.marks > 0 && mode == sinks::RepairMode::look)
    say(Level::note, "a spool has " + counted(mended.marks, "custody mark") + " that the database lacks",
        "Run `wxpipe audit --repair --yes`: it sends them first, and then knows which callbacks are missing.");
  if (mended.marks > 0 && mode == sinks::RepairMode::send)
    say(Level::note, counted(mended.marks, "custody mark") + " sent again");
  if (found > 0)
    say(Level::note, "of these, " + counted(found, "callback") + " can be sent again",
        "Run `wxpipe audit --repair --yes`. It also brings back rows that were deleted on purpose.");
  if (sent > 0) say(Level::note, counted(sent, "callback") + " sent again");
  if (impossible > 0)
    say(Level::error, counted(impossible, "callback") + " can't be sent again; the table says why",
        mended.count(Mending::not_reached) > 0 ? "Raise --most-records and --most-time." : "");
}

Report report_of(const AuditReport& found, bool minutes) {
  const auto& wanted = found.wanted;
  Report report;
  report.facts = {{"from", wanted.from ? "from" : "", wanted.from, Kind::minute},
                  {"to", wanted.to ? "to before" : "", wanted.to, Kind::minute},
                  {"account", "", wanted.account.empty() ? Value() : Value(wanted.account)}};
  for (const auto& count : kCounts) report.facts.push_back({count.key, "", found.total().*count.number});
  report.facts.push_back({"in_doubt", "", found.in_doubt.size()});
  report.facts.push_back({"voided", "", found.voided});

  Table missing{"missing",
                "unaccounted",
                {{"receipt", "receipt"}, {"account", "account"}, {"minute", "received in the minute", Kind::minute}},
                {}};
  for (const auto& one : found.missing) missing.rows.push_back({one.receipt, one.account, one.minute});
  Table gaps{
      "marks_missing",
      "marks missing",
      {{"instance", "instance"}, {"boot", "boot"}, {"first", "from", Kind::count}, {"next", "to before", Kind::count}},
      {}};
  for (const auto& gap : found.marks_missing) gaps.rows.push_back({gap.instance, gap.boot, gap.first, gap.next});
  auto accounts = tally_table("by_account", {{"account", "account"}});
  for (const auto& [account, tally] : by_account(found)) accounts.rows.push_back(row_of({account}, tally));
  accounts.total = row_of({"all"}, found.total());
  report.tables = {std::move(missing), report::list("in_doubt_receipts", "in doubt", found.in_doubt), std::move(gaps),
                   report::list("waiting_for", "waiting for", found.waiting_for), std::move(accounts)};
  report.main = report.tables.size() - 1;
  if (minutes) {
    auto table = tally_table("by_minute", {{"account", "account"}, {"minute", "minute", Kind::minute}});
    for (const auto& [where, tally] : found.tallies) table.rows.push_back(row_of({where.first, where.second}, tally));
    table.total = row_of({"all", ""}, found.total());
    report.main = report.tables.size();
    report.tables.push_back(std::move(table));
  }
  Table boots{"boots", "", {{"instance"}, {"boot"}, {"marked_up_to"}, {"marked_at"}, {"ended"}, {"spool_events"}}, {}};
  for (const auto& boot : found.boots)
    boots.rows.push_back({boot.instance, boot.boot, boot.marked_up_to, boot.marked_at, boot.ended, boot.spool_events});
  report.tables.push_back(std::move(boots));
  report.findings = findings_of(found);
  return report;
}

class Mender {
 public:
  Mender(const config::Settings& settings, const Options& options)
      : settings_(settings),
        mode_(options.yes ? sinks::RepairMode::send : sinks::RepairMode::look) {
    const auto time = config::parse_duration(options.most_time);
    if (!time) throw UsageError(fmt::format("--most-time: '{}' is not a duration; write 5m", options.most_time));
    limits_ = {options.most_records, *time};
  }

  // Before the audit: what is missing is known from marks.
  void mend_marks(postgres::Connection& connection) {
    if (!std::filesystem::is_directory(settings_.spool.directory)) return;
    std::vector<sinks::Copy> marks;
    note_unread(ingest::find_marks_in_spools(settings_.spool.directory, settings_.kafka.topic_prefix,
                                             [&](const auto& file, ingest::Outbound&& record) {
                                               marks.push_back(copy_of(std::move(record), file.string()));
                                             }));
    mended_.marks = sinks::repair_marks(settings_, connection, std::move(marks), mode_);
  }

  void mend(const std::vector<sinks::MissingReceipt>& missing) {
    const auto spools = copies_in_spools(settings_, [this](const auto& lines) { note_unread(lines); });
    mended_.repairs = sinks::repair(settings_, missing, mode_, limits_, spools);
  }

  const Mended& mended() const { return mended_; }
  sinks::RepairMode mode() const { return mode_; }

 private:
  void note_unread(const std::vector<std::string>& lines) {
    auto& known = mended_.spools_unread;
    for (const auto& line : lines)
      if (std::find(known.begin(), known.end(), line) == known.end()) known.push_back(line);
  }

  const config::Settings& settings_;
  const sinks::RepairMode mode_;
  sinks::SearchLimits limits_;
  Mended mended_;
};

void run(Program& program, const Options& options) {
  const auto wanted = wanted_of(options);
  const auto patience = config::parse_duration(options.wait);
  if (!patience) throw UsageError(fmt::format("--wait: '{}' is not a duration; write 10s or 2m", options.wait));
  const auto settings = load_settings(program, config::kForPostgres);
  postgres::Connection connection(settings.postgres.url, "wxpipe audit", postgres::Purpose::administration);
  postgres::require_schema(connection);
  sinks::Drain drain(settings);
  if (!options.repair)
    return conclude(program, report_of(sinks::audit(connection, drain, wanted, *patience), options.minutes));

  Mender mender(settings, options);
  mender.mend_marks(connection);
  auto found = sinks::audit(connection, drain, wanted, *patience);
  mender.mend(found.missing);
  if (mender.mended().count(Mending::sent) > 0) found = sinks::audit(connection, drain, wanted, *patience);
  auto report = report_of(found, options.minutes);
  add(report, mender.mended(), mender.mode());
  conclude(program, report);
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
      ->check(CLI::PositiveNumber)
      ->type_name("NUMBER")
      ->needs(repair);
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
