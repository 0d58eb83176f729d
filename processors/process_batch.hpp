// All of the processing: takes records of events, returns the records to write. Pure: the same records, windows and
// time give the same result. The transaction loop writes it, and tells the windows whether the batch was committed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.hpp"
#include "processors/dedupe/recent_ids.hpp"
#include "processors/output_record.hpp"
#include "processors/step.hpp"
#include "schemas/record_side.hpp"
#include "schemas/topics.hpp"

namespace wxpipe::processors {

// A record of events.v1. Views stay valid during the call.
struct InputRecord {
  int partition = 0;
  int64_t offset = 0;
  std::string_view key;
  std::optional<std::string_view> value;  // none: a tombstone, which nobody should write there
  Timestamp timestamp;                    // received_at
  std::string_view traceparent;           // the header; empty: absent
  // Headers of older versions (schemas/record_side.hpp).
  schemas::RecordIds old_ids{};
  bool old_repair = false;
};

// One partition's part of the batch: its end, and its ids for the journal.
struct PartitionProgress {
  int partition = 0;
  JournalPage page;
  WindowTime page_time;
  bool operator==(const PartitionProgress&) const = default;
};

struct Counts {
  size_t processed = 0, duplicates = 0, collisions = 0;
  size_t unreadable = 0, too_large = 0;  // dead letters by reason
  bool operator==(const Counts&) const = default;
};

struct Effects {
  std::vector<OutputRecord> records;  // in the order of the events that led to them
  std::vector<PartitionProgress> progress;
  Counts counts;
  bool operator==(const Effects&) const = default;
};

struct BatchContext {
  std::string_view events_topic;  // where the records come from, for dead letters
  Timestamp now;                  // for failed_at and the journal's time; no decision depends on it
};

// By partition of events. When process_batch returns, each has staged the batch's new ids.
using Windows = std::map<int, RecentIds>;

// `windows` must have an entry for every partition in the batch. Earlier batches may still be in flight.
Effects process_batch(std::span<const InputRecord> records, const Steps& steps, Windows& windows,
                      const BatchContext& context);

// The oldest batch is committed: its ids count from now on.
void publish(const Effects& effects, Windows& windows);
// It is not committed: forget it, and the batches that were processed after it.
void drop_staged(Windows& windows);

}  // namespace wxpipe::processors
