// Rebuilds dedupe windows from the journal (seen_ids) when partitions are assigned. One call, on the worker's thread;
// it does I/O.
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
  int64_t start = 0;  // the committed offset in events: records from there on will be read again
};

// Fills windows[partition] for each partition; the entry must exist and be empty. Call it with offsets from
// Consumer::committed, which waits for open transactions. Then every page before them is in the journal, or in a
// transaction that is just being completed; this call waits for it. Throws Unavailable when the journal can't be read
// by the deadline.
void restore_windows(const config::KafkaSettings& settings, const std::string& journal_topic,
                     const std::vector<WindowToRestore>& wanted, Windows& windows,
                     std::chrono::steady_clock::time_point deadline, const std::stop_token& stop);

}  // namespace wxpipe::processors
