// Turns the result of a run into a report (declared in run.hpp).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "chaos/run.hpp"

namespace wxpipe::chaos {
namespace {
using report::Finding, report::Kind, report::Level, report::Object, report::Report, report::Row, report::Table;

// With a sensible number of decimals.
double seconds(auto time, double decimals) {
  const double factor = std::pow(10, decimals);
  return std::round(std::chrono::duration<double>(time).count() * factor) / factor;
}
}  // namespace

Report report_of(const RunPlan& plan, const RunReport& run) {
  const auto& schedule = plan.schedule;
  const auto& verdict = run.verdict;
  const auto longest_ack = seconds(verdict.longest_ack, 3), drained_after = seconds(run.drained_after, 1);
  Object faults, happenings;
  Table fault_table{"", "faults", {{"", "fault"}, {"", "done", Kind::count}, {"", "came to nothing", Kind::count}}};
  Table happening_table{"", "happenings", {{"", "event"}, {"", "times", Kind::count}}};
  for (const auto& [name, count] : run.faults) {
    faults.push_back({name, count.done});
    fault_table.rows.push_back({name, count.done, count.skipped});
  }
  for (const auto& [name, count] : run.happenings) {
    happenings.push_back({name, count});
    happening_table.rows.push_back({name, count});
  }
  Report report;
  report.facts = {
      {"fine", "", run.fine()},
      {"seed", "seed", schedule.seed},
      {"seconds", "load", seconds(schedule.length, 3), Kind::text,
       fmt::format("{:.0f} s at {} callbacks/s on {} ingest, {} process, {} sink", seconds(schedule.length, 0),
                   plan.rate, schedule.members.ingest, schedule.members.process, schedule.members.sink)},
      {"rate", "", plan.rate},
      {"callbacks", "callbacks", verdict.callbacks, Kind::count,
       fmt::format("{}, {} of them again with the same bytes, {} with others; {} poisoned",
                   report::grouped(verdict.callbacks), verdict.repeated, verdict.repeated_with_other_bytes,
                   verdict.poisoned)},
      {"acknowledged", "acknowledged", verdict.acknowledged, Kind::count,
       fmt::format("{}, the longest at once after {:.2f} s", report::grouped(verdict.acknowledged), longest_ack)},
      {"repeated", "", verdict.repeated},
      {"repeated_with_other_bytes", "", verdict.repeated_with_other_bytes},
      {"poisoned", "", verdict.poisoned},
      {"rows", "rows", verdict.rows, Kind::count,
       fmt::format("{}, {} of them never acknowledged", report::grouped(verdict.rows), verdict.stored_unacknowledged)},
      {"dead_letters", "dead letters", verdict.dead_letters, Kind::count},
      {"stored_unacknowledged", "", verdict.stored_unacknowledged},
      {"longest_ack_seconds", "", longest_ack},
      {"drained_after_seconds", "drained", drained_after, Kind::text,
       fmt::format("{:.1f} s after the last fault was healed", drained_after)}};
  for (int i = 0; i < kViolations; ++i) {
    const std::string name(to_string(static_cast<Violation>(i)));
    report.facts.push_back({name, name, verdict.violations[static_cast<size_t>(i)], Kind::count});
  }
  const auto audited = [&](uint64_t Audit::*number) {
    return run.audit ? report::Value(*run.audit.*number) : report::Value();
  };
  report.facts.insert(report.facts.end(), {{"unaccounted", "unaccounted", audited(&Audit::unaccounted), Kind::count},
                                           {"in_doubt", "in doubt", audited(&Audit::in_doubt), Kind::count},
                                           {"faults", "", std::move(faults)},
                                           {"happenings", "", std::move(happenings)},
                                           {"folder", "", plan.folder.string()}});
  report.tables = {std::move(fault_table), std::move(happening_table),
                   report::list("examples", "example:", verdict.examples),
                   report::list("complaints", "complaint:", run.complaints)};
  report.findings = {run.fine() ? Finding{Level::fine, "nothing acknowledged was lost, doubled or wrong"}
                                : Finding{Level::error, "something was lost, doubled or wrong, or could not be proven",
                                          fmt::format("Everything of this run is in {0}. Again with: wxpipe chaos "
                                                      "--schedule {0}/schedule.txt",
                                                      plan.folder.string())}};
  return report;
}

Report totals_of(const std::vector<std::pair<RunPlan, RunReport>>& runs) {
  Table table{"", "", {{"", "seed"}}, {}, {"all"}};
  for (const auto* title : {"callbacks", "acked", "ingest", "process", "sink", "kafka", "postgres", "lost", "doubled",
                            "wrong", "out of order", "strange", "unaccounted"})
    table.columns.push_back({"", title, Kind::count});
  std::vector<uint64_t> sums(table.columns.size() - 1);
  for (const auto& [plan, run] : runs) {
    const auto kills = [&faults = run.faults](const char* whom) -> uint64_t {
      const auto found = faults.find(fmt::format("kill {}", whom));
      return found == faults.end() ? 0 : static_cast<uint64_t>(found->second.done);
    };
    const auto& verdict = run.verdict;
    const std::vector<uint64_t> numbers{verdict.callbacks,
                                        verdict.acknowledged,
                                        kills("ingest"),
                                        kills("process"),
                                        kills("sink"),
                                        kills("kafka"),
                                        kills("postgres"),
                                        verdict.count(Violation::lost),
                                        verdict.count(Violation::doubled) + verdict.count(Violation::doubled_on_topic),
                                        verdict.count(Violation::wrong),
                                        verdict.count(Violation::out_of_order),
                                        verdict.count(Violation::stranger) + run.complaints.size(),
                                        run.audit ? run.audit->unaccounted : 0};
    std::transform(sums.begin(), sums.end(), numbers.begin(), sums.begin(), std::plus<>());
    Row& row = table.rows.emplace_back(Row{plan.schedule.seed});
    row.insert(row.end(), numbers.begin(), numbers.end());
  }
  table.total.insert(table.total.end(), sums.begin(), sums.end());
  return {{}, {std::move(table)}};
}

}  // namespace wxpipe::chaos
