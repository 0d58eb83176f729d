#include "operate/trace_report.hpp"

#include <fmt/format.h>

#include <set>

#include "operate/away.hpp"

namespace wxpipe::operate {
using report::Kind, report::Level, report::Report, report::Table;

namespace {
std::string_view word(Match::Kind kind) { return kind == Match::Kind::message ? "message" : "dead_letter"; }

Table batches_table(const std::vector<Batch>& batches) {
  Table table{"batches",
              "rows committed together",
              {{"began_at", "transaction began", Kind::time},
               {"sink", "sink"},
               {"writer", "process"},
               {"table", "table"},
               {"rows_at_least", "rows, at least", Kind::count}},
              {}};
  for (const auto& one : batches)
    table.rows.push_back({one.began_at, one.sink, one.writer, one.table, one.rows_at_least});
  return table;
}

void show_replays(Report& report, const Rereads& replays) {
  Table table{"replays",
              "replays that have read it again",
              {{"begun_at", "begun", Kind::time},
               {"record", "record"},
               {"into", "into"},
               {"takes", "its filter takes it"},
               {"finished", "finished"},
               {"asked_by", "by"},
               {"order", "asked for"},
               {"moved_at"}},
              {}};
  for (const auto& one : replays.list)
    table.rows.push_back(
        {one.begun_at, one.record, one.into, one.takes, one.finished, one.asked_by, one.order, one.moved_at});
  report.tables.push_back(std::move(table));
  for (const auto& schema : replays.unreadable)
    report.findings.push_back({Level::note, fmt::format("this login may not read {}.replays", schema),
                               "So it isn't known which replays into that side schema have read it again."});
}
}  // namespace

Report nothing_found(const std::string& key, const std::vector<Dropped>& dropped) {
  Report report{.facts = {{"key", "", key}}, .tables = {{"matches", "", {{"id"}}, {}}}};
  Table table{"dropped",
              "dropped by retention",
              {{"partition", "partition"}, {"at", "at", Kind::time}, {"dump_file", "is in"}},
              {}};
  bool certainly = false;
  for (const auto& one : dropped) {
    table.rows.push_back({one.partition, one.at, one.dump_file});
    const auto day = to_iso8601(one.at).substr(0, 10);
    certainly = certainly || one.certainly;
    report.findings.push_back(
        {Level::note,
         one.certainly ? fmt::format("its row was dropped by retention on {}, with {}", day, one.partition)
                       : fmt::format("rows of its time were dropped by retention on {}, with {}", day, one.partition),
         one.dump_file.empty() ? "" : fmt::format("They are in {}.", one.dump_file)});
  }
  report.tables.push_back(std::move(table));
  if (!certainly)
    report.findings.insert(report.findings.begin(),
                           {Level::error, fmt::format("no row is known for '{}'", key),
                            "It may still be on its way (`wxpipe lag`), or it was refused: `wxpipe trace --refused`."});
  return report;
}

Table matches_table(const std::vector<Match>& matches) {
  Table table{"matches",
              "",
              {{"kind", "kind"},
               {"id", "id"},
               {"received_at", "received", Kind::time},
               {"account", "account"},
               {"type", "type"},
               {"subject", "subject"},
               {"summary", "content"},
               {"occurred_at"}},
              {}};
  for (const auto& one : matches)
    table.rows.push_back(
        {word(one.kind), one.id, one.received_at, one.account, one.type, one.subject, one.summary, one.occurred_at});
  return table;
}

Report choice(const std::string& key, const std::vector<Match>& matches) {
  return {.facts = {{"key", "", key}},
          .tables = {matches_table(matches)},
          .findings = {{Level::note,
                        fmt::format("{} may be meant; the newest come first", report::counted(matches.size(), "row")),
                        "Name one of them: wxpipe trace ID. --limit, --account, --from and --to change the list."}}};
}

Report report_of(const std::string& key, const Story& story) {
  Table stations{
      "stations", "", {{"at", "at", Kind::time}, {"station", "station"}, {"where", "where"}, {"what", "what"}}, {}};
  for (const auto& one : story.stations) stations.rows.push_back({one.at, one.station, one.where, one.what});
  Table fields{"row", "", {{"name", "column"}, {"value", "value"}}, {}};
  for (const auto& [name, value] : story.fields) fields.rows.push_back({name, value});
  Report report{.facts = {{"key", "", key}, {"kind", "", word(story.match.kind)}, {"id", "", story.match.id}},
                .tables = {std::move(fields), std::move(stations), batches_table(story.batches)},
                .main = 1};
  show_replays(report, story.replays);
  add_away(report, "facts", story.away);
  return report;
}

Report report_of(const operate::RefusedLately& lately, const std::string& account) {
  Table table{"refusals",
              "",
              {{"at", "at", Kind::time},
               {"account", "account"},
               {"reason", "reason"},
               {"wrong", "wrong"},
               {"method", "method"},
               {"address", "from"},
               {"body_bytes", "bytes", Kind::count},
               {"times", "times", Kind::count},
               {"first_at"}},
              {}};
  Report report;
  std::set<std::pair<std::string, std::string>> told;
  for (const auto& one : lately.list) {
    table.rows.push_back(
        {one.at, one.account, one.reason, one.wrong, one.method, one.address, one.body_bytes, one.times, one.first_at});
    if (!told.insert({one.reason, one.wrong}).second) continue;
    report.findings.push_back({Level::note,
                               one.wrong.empty() ? one.reason : fmt::format("{}: the {}", one.reason, one.wrong),
                               operate::remedy_of(one)});
  }
  report.tables.push_back(std::move(table));
  Table verified{"verified", "verified", {{"at", "at", Kind::time}, {"account", "account"}, {"address", "from"}}, {}};
  for (const auto& one : lately.verified) verified.rows.push_back({one.at, one.account, one.address});
  report.tables.push_back(std::move(verified));
  if (lately.list.empty())
    report.findings.push_back(
        {Level::fine, fmt::format("nothing was refused{}", account.empty() ? "" : " of account " + account),
         "Nothing that is kept: for a day, by this process alone, since it started. What names no account that is "
         "configured is only in the list without --account. What never reached it isn't there either: then look at the "
         "address, the firewall and the proxy."});
  return report;
}

}  // namespace wxpipe::operate
