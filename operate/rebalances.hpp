// Who reads which partition now, and when partitions last changed hands and why: what the console's page Groups shows
// beside the lag. Kafka says the former. For the latter, the lines of our own log stand in system_logs.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/config/settings.hpp"
#include "common/kafka/group_members.hpp"
#include "common/postgres/connection.hpp"
#include "common/report/report.hpp"

namespace wxpipe::operate {

// Every partition that somebody reads: the table `holders`. Throws Unavailable.
report::Table holders_table(kafka::GroupMembers& kafka, const config::Settings& settings);

// A line of a process that read partitions, or that started or stopped.
struct GroupLine {
  Timestamp at;
  std::string event;              // partitions_assigned, partitions_revoked, admin_listening, stopping
  std::string instance, service;  // which process; what it runs: run, process, sink
  std::string group{};            // of the first two events
  int64_t partitions = 0;
  bool lost = false;  // the broker took them: nothing was heard of the process for too long
};

// Partitions of a group changed hands.
struct Rebalance {
  enum class Cause {
    unknown,
    started,  // a process that reads this group
    stopped,
    silent  // the broker heard nothing of it for session.timeout.ms
  };
  Timestamp at;  // the first line
  std::string group;
  Cause cause = Cause::unknown;
  std::string by{};                      // the process that started, stopped or was silent
  int64_t given_up = 0, taken = 0;       // partitions, by all processes
  std::vector<std::string> processes{};  // that told of it
  bool operator==(const Rebalance&) const = default;
};
std::string_view to_string(Rebalance::Cause cause);

// lines: the oldest first. Gives the newest first. What a group's processes say within seconds is one rebalance. Its
// cause is the last process that started or stopped shortly before, unless one was silent. Pure.
std::vector<Rebalance> rebalances(std::span<const GroupLine> lines);

// Groups that change hands again and again, with what to do. Pure.
std::vector<report::Finding> findings_of(std::span<const Rebalance> rebalances, Timestamp now);

// Of the last day: the table `rebalances`, and the findings.
void add_rebalances(report::Report& report, postgres::Connection& connection, Timestamp now);

}  // namespace wxpipe::operate
