// The whole of processing: records of events in, what is to be written out. Pure: the same records, windows and time
// give the same effects. The transaction loop sends them and tells the windows whether the batch was committed.
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
#include "schemas/topics.hpp"

namespace wxpipe::processors {

// A record of events.v1. Views stay valid during the call.
struct InputRecord {
  int partition = 0;
  int64_t offset = 0;
  std::string_view key;
  std::optional<std::string_view> value;            // none: a tombstone, which nobody should write there
  Timestamp timestamp;                              // received_at
  std::string_view event_id, receipt, traceparent;  // headers; empty: absent
};

// One partition's share of the batch: where it ends, and the ids taken, for the journal.
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
  Timestamp now;                  // for failed_at and the journal's time; decides nothing
};

// By partition of events; each has staged what is fresh in the batch when process_batch returns.
using Windows = std::map<int, RecentIds>;

// `windows` has one for every partition in the batch. Batches before it may still be in flight.
Effects process_batch(std::span<const InputRecord> records, const Steps& steps, Windows& windows,
                      const BatchContext& context);

// The oldest batch is committed: its ids count from now on.
void publish(const Effects& effects, Windows& windows);
// It is not: neither it nor the batches that were processed behind it ever happened.
void drop_staged(Windows& windows);

}  // namespace wxpipe::processors
