// What a run came to, for people and for programs (declared in run.hpp).
#include <fmt/format.h>

#include "chaos/run.hpp"
#include "common/json/write.hpp"

namespace wxpipe::chaos {
namespace {
using std::chrono::duration;

double seconds(auto time) { return duration<double>(time).count(); }

void append(std::string& out, const char* name, const std::vector<std::string>& texts) {
  out += fmt::format(",\"{}\":[", name);
  for (size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) out += ',';
    json::append_string(out, texts[i]);
  }
  out += ']';
}

template <class Map, class Number>
void append(std::string& out, const char* name, const Map& counts, Number number) {
  out += fmt::format(",\"{}\":{{", name);
  bool first = true;
  for (const auto& [key, count] : counts) {
    if (!std::exchange(first, false)) out += ',';
    json::append_string(out, key);
    out += ':' + number(count);
  }
  out += '}';
}
}  // namespace

std::string to_text(const RunPlan& plan, const RunReport& report) {
  const auto& schedule = plan.schedule;
  const auto& verdict = report.verdict;
  std::string text = fmt::format("chaos: seed {}, {:.0f} s at {} callbacks/s, {} ingest, {} process, {} sink\n\n",
                                 schedule.seed, seconds(schedule.length), plan.rate, schedule.members.ingest,
                                 schedule.members.process, schedule.members.sink);
  const auto row = [&](std::string_view name, const auto& value, std::string_view note = {}) {
    text += fmt::format("  {:<32}{:>10}  {}\n", name, value, note);
  };
  row("callbacks", verdict.callbacks,
      fmt::format("{} of them again with the same bytes, {} with others; {} poisoned", verdict.repeated,
                  verdict.repeated_with_other_bytes, verdict.poisoned));
  row("acknowledged", verdict.acknowledged,
      fmt::format("the longest at once after {:.2f} s", seconds(verdict.longest_ack)));
  row("rows", verdict.rows, fmt::format("{} of them never acknowledged", verdict.stored_unacknowledged));
  row("dead letters", verdict.dead_letters);
  text += '\n';
  for (const auto& [name, count] : report.faults)
    row(name, count.done, count.skipped > 0 ? fmt::format("{} more met what was down already", count.skipped) : "");
  text += '\n';
  for (const auto& [name, count] : report.happenings) row(name, count);
  text += '\n';
  for (int i = 0; i < kViolations; ++i)
    row(to_string(static_cast<Violation>(i)), verdict.violations[static_cast<size_t>(i)]);
  if (report.audit)
    row("unaccounted", report.audit->unaccounted,
        fmt::format("by wxpipe audit; {} of {} in doubt", report.audit->in_doubt, report.audit->acknowledged));
  text += fmt::format("\n  drained {:.1f} s after the last fault was healed\n", seconds(report.drained_after));
  for (const auto& example : verdict.examples) text += "  " + example + '\n';
  for (const auto& complaint : report.complaints) text += "  " + complaint + '\n';
  text += report.fine()
              ? "\nNothing acknowledged was lost, doubled or wrong.\n"
              : fmt::format("\nNot fine. Everything of this run is in {}; again with: wxpipe chaos --schedule {}\n",
                            plan.folder.string(), (plan.folder / "schedule.txt").string());
  return text;
}

std::string to_json(const RunPlan& plan, const RunReport& report) {
  const auto& schedule = plan.schedule;
  const auto& verdict = report.verdict;
  std::string out = fmt::format(
      "{{\"fine\":{},\"seed\":{},\"seconds\":{},\"rate\":{},\"callbacks\":{},\"acknowledged\":{},\"repeated\":{},"
      "\"repeated_with_other_bytes\":{},\"poisoned\":{},\"rows\":{},\"dead_letters\":{},\"stored_unacknowledged\":{},"
      "\"longest_ack_seconds\":{:.3f},\"drained_after_seconds\":{:.1f}",
      report.fine(), schedule.seed, seconds(schedule.length), plan.rate, verdict.callbacks, verdict.acknowledged,
      verdict.repeated, verdict.repeated_with_other_bytes, verdict.poisoned, verdict.rows, verdict.dead_letters,
      verdict.stored_unacknowledged, seconds(verdict.longest_ack), seconds(report.drained_after));
  for (int i = 0; i < kViolations; ++i)
    out += fmt::format(",\"{}\":{}", to_string(static_cast<Violation>(i)), verdict.violations[static_cast<size_t>(i)]);
  out += report.audit
             ? fmt::format(",\"unaccounted\":{},\"in_doubt\":{}", report.audit->unaccounted, report.audit->in_doubt)
             : std::string(",\"unaccounted\":null,\"in_doubt\":null");
  append(out, "faults", report.faults, [](const Injector::Count& count) { return fmt::format("{}", count.done); });
  append(out, "happenings", report.happenings, [](size_t count) { return fmt::format("{}", count); });
  append(out, "examples", verdict.examples);
  append(out, "complaints", report.complaints);
  out += ",\"folder\":";
  json::append_string(out, plan.folder.string());
  return out + '}';
}

std::string totals_to_text(const std::vector<std::pair<RunPlan, RunReport>>& runs) {
  constexpr auto kLine = "{:>10} {:>10} {:>10} {:>7} {:>7} {:>7} {:>7} {:>9} {:>6} {:>8} {:>6} {:>12} {:>8} {:>12}\n";
  std::string text = fmt::format(kLine, "seed", "callbacks", "acked", "ingest", "process", "sink", "kafka", "postgres",
                                 "lost", "doubled", "wrong", "out of order", "strange", "unaccounted");
  std::array<uint64_t, 13> sums{};
  for (const auto& [plan, report] : runs) {
    const auto kills = [&report = report](const char* whom) -> uint64_t {
      const auto found = report.faults.find(fmt::format("kill {}", whom));
      return found == report.faults.end() ? 0 : static_cast<uint64_t>(found->second.done);
    };
    const auto& verdict = report.verdict;
    const std::array<uint64_t, 13> numbers{
        verdict.callbacks,
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
        verdict.count(Violation::stranger) + report.complaints.size(),
        report.audit ? report.audit->unaccounted : 0};
    const auto line = [&](const auto& name, const std::array<uint64_t, 13>& n) {
      return fmt::format(kLine, name, n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9], n[10], n[11], n[12]);
    };
    text += line(plan.schedule.seed, numbers);
    for (size_t i = 0; i < sums.size(); ++i) sums[i] += numbers[i];
    if (&report == &runs.back().second) text += line("all", sums);
  }
  return text;
}

}  // namespace wxpipe::chaos
