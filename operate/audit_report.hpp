// The proof of custody and its repair, as reports: `wxpipe audit` prints them, and the console shows them. One thread.
#pragma once

#include <algorithm>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "common/config/settings.hpp"
#include "common/postgres/connection.hpp"
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
  size_t marks = 0;  // custody marks of the spools, that the database didn't have
  std::vector<sinks::Repair> repairs;
  std::vector<std::string> spools_unread;

  size_t count(sinks::Mending outcome) const {
    return static_cast<size_t>(
        std::count_if(repairs.begin(), repairs.end(), [&](const auto& repair) { return repair.outcome == outcome; }));
  }
};

// Looks for the lost on the topics and in this machine's spools; in send mode it sends what it finds again. Throws
// Unavailable.
class Mender {
 public:
  Mender(const config::Settings& settings, sinks::RepairMode mode, const sinks::SearchLimits& limits)
      : settings_(settings),
        mode_(mode),
        limits_(limits) {}

  // Before the audit: what is missing is known from marks.
  void mend_marks(postgres::Connection& connection);
  void mend(const std::vector<sinks::MissingReceipt>& missing, const std::stop_token& stop = {});

  const Mended& mended() const { return mended_; }
  sinks::RepairMode mode() const { return mode_; }

 private:
  void note_unread(const std::vector<std::string>& lines);

  const config::Settings& settings_;
  const sinks::RepairMode mode_;
  const sinks::SearchLimits limits_;
  Mended mended_;
};
void add(report::Report& report, const Mended& mended, sinks::RepairMode mode);

}  // namespace wxpipe::operate
