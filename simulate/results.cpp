#include "simulate/results.hpp"

#include <fmt/format.h>

#include <cmath>

namespace wxpipe::simulate {
namespace {
using report::duration_words, report::grouped;
using report::Fact, report::Level, report::Object, report::Value;

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

// A fact that people see only where there is something to say.
Fact fact(std::string key, Value value, std::string title = {}, std::string words = {}) {
  const bool shown = !words.empty();
  return {std::move(key), shown ? std::move(title) : "", std::move(value), report::Kind::text, std::move(words)};
}

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
      fact("url", found.url, "sent to", found.url),
      fact("loop", found.open_loop ? "open" : "closed"),
      fact("planned_rate", found.planned_rate),
      fact("seconds", found.seconds),
      fact("callbacks", found.planned, "callbacks",
           fmt::format("{} in {:.1f} s: {}{:.1f}/s acknowledged", grouped(found.planned), found.seconds,
                       found.open_loop ? fmt::format("{:.6g}/s planned, ", found.planned_rate) : "",
                       found.acknowledged_rate())),
      fact("attempts", found.attempts),
      fact("retries", found.retries),
      fact("reconnections", found.reconnections),
      fact("acknowledged", found.acknowledged, "acknowledged",
           grouped(found.acknowledged) +
               some(found.outcomes[static_cast<size_t>(Outcome::replied)], "with a passive reply") +
               some(found.poison, "of them unreadable (for the dead letters)")),
      fact("acknowledged_rate", std::round(found.acknowledged_rate() * 1000) / 1000),
      fact("never_acknowledged", found.never_acknowledged, "never acknowledged",
           found.never_acknowledged ? grouped(found.never_acknowledged) : "none"),
      fact("not_sent", found.not_sent, "not sent",
           found.not_sent ? fmt::format("{}: stopped before", grouped(found.not_sent)) : ""),
      fact("poison", found.poison),
      fact("strangers", found.strangers, "strangers",
           found.strangers ? fmt::format("{} refused{}", grouped(found.strangers - found.strangers_let_in),
                                         some(found.strangers_let_in, "LET IN"))
                           : ""),
      fact("strangers_let_in", found.strangers_let_in),
      fact("repeated", found.repeated, "sent again",
           found.repeated ? fmt::format("{} although acknowledged{}", grouped(found.repeated),
                                        some(found.changed, "of them with other bytes"))
                          : ""),
      fact("changed", found.changed),
      fact("latency_us", std::move(latency), "latency",
           latencies.count() == 0
               ? ""
               : fmt::format("p50 {}, p90 {}, p99 {}, max {}, from {} to the acknowledgement", duration_words(at(50)),
                             duration_words(at(90)), duration_words(at(99)), duration_words(latencies.max()),
                             found.open_loop ? "the planned arrival" : "sending")),
      fact("outcomes", by_outcome(found.outcomes)),
      fact("failed_attempts", by_outcome(found.failed_attempts), "failed attempts", failures(found)),
      fact("statuses", std::move(statuses), "answers", found.is_fine() ? "" : answers(found))};
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
