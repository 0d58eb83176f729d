// A whole chaos run: starts servers and roles, puts load and faults on them together, then heals, drains and judges.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "chaos/injector.hpp"
#include "chaos/oracle.hpp"
#include "chaos/pipeline.hpp"
#include "chaos/schedule.hpp"
#include "common/report/report.hpp"

namespace wxpipe::chaos {

struct RunPlan {
  Schedule schedule;
  double rate = 500;                                            // callbacks a second
  double resend = 0.05, resend_changed = 0.01, poison = 0.002;  // resend_changed: share of those sent again
  std::filesystem::path program;                                // wxpipe itself
  std::filesystem::path stack;                                  // dev/stack
  std::filesystem::path folder;                                 // for everything of this run; replaces what is there
  bool progress = true;                                         // show it on standard error
  bool keep_servers = false;                                    // if the run isn't fine, to look at them
};

struct RunReport {
  Verdict verdict;
  std::optional<Audit> audit;
  std::map<std::string, Injector::Count> faults;
  std::vector<std::string> complaints;  // other errors: a role that ended by itself, something that never drained
  // What the faults caused: log events and how often each came.
  std::map<std::string, size_t> happenings;
  std::chrono::milliseconds load{0}, drained_after{0};

  bool fine() const;
};

// Call on the main thread. SIGINT and SIGTERM end it early, and everything is stopped. Throws UsageError and
// Unavailable if the run could not take place.
RunReport run(const RunPlan& plan);

report::Report report_of(const RunPlan& plan, const RunReport& run);
// Several runs as a report: a line each, and their sum.
report::Report totals_of(const std::vector<std::pair<RunPlan, RunReport>>& runs);

}  // namespace wxpipe::chaos
