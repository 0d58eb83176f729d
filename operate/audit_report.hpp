// The proof of custody and its repair, as reports: `wxpipe audit` prints them, and the console shows them. One thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "common/config/settings.hpp"
#include "common/postgres/connection.hpp"
#include "common/report/report.hpp"
#include "operate/audit_log.hpp"
#include "sinks/custody/audit.hpp"
#include "sinks/custody/repair.hpp"

namespace wxpipe::operate {

// Whole minutes around the two moments. Throws UsageError: `to` is not after `from`.
sinks::Wanted wanted_of(std::string account, std::optional<Timestamp> from, std::optional<Timestamp> to);

// minutes: with a table of each account and minute.
report::Report report_of(const sinks::AuditReport& found, bool minutes);

// What a repair found and did.
struct Mended {
  size_t marks = 0;  // custody marks of the spools, that the database didn't have
  std::vector<sinks::Repair> repairs;
  std::vector<std::string> spools_unread;

  size_t count(sinks::Mending outcome) const {
    return static_cast<size_t>(
        std::count_if(repairs.begin(), repairs.end(), [&](const auto& repair) { return repair.outcome == outcome; }));
  }
};

void add(report::Report& report, const Mended& mended, sinks::RepairMode mode);

struct RepairOrder {
  sinks::Wanted wanted;
  sinks::RepairMode mode = sinks::RepairMode::look;
  sinks::SearchLimits limits{};
  std::chrono::milliseconds patience{10'000};  // how long process and sinks may take to catch up
  bool minutes = false;
  Operator who{};
  std::string about{}, why{};  // for audit_logs
};
// Audits, and looks for the lost on the topics and in this machine's spools. In send mode it sends what it finds again,
// writes who did it into audit_logs, and audits once more. Throws Unavailable.
report::Report repair(const config::Settings& settings, postgres::Connection& connection, const RepairOrder& order,
                      const std::stop_token& stop = {});

}  // namespace wxpipe::operate
