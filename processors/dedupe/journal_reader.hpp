// Rebuilds dedupe windows from the journal (seen_ids) when partitions are assigned. Shell: one call, on the worker's
// thread.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

#include "common/config/settings.hpp"
#include "processors/process_batch.hpp"

namespace wxpipe::processors {

struct WindowToRestore {
  int partition = 0;
  int64_t start = 0;  // the committed offset of events: what lies behind it will be read again
};

// Fills windows[partition], which must be there and empty, for each. Call it with offsets that the group has committed
// for good (Consumer::committed waits for that): then every page of theirs is in the journal, or in a transaction that
// is just being completed, which is waited for. Throws Unavailable when the journal can't be read by the deadline.
void restore_windows(const config::KafkaSettings& settings, const std::string& journal_topic,
                     const std::vector<WindowToRestore>& wanted, Windows& windows,
                     std::chrono::steady_clock::time_point deadline, const std::stop_token& stop);

}  // namespace wxpipe::processors
