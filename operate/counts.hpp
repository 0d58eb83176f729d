// Counts by minute of what came and what became of it, from wxpipe.ledger; what was gained on a day; and how each
// account is doing. One thread.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/clock.hpp"
#include "common/config/settings.hpp"
#include "common/postgres/connection.hpp"
#include "common/report/report.hpp"
#include "operate/dead_letters.hpp"
#include "sinks/family_databases.hpp"

namespace wxpipe::operate {

struct Counts {
  int64_t acknowledged = 0, stored = 0, duplicates = 0, dead_letters = 0;
  int64_t rest() const { return acknowledged - stored - duplicates - dead_letters; }
};
struct CountWindow {
  Timestamp from, to;  // whole minutes
  std::chrono::seconds step{60};
  std::string account{};  // empty: all
};

// Every step in order, without gaps.
std::vector<std::pair<Timestamp, Counts>> counts_by_step(postgres::Connection& connection, const CountWindow& window);

// The overview's numbers that Postgres has, as facts and tables `minutes` and `types`.
struct OverviewQuestion {
  std::string range = "hour";  // hour, day, month
  std::string account{};
  Timestamp now{}, today{};  // today: when the reader's day began
};
// Throws UsageError: there is no such range.
void add_overview(report::Report& report, postgres::Connection& connection, const OverviewQuestion& question);

// acknowledged against what became of it, by account and by minute.
report::Report custody_report(postgres::Connection& connection, const CountWindow& window);

// Every account that is configured, or that something came for. all: databases that may have dead letters.
report::Report accounts_report(postgres::Connection& connection, const Databases& all, const config::Settings& settings,
                               Timestamp now);

// Which process holds which partition, as the sinks claimed them: the table `claims`.
report::Table claims_table(sinks::FamilyConnections& databases);

// What people did, the newest first. who: empty for all. What was done stands beside what it changed, so all databases
// are looked into.
report::Report actions_report(const Databases& databases, const std::string& who, size_t limit);

// The decrypted body of a message, or the bytes of a dead letter. Nothing: there is neither.
std::optional<std::string> body_of(const Databases& databases, const std::string& id);

}  // namespace wxpipe::operate
