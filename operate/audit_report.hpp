// The proof of custody and its repair, as reports: `wxpipe audit` prints them, and the console shows them. One thread.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "common/config/settings.hpp"
#include "common/report/report.hpp"
#include "sinks/custody/audit.hpp"
#include "sinks/custody/repair.hpp"

namespace wxpipe::operate {

// Whole minutes around the two moments. Throws UsageError: `to` is not after `from`.
sinks::Wanted wanted_of(std::string account, std::optional<Timestamp> from, std::optional<Timestamp> to);

// minutes: with a table of each account and minute.
report::Report report_of(const sinks::AuditReport& found, bool minutes);

// What a repair found and did.
struct Mended {
  std::vector<sinks::Repair> repairs;
  std::vector<std::string> spools_unread;

  size_t count(sinks::Mending outcome) const {
    return static_cast<size_t>(
        std::count_if(repairs.begin(), repairs.end(), [&](const auto& repair) { return repair.outcome == outcome; }));
  }
};

// Looks for the lost on the topics and in this machine's spools, and in send mode sends what it found again. Throws
// Unavailable.
Mended mend(const config::Settings& settings, const std::vector<sinks::MissingReceipt>& missing, sinks::RepairMode mode,
            const sinks::SearchLimits& limits, const std::stop_token& stop = {});
void add(report::Report& report, const Mended& mended);

}  // namespace wxpipe::operate
