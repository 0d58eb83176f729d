#include "operate/doctor_report.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wxpipe::operate {
using report::Kind, report::Level, report::Report, report::Table;

namespace {
Level worst_of(const std::vector<report::Finding>& findings) {
  Level worst = Level::fine;
  for (const auto& finding : findings) worst = std::max(worst, finding.level);
  return worst;
}
}  // namespace

Report report_of(const std::vector<Checked>& checks) {
  Table table{"checks", "", {{"check", "check"}, {"state", "state"}, {"took_us", "took", Kind::duration}}, {}};
  Report report;
  for (const auto& check : checks) {
    const bool skipped = check.end == Checked::End::skipped;
    table.rows.push_back(
        {check.name, skipped ? "not looked at" : to_string(worst_of(check.findings)), check.took.count()});
    for (const auto& [level, sentence, remedy] : check.findings)
      report.findings.push_back({level, fmt::format("{}: {}", check.name, sentence), remedy});
  }
  // What is worst comes last, where people look first.
  std::ranges::stable_sort(report.findings, {}, &report::Finding::level);
  report.tables.push_back(std::move(table));
  return report;
}

Report report_of(const Probe& probe, bool verified) {
  Table table{"stations", "", {{"station", "station"}, {"state", "state"}, {"text", "what"}}, {}};
  Report report;
  report.facts = {{"account", "", probe.account}, {"address", "address", probe.address}};
  for (const auto& [name, finding] : probe.stations) {
    table.rows.push_back({name, to_string(finding.level), finding.sentence});
    if (finding.level != Level::fine)
      report.findings.push_back({finding.level, fmt::format("{}: {}", name, finding.sentence), finding.remedy});
  }
  if (report.findings.empty())
    report.findings.push_back({Level::fine, verified ? "a console would accept this address"
                                                     : "the address can be reached; no console verifies it"});
  report.tables.push_back(std::move(table));
  return report;
}

}  // namespace wxpipe::operate
