#include "operate/audit_report.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <map>

#include "common/result.hpp"
#include "ingest/delivery/spool_copies.hpp"
#include "operate/copies_in_spools.hpp"
#include "operate/moment.hpp"

namespace wxpipe::operate {
using report::counted, report::Column, report::Finding, report::Kind, report::Level, report::Report, report::Row,
    report::Table, report::Value;
using sinks::AuditReport;
using sinks::Mending;
using sinks::Tally;

namespace {
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
  if (found.retired > 0)
    say(Level::note, counted(found.retired, "callback") + " left out, because retention has dropped their rows");
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
}  // namespace

sinks::Wanted wanted_of(std::string account, std::optional<Timestamp> from, std::optional<Timestamp> to) {
  sinks::Wanted wanted;
  wanted.account = std::move(account);
  if (from) wanted.from = std::chrono::floor<std::chrono::minutes>(*from);
  if (to) wanted.to = std::chrono::ceil<std::chrono::minutes>(*to);
  require_order(wanted.from, wanted.to);
  return wanted;
}

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
  report.facts.push_back({"retired", "", found.retired});

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

namespace {
class Mender {
 public:
  Mender(const config::Settings& settings, const RepairOrder& order) : settings_(settings), order_(order) {}

  // Before the audit: what is missing is known from marks.
  void mend_marks(postgres::Connection& connection) {
    if (!std::filesystem::is_directory(settings_.spool.directory)) return;
    std::vector<sinks::Copy> marks;
    note_unread(ingest::find_marks_in_spools(settings_.spool.directory, settings_.kafka.topic_prefix,
                                             [&](const auto& file, ingest::Outbound&& record) {
                                               marks.push_back(copy_of(std::move(record), file.string()));
                                             }));
    mended_.marks = sinks::repair_marks(settings_, connection, std::move(marks), order_.mode);
  }
  void mend(const std::vector<sinks::MissingReceipt>& missing, const std::stop_token& stop) {
    const auto spools = copies_in_spools(settings_, [this](const auto& lines) { note_unread(lines); });
    mended_.repairs = sinks::repair(settings_, missing, order_.mode, order_.limits, spools, stop);
  }
  const Mended& mended() const { return mended_; }

 private:
  void note_unread(const std::vector<std::string>& lines) {
    auto& known = mended_.spools_unread;
    for (const auto& line : lines)
      if (std::ranges::find(known, line) == known.end()) known.push_back(line);
  }

  const config::Settings& settings_;
  const RepairOrder& order_;
  Mended mended_;
};
}  // namespace

Report repair(const config::Settings& settings, postgres::Connection& connection, const RepairOrder& order,
              const std::stop_token& stop) {
  sinks::Drain drain(settings);
  const auto command = new_command_id();
  const auto remember = [&](const char* what, size_t affected) {
    if (order.mode != sinks::RepairMode::send) return;
    postgres::Transaction transaction(connection);
    write(transaction, order.who,
          {command, what, "CREATE", "events", "", order.about, order.why, static_cast<int64_t>(affected)});
    transaction.commit();
  };
  // What it sends is on a topic, outside of any transaction of Postgres: so both its begin and its end are kept.
  remember("repair begun", 0);
  Mender mender(settings, order);
  mender.mend_marks(connection);
  auto found = sinks::audit(connection, drain, order.wanted, order.patience);
  mender.mend(found.missing, stop);
  const auto sent = mender.mended().count(Mending::sent);
  remember("repair", sent);
  if (sent > 0) found = sinks::audit(connection, drain, order.wanted, order.patience);
  auto report = report_of(found, order.minutes);
  add(report, mender.mended(), order.mode);
  return report;
}

}  // namespace wxpipe::operate
