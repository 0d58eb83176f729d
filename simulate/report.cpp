#include "simulate/report.hpp"

#include <fmt/format.h>

#include "common/json/write.hpp"

namespace wxpipe::simulate {
namespace {
// 12,345
std::string grouped(uint64_t number) {
  std::string digits = std::to_string(number);
  for (size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

std::string duration(Latencies::Duration latency) {
  const double milliseconds = static_cast<double>(latency.count()) / 1000;
  if (milliseconds < 10) return fmt::format("{:.2f} ms", milliseconds);
  if (milliseconds < 1000) return fmt::format("{:.0f} ms", milliseconds);
  return fmt::format("{:.2f} s", milliseconds / 1000);
}

std::string failures(const Report& report) {
  std::string out;
  for (int i = 0; i < kOutcomeCount; ++i)
    if (const auto count = report.failed_attempts[static_cast<size_t>(i)])
      out += fmt::format("{}{} {}", out.empty() ? "" : ", ", grouped(count), to_string(static_cast<Outcome>(i)));
  return out;
}

std::string statuses(const Report& report) {
  std::string out;
  for (const auto& [status, count] : report.statuses)
    out += fmt::format("{}{} x {}", out.empty() ? "" : ", ", grouped(count), status);
  return out;
}
}  // namespace

std::string to_text(const Report& report) {
  std::string out =
      fmt::format("\n{} callbacks to {} in {:.1f} s: ", grouped(report.planned), report.url, report.seconds);
  if (report.open_loop) out += fmt::format("{:.6g}/s planned, ", report.planned_rate);
  out += fmt::format("{:.1f}/s acknowledged\n", report.acknowledged_rate());
  const auto line = [&](std::string_view what, std::string_view text) {
    out += fmt::format("  {:<20} {}\n", what, text);
  };
  const auto replied = report.outcomes[static_cast<size_t>(Outcome::replied)];
  line("acknowledged",
       fmt::format(
           "{}{}{}", grouped(report.acknowledged),
           replied ? fmt::format(", {} with a passive reply", grouped(replied)) : "",
           report.poison ? fmt::format(", {} of them unreadable (for the dead letters)", grouped(report.poison)) : ""));
  if (report.repeated)
    line("sent again",
         fmt::format("{} although acknowledged{}", grouped(report.repeated),
                     report.changed ? fmt::format(", {} of them with other bytes", grouped(report.changed)) : ""));
  if (report.strangers)
    line("strangers",
         fmt::format("{} refused{}", grouped(report.strangers - report.strangers_let_in),
                     report.strangers_let_in ? fmt::format(", {} LET IN", grouped(report.strangers_let_in)) : ""));
  line("never acknowledged", report.never_acknowledged ? grouped(report.never_acknowledged) : "none");
  if (report.not_sent) line("not sent", fmt::format("{}: stopped before", grouped(report.not_sent)));
  if (const auto failed = failures(report); !failed.empty())
    line("failed attempts", fmt::format("{}; {} retries", failed, grouped(report.retries)));
  if (!report.is_fine() && !report.statuses.empty()) line("answers", statuses(report));
  const auto& latencies = report.latencies;
  if (latencies.count() == 0) return out;
  line("latency",
       fmt::format("p50 {}   p90 {}   p99 {}   max {}", duration(latencies.percentile(50)),
                   duration(latencies.percentile(90)), duration(latencies.percentile(99)), duration(latencies.max())));
  line("",
       report.open_loop ? "from the planned arrival to the acknowledgement" : "from sending to the acknowledgement");
  return out;
}

std::string to_json(const Report& report) {
  std::string out = R"({"url":)";
  json::append_string(out, report.url);
  const auto& latencies = report.latencies;
  out += fmt::format(
      R"(,"loop":"{}","planned_rate":{},"seconds":{:.6f},"callbacks":{},"attempts":{},"retries":{},"reconnections":{})"
      R"(,"acknowledged":{},"acknowledged_rate":{:.3f},"never_acknowledged":{},"not_sent":{},"poison":{})"
      R"(,"strangers":{},"strangers_let_in":{},"repeated":{},"changed":{})"
      R"(,"latency_us":{{"count":{},"mean":{},"p50":{},"p90":{},"p99":{},"p999":{},"max":{}}})",
      report.open_loop ? "open" : "closed", report.planned_rate, report.seconds, report.planned, report.attempts,
      report.retries, report.reconnections, report.acknowledged, report.acknowledged_rate(), report.never_acknowledged,
      report.not_sent, report.poison, report.strangers, report.strangers_let_in, report.repeated, report.changed,
      latencies.count(), latencies.mean().count(), latencies.percentile(50).count(), latencies.percentile(90).count(),
      latencies.percentile(99).count(), latencies.percentile(99.9).count(), latencies.max().count());
  const auto table = [&](std::string_view name, const std::array<uint64_t, kOutcomeCount>& counts) {
    out += fmt::format(R"(,"{}":{{)", name);
    for (int i = 0; i < kOutcomeCount; ++i)
      out +=
          fmt::format(R"({}"{}":{})", i ? "," : "", to_string(static_cast<Outcome>(i)), counts[static_cast<size_t>(i)]);
    out += '}';
  };
  table("outcomes", report.outcomes);
  table("failed_attempts", report.failed_attempts);
  out += R"(,"statuses":{)";
  const char* comma = "";
  for (const auto& [status, count] : report.statuses) {
    out += fmt::format(R"({}"{}":{})", comma, status, count);
    comma = ",";
  }
  return out + "}}";
}

}  // namespace wxpipe::simulate
