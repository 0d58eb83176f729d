// A replay as a person asks for it, in words, and its result as a report: `wxpipe replay` and the console share it. One
// thread.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "common/config/settings.hpp"
#include "common/report/report.hpp"
#include "operate/audit_log.hpp"
#include "operate/replay.hpp"

namespace wxpipe::operate {

struct ReplayRequest {
  std::vector<std::string> topics{"events"};
  std::string from{}, to{};  // a moment, bookmark:NAME, offset:N; empty: the oldest, what is there now
  std::string where{};       // EventFilter
  std::vector<std::string> match{};
  std::string into = "tables";    // tables, schema:NAME, topic:NAME, files:FOLDER
  std::string format = "ndjson";  // of files: ndjson, csv; with .zst compressed
  std::string rules{};            // a file of other scoring rules
  std::string why{};
  int partition = -1;
  double rate = 0;
  bool renormalize = false, dry_run = false, resume = false;
  bool yes = false;  // into production's tables; without it that is a dry run
};

// Throws UsageError: what is asked for doesn't fit together.
void check(const ReplayRequest& request);

// settings: with accounts and sealing key, if it normalises anew. Throws Unavailable, UsageError; what was written
// until then stays.
report::Report run_replay(config::Settings settings, const ReplayRequest& request, const Operator& who,
                          const std::function<void(const Replayed&)>& progress, const std::stop_token& stop);

}  // namespace wxpipe::operate
