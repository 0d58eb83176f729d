// One event in a spool, and its checksum. Whatever agrees with its checksum is what was acknowledged, wherever in a
// file it was found. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/clock.hpp"
#include "ingest/delivery/outbound.hpp"

namespace wxpipe::ingest {

struct SpooledRecord {
  int64_t id = 0;
  Outbound record;
  Timestamp stored_at;
};

// Over the id, every field, and where each field ends.
int64_t checksum_of(int64_t id, const Outbound& record, Timestamp stored_at);

// Whether a number names a topic.
bool is_topic(int64_t number);

// What the event counts against spool.max_bytes.
inline uint64_t size_of(const Outbound& record) {
  return record.key.size() + record.value.size() + record.event_id.size() + record.receipt.size() +
         record.traceparent.size() + 64;
}

inline int64_t microseconds(Timestamp at) { return at.time_since_epoch().count(); }
inline Timestamp timestamp(int64_t at) { return Timestamp(std::chrono::microseconds(at)); }

}  // namespace wxpipe::ingest
