#include "operate/rebalances.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>

#include "schemas/topics.hpp"
#include "sinks/families.hpp"

namespace wxpipe::operate {
namespace {
using namespace std::chrono_literals;
using Cause = Rebalance::Cause;
using postgres::Connection, postgres::Parameters;
using report::Finding, report::Level, report::Report, report::Table;

constexpr auto kTogether = 10s;  // a line that comes later than this after the last one is of another rebalance
constexpr auto kBefore = 30s;    // the group hears of an end at the latest after session.timeout.ms: 10 s
constexpr auto kLooksBack = 24h;
constexpr int64_t kMostLines = 20'000;  // of the own log that are looked at
constexpr size_t kMostListed = 200;
constexpr auto kOften = 1h;  // so many in this time are worth a finding
constexpr size_t kTooOften = 3;

bool may_read(const GroupLine& process, const std::string& group) {
  return process.service == "run" || process.service == (group == "process" ? "process" : "sink");
}

bool is_move(const GroupLine& line) {
  return line.event == "partitions_assigned" || line.event == "partitions_revoked";
}

void add(Rebalance& rebalance, const GroupLine& line) {
  (line.event == "partitions_assigned" ? rebalance.taken : rebalance.given_up) += line.partitions;
  auto& processes = rebalance.processes;
  if (std::ranges::find(processes, line.instance) == processes.end()) processes.push_back(line.instance);
  if (!line.lost) return;
  rebalance.cause = Cause::silent;
  rebalance.by = line.instance;
}
}  // namespace

std::string_view to_string(Cause cause) {
  switch (cause) {
    case Cause::unknown:
      return "unknown";
    case Cause::started:
      return "started";
    case Cause::stopped:
      return "stopped";
    case Cause::silent:
      return "silent";
  }
  return "";
}

Table holders_table(kafka::GroupMembers& kafka, const config::Settings& settings) {
  const auto& prefix = settings.kafka.topic_prefix;
  std::map<std::string, std::string> readers{{schemas::process_group(prefix), "process"}};  // by group
  for (const auto* family : sinks::all_families())
    readers.emplace(sinks::group_id(prefix, *family), fmt::format("sink.{}", family->name));
  std::vector<std::string> groups;
  for (const auto& one : readers) groups.push_back(one.first);
  Table table{"holders", "", {{"reader"}, {"topic"}, {"partition"}, {"member"}, {"host"}}, {}};
  for (const auto& [group, members] : kafka.look(groups))
    for (const auto& member : members)
      for (const auto& partition : member.partitions)
        table.rows.push_back({readers.at(group), partition.topic, partition.number, member.id, member.host});
  return table;
}

std::vector<Rebalance> rebalances(std::span<const GroupLine> lines) {
  struct Open {
    Rebalance rebalance;
    Timestamp last;
  };
  std::map<std::string, Open> open;  // by group
  std::vector<Rebalance> all;
  const auto close = [&](Open& one) {
    auto& rebalance = one.rebalance;
    if (rebalance.cause == Cause::unknown)
      for (const auto& line : lines) {
        if (is_move(line) || line.at < rebalance.at - kBefore || !may_read(line, rebalance.group)) continue;
        if (line.at > one.last) break;
        rebalance.cause = line.event == "stopping" ? Cause::stopped : Cause::started;
        rebalance.by = line.instance;
      }
    all.push_back(std::move(rebalance));
  };
  for (const auto& line : lines) {
    if (!is_move(line)) continue;
    auto found = open.find(line.group);
    if (found != open.end() && line.at - found->second.last > kTogether) {
      close(found->second);
      open.erase(found);
      found = open.end();
    }
    if (found == open.end())
      found = open.emplace(line.group, Open{{.at = line.at, .group = line.group}, line.at}).first;
    add(found->second.rebalance, line);
    found->second.last = line.at;
  }
  for (auto& one : open) close(one.second);
  std::ranges::stable_sort(all, std::greater<>(), &Rebalance::at);
  return all;
}

std::vector<Finding> findings_of(std::span<const Rebalance> rebalances, Timestamp now) {
  std::map<std::string, std::pair<size_t, size_t>> counts;  // by group: of no known cause, because of silence
  for (const auto& one : rebalances)
    if (now - one.at < kOften) {
      auto& [unknown, silent] = counts[one.group];
      unknown += one.cause == Cause::unknown;
      silent += one.cause == Cause::silent;
    }
  std::vector<Finding> findings;
  for (const auto& [group, count] : counts) {
    const auto [unknown, silent] = count;
    if (silent > 0)
      findings.push_back({Level::warning,
                          fmt::format("{}: the broker took partitions from a silent process, {} in the last hour",
                                      group, report::counted(silent, "time")),
                          "Its machine was out of CPU, its disk or its network stood still, or it was killed: look at "
                          "its log of that minute. While it is silent, its records wait."});
    if (unknown > kTooOften)
      findings.push_back({Level::warning,
                          fmt::format("{}: partitions changed hands {} in the last hour, and no process started or "
                                      "stopped",
                                      group, report::counted(unknown, "time")),
                          "Do two processes have the same [instance] name? Does the broker's log say that members "
                          "leave? Each change stops the group for seconds."});
  }
  return findings;
}

void add_rebalances(Report& report, Connection& connection, Timestamp now) {
  const auto rows = connection.execute(
      "select (extract(epoch from occurred_at) * 1000000)::int8, action, coalesce(instance, ''), service, "
      "coalesce(context->>'group', ''), coalesce((context->>'partitions')::int8, 0), coalesce((context->>'lost')::bool, "
      "false) from (select * from system_logs where account = '' and occurred_at > $1::text::timestamptz order by "
      "occurred_at desc limit $2::int8) l where platform = 'wxpipe' and (action in ('partitions_assigned', "
      "'partitions_revoked') or (action in ('admin_listening', 'stopping') and service in ('run', 'process', 'sink'))) "
      "order by occurred_at, log_id",
      Parameters().text(to_iso8601(now - kLooksBack)).int8(kMostLines));
  std::vector<GroupLine> lines;
  for (size_t i = 0; i < rows.size(); ++i)
    lines.push_back({Timestamp(std::chrono::microseconds(rows.integer(i, 0))), rows.text(i, 1), rows.text(i, 2),
                     rows.text(i, 3), rows.text(i, 4), rows.integer(i, 5), rows.text(i, 6) == "t"});
  const auto all = rebalances(lines);
  Table table{"rebalances", "", {{"at"}, {"group"}, {"cause"}, {"by"}, {"given_up"}, {"taken"}, {"processes"}}, {}};
  for (const auto& one : all) {
    if (table.rows.size() == kMostListed) break;
    table.rows.push_back({one.at, one.group, to_string(one.cause), one.by, one.given_up, one.taken,
                          fmt::format("{}", fmt::join(one.processes, ", "))});
  }
  report.tables.push_back(std::move(table));
  auto findings = findings_of(all, now);
  std::ranges::move(findings, std::back_inserter(report.findings));
}

}  // namespace wxpipe::operate
