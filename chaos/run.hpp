// A whole chaos run: servers and roles from nothing, load and faults together, then healing, draining and judgement.
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
  double resend = 0.05, resend_changed = 0.01, poison = 0.002;  // resend_changed: of those that are sent again
  std::filesystem::path program;                                // wxpipe itself
  std::filesystem::path stack;                                  // dev/stack
  std::filesystem::path folder;                                 // everything of this run; what is there is replaced
  bool progress = true;                                         // on standard error
  bool keep_servers = false;                                    // of a run that isn't fine, to look at
};

struct RunReport {
  Verdict verdict;
  std::optional<Audit> audit;
  std::map<std::string, Injector::Count> faults;
  std::vector<std::string> complaints;  // what else was wrong: a role that ended by itself, what never drained
  // What the faults led to: events of the logs and how often.
  std::map<std::string, size_t> happenings;
  std::chrono::milliseconds load{0}, drained_after{0};

  bool fine() const;
};

// On the main thread. SIGINT and SIGTERM end it early, with everything stopped. Throws UsageError and Unavailable when
// there was no run.
RunReport run(const RunPlan& plan);

report::Report report_of(const RunPlan& plan, const RunReport& run);
// Of several runs, a line each and their sum; for people.
report::Report totals_of(const std::vector<std::pair<RunPlan, RunReport>>& runs);

}  // namespace wxpipe::chaos
