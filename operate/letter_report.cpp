#include "operate/letter_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "common/config/nearest.hpp"
#include "common/report/cells.hpp"
#include "common/result.hpp"
#include "operate/moment.hpp"
#include "sinks/families.hpp"

namespace wxpipe::operate {
using report::counted, report::Kind, report::Level, report::Report, report::Table;

namespace {
constexpr size_t kSamples = 3;

Table table_of(std::string key, const std::vector<StoredLetter>& letters) {
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
    table.rows.push_back(
        {one.id, one.failed_at, one.stage, one.reason, one.account, to_string(one.state), one.detail, one.receipt});
  return table;
}

std::vector<StoredLetter> newest_of(const Databases& databases, const LetterFilter& filter, size_t limit) {
  std::vector<StoredLetter> all;
  for (auto* connection : databases)
    for (auto& letter : list_letters(*connection, filter, limit)) all.push_back(std::move(letter));
  std::ranges::stable_sort(all, std::greater<>(), &StoredLetter::failed_at);
  if (all.size() > limit) all.resize(limit);
  return all;
}

// As count_letters: the most first; hours in order.
std::vector<std::pair<std::string, int64_t>> counts_of(const Databases& databases, const LetterFilter& filter,
                                                       std::string_view by) {
  std::map<std::string, int64_t> sums;
  for (auto* connection : databases)
    for (const auto& [what, count] : count_letters(*connection, filter, by)) sums[what] += count;
  std::vector<std::pair<std::string, int64_t>> counts(sums.begin(), sums.end());
  if (by != "hour") std::ranges::stable_sort(counts, std::greater<>(), &std::pair<std::string, int64_t>::second);
  return counts;
}

std::vector<std::string_view> reasons() {
  std::vector<std::string_view> all;
  for (int i = 0; i < kReasonCount; ++i) all.push_back(wxpipe::to_string(static_cast<Reason>(i)));
  return all;
}

void require_stage(std::string_view stage) {
  std::vector<std::string> of_sinks;
  for (const auto* family : sinks::all_families()) of_sinks.push_back(fmt::format("sink.{}", family->name));
  std::vector<std::string_view> all{"ingest", "process"};
  all.insert(all.end(), of_sinks.begin(), of_sinks.end());
  config::require_known("--stage", stage, all);
}

void add_refused(Report& report, const Retried& done) {
  Table refused{"refused", "", {{"why", "why not put back"}, {"letters", "letters", Kind::count}}, {}};
  for (const auto& [why, count] : done.refused) {
    refused.rows.push_back({why, count});
    report.findings.push_back(
        {Level::warning, fmt::format("{} not put back: {}", counted(static_cast<uint64_t>(count), "letter"), why), ""});
  }
  report.tables.push_back(std::move(refused));
}
}  // namespace

LetterFilter filter_of(const LetterWords& words, Timestamp now) {
  LetterFilter filter{words.id,
                      words.account,
                      words.stage,
                      words.reason,
                      moment("--from", words.from, now),
                      moment("--to", words.to, now),
                      {}};
  require_order(filter.from, filter.to);
  if (!words.reason.empty()) config::require_known("--reason", words.reason, reasons());
  if (!words.stage.empty()) require_stage(words.stage);
  if (words.state == "any") return filter;
  for (const auto state : {LetterState::open, LetterState::retried, LetterState::dropped, LetterState::parked})
    if (words.state == to_string(state)) filter.state = state;
  if (!filter.state)
    throw UsageError(
        fmt::format("--state: there is no '{}'; there are open, retried, dropped, parked and any", words.state));
  return filter;
}

void require_a_choice(const LetterWords& words, bool all) {
  if (words.id.empty() && words.account.empty() && words.stage.empty() && words.reason.empty() && words.from.empty() &&
      words.to.empty() && !all)
    throw UsageError(
        "which dead letters? Name one by its id, give a filter (--reason, --account, --stage, --from, --to), or say --all");
}

int64_t count_everywhere(const Databases& databases, const LetterFilter& filter) {
  int64_t letters = 0;
  for (auto* connection : databases) letters += count_letters(*connection, filter);
  return letters;
}

Report list_report(const Databases& databases, const LetterFilter& filter, std::string_view by, size_t limit) {
  Report report;
  const auto total = count_everywhere(databases, filter);
  report.facts = {{"filter", "", filter.text()}, {"letters", "", total}};
  for (const auto each : kCountedBy) {
    if (!by.empty() ? by != each : each == "hour") continue;
    Table counts{fmt::format("by_{}", each),
                 "",
                 {{std::string(each), std::string(each)}, {"letters", "letters", Kind::count}},
                 {}};
    for (const auto& [what, count] : counts_of(databases, filter, each)) counts.rows.push_back({what, count});
    report.tables.push_back(std::move(counts));
  }
  report.main = report.tables.size();
  report.tables.push_back(table_of("newest", newest_of(databases, filter, limit)));
  report.findings.push_back(
      {Level::note, counted(static_cast<uint64_t>(total), "dead letter"),
       total == 0 ? "" : "wxpipe explain REASON says what each reason means, wxpipe dlq show ID shows one."});
  return report;
}

Report show_report(const Databases& databases, const std::string& id) {
  std::vector<std::pair<std::string, std::string>> fields;
  for (auto* connection : databases)
    if (fields.empty()) fields = show_letter(*connection, id);
  if (fields.empty())
    return {.findings = {{Level::error, fmt::format("there is no dead letter {}", id),
                          "`wxpipe dlq ls` lists them; `wxpipe trace ID` looks for other ids too."}}};
  Table table{"dead_letter", "", {{"name", "column"}, {"value", "value"}}, {}};
  for (const auto& [name, value] : fields) table.rows.push_back({name, report::with_valid_utf8(value)});
  return {.tables = {std::move(table)}};
}

Report preview(const Databases& databases, const LetterFilter& filter, std::string_view verb, int64_t count,
               std::string_view command) {
  Report report;
  report.facts = {{"filter", "", filter.text()}, {"letters", "letters", count, Kind::count}};
  report.tables.push_back(table_of("samples", newest_of(databases, filter, kSamples)));
  report.findings.push_back(
      {Level::note,
       fmt::format("nothing was changed; {} would be {}", counted(static_cast<uint64_t>(count), "letter"), verb),
       count == 0        ? "Is the filter right? `wxpipe dlq ls --state any` shows all."
       : command.empty() ? "Say it again with --yes."
                         : fmt::format("To do it: {}", command)});
  return report;
}

Retried retry_everywhere(const Databases& databases, const config::Settings& settings, RetryOrder order,
                         const std::function<void(const Retried&)>& progress, const std::stop_token& stop) {
  const auto most = order.most;
  Retried sum;
  for (auto* connection : databases) {
    if (most > 0 && sum.looked_at >= most) break;
    order.most = most > 0 ? most - sum.looked_at : 0;
    const auto before = sum;
    const auto add = [&](const Retried& some) {
      sum = before;
      sum.looked_at += some.looked_at;
      sum.sent += some.sent;
      for (const auto& [why, count] : some.refused) sum.refused[why] += count;
      if (progress) progress(sum);
    };
    add(retry_letters(*connection, settings, order, add, stop));
  }
  return sum;
}

Report retried_report(const Databases& databases, const RetryOrder& order, const Retried& done,
                      std::string_view command) {
  Report report;
  if (order.dry_run) {
    report = preview(databases, order.filter, "put back", done.sent, command);
    if (done.sent == 0 && done.looked_at > 0)
      report.findings.front().remedy = "They are there, but can't be put back yet; why, is said below.";
  } else {
    report.facts = {{"filter", "", order.filter.text()}, {"letters", "", done.looked_at}, {"put_back", "", done.sent}};
    report.findings.push_back(
        {Level::fine, fmt::format("{} put back", counted(static_cast<uint64_t>(done.sent), "letter")),
         done.sent == 0 ? "" : "They take the normal path now; `wxpipe lag` says when they are through."});
  }
  add_refused(report, done);
  return report;
}

Report drop_report(const Databases& databases, const LetterFilter& filter, const std::string& reason,
                   const Operator& who) {
  int64_t dropped = 0;
  for (auto* connection : databases) dropped += drop_letters(*connection, filter, reason, who);
  return {.facts = {{"filter", "", filter.text()}, {"dropped", "", dropped}},
          .findings = {{Level::fine,
                        fmt::format("{} dropped; the rows stay", counted(static_cast<uint64_t>(dropped), "letter")),
                        "`wxpipe dlq ls --state dropped` shows them."}}};
}

}  // namespace wxpipe::operate
