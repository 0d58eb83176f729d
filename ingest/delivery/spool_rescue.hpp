// What a spool goes through before it is used: is everything in it that was confirmed? If not, the damaged files are
// kept beside, a new spool is made of all that can be read, and what is lost is said: to the log, to a metric, in a
// list beside the kept files, and with custody marks to `wxpipe audit` (docs/decisions/0016-damaged-spools.md).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/telemetry/metrics.hpp"
#include "ingest/delivery/spool_files.hpp"
#include "ingest/delivery/spool_record.hpp"

namespace wxpipe::ingest {

// What lies in the spool, without the contents.
struct SpoolInventory {
  struct Row {
    int64_t id;
    uint64_t key, bytes;  // the key's hash
    Timestamp stored_at;
    bool is_copy = false;  // the broker has it
  };
  std::vector<Row> rows;  // by id
  int64_t highest = 0;    // the last id that was ever given
};

// Only for whoever holds the spool's lock, before SQLite opens the file. Makes a file and a ledger if there are none.
// Can be killed at any moment and done again. Throws UsageError when the folder doesn't let it work.
// topic_prefix: of the topics that the events are for. keep: how long copies of what the broker has stay (Spool).
SpoolInventory make_sound(const SpoolFiles& files, const std::string& topic_prefix, std::chrono::seconds keep,
                          const Clock& clock, telemetry::Metrics& metrics);

}  // namespace wxpipe::ingest
