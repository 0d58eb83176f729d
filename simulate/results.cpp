#include "simulate/results.hpp"

#include <fmt/format.h>

#include <cmath>

namespace wxpipe::simulate {
namespace {
using report::duration_words, report::grouped;
using report::Kind, report::Level, report::Object;

std::string joined(const std::string& list, const std::string& more) {
  return list.empty() ? more : list + ", " + more;
}

std::string failures(const Results& found) {
  std::string out;
  for (int i = 0; i < kOutcomeCount; ++i)
    if (const auto count = found.failed_attempts[static_cast<size_t>(i)])
      out = joined(out, fmt::format("{} {}", grouped(count), to_string(static_cast<Outcome>(i))));
  return out.empty() ? out : fmt::format("{}; {} retries", out, grouped(found.retries));
}

std::string answers(const Results& found) {
  std::string out;
  for (const auto& [status, count] : found.statuses) out = joined(out, fmt::format("{} x {}", grouped(count), status));
  return out;
}

Object by_outcome(const std::array<uint64_t, kOutcomeCount>& counts) {
  Object out;
  for (int i = 0; i < kOutcomeCount; ++i)
    out.push_back({std::string(to_string(static_cast<Outcome>(i))), counts[static_cast<size_t>(i)]});
  return out;
}

// A title that is only shown to people if something stands below it.
const char* where(bool something, const char* title) { return something ? title : ""; }

std::string some(uint64_t count, std::string_view words) {
  return count ? fmt::format(", {} {}", grouped(count), words) : "";
}
}  // namespace

report::Report report_of(const Results& found) {
  const auto& latencies = found.latencies;
  const auto at = [&](double percent) { return latencies.percentile(percent); };
  Object latency{{"count", latencies.count()},    {"mean", latencies.mean().count()},
                 {"p50", at(50).count()},         {"p90", at(90).count()},
                 {"p99", at(99).count()},         {"p999", at(99.9).count()},
                 {"max", latencies.max().count()}};
  Object statuses;
  for (const auto& [status, count] : found.statuses) statuses.push_back({fmt::format("{}", status), count});

  report::Report out;
  out.facts = {
      {"url", "sent to", found.url},
      {"loop", "", found.open_loop ? "open" : "closed"},
      {"planned_rate", "", found.planned_rate},
      {"seconds", "", found.seconds},
      {"callbacks", "callbacks", found.planned, Kind::count,
       fmt::format("{} in {:.1f} s: {}{:.1f}/s acknowledged", grouped(found.planned), found.seconds,
                   found.open_loop ? fmt::format("{:.6g}/s planned, ", found.planned_rate) : "",
                   found.acknowledged_rate())},
      {"attempts", "", found.attempts},
      {"retries", "", found.retries},
      {"reconnections", "", found.reconnections},
      {"acknowledged", "acknowledged", found.acknowledged, Kind::count,
       grouped(found.acknowledged) +
           some(found.outcomes[static_cast<size_t>(Outcome::replied)], "with a passive reply") +
           some(found.poison, "of them unreadable (for the dead letters)")},
      {"acknowledged_rate", "", std::round(found.acknowledged_rate() * 1000) / 1000},
      {"never_acknowledged", "never acknowledged", found.never_acknowledged, Kind::count},
      {"not_sent", where(found.not_sent > 0, "not sent, stopped before"), found.not_sent, Kind::count},
      {"poison", "", found.poison},
      {"strangers", where(found.strangers > 0, "strangers"), found.strangers, Kind::count,
       grouped(found.strangers - found.strangers_let_in) + " refused" + some(found.strangers_let_in, "LET IN")},
      {"strangers_let_in", "", found.strangers_let_in},
      {"repeated", where(found.repeated > 0, "sent again"), found.repeated, Kind::count,
       grouped(found.repeated) + " although acknowledged" + some(found.changed, "of them with other bytes")},
      {"changed", "", found.changed},
      {"latency_us", where(latencies.count() > 0, "latency"), std::move(latency), Kind::text,
       fmt::format("p50 {}, p90 {}, p99 {}, max {}, from {} to the acknowledgement", duration_words(at(50)),
                   duration_words(at(90)), duration_words(at(99)), duration_words(latencies.max()),
                   found.open_loop ? "the planned arrival" : "sending")},
      {"outcomes", "", by_outcome(found.outcomes)},
      {"failed_attempts", where(!failures(found).empty(), "failed attempts"), by_outcome(found.failed_attempts),
       Kind::text, failures(found)},
      {"statuses", where(!found.is_fine(), "answers"), std::move(statuses), Kind::text, answers(found)}};
  if (found.never_acknowledged > 0)
    out.findings.push_back(
        {Level::error, fmt::format("{} callbacks were never acknowledged", grouped(found.never_acknowledged)),
         "The answers and failed attempts above say how it went; `curl -i` shows a refusal's reason, and "
         "docs/operations.md what to do about it."});
  if (found.strangers_let_in > 0)
    out.findings.push_back(
        {Level::error,
         fmt::format("{} callbacks that aren't the platform's were acknowledged", grouped(found.strangers_let_in)),
         "Nobody checks signatures at this URL, or not for these accounts."});
  if (found.is_fine())
    out.findings.push_back({Level::fine, "everything authentic was acknowledged, and no stranger was"});
  return out;
}

}  // namespace wxpipe::simulate
