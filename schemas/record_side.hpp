// What a record tells without being read as a fact: event id and receipt at the front of its value, the trace id in its
// header, the account in its key. Also the dead letter made from a record whose value can't be used. Any program may
// have written the record, so parts with a wrong form are left out. Pure.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

#include "common/clock.hpp"
#include "common/result.hpp"
#include "common/uuid.hpp"
#include "schemas/facts/dead_letter.hpp"

namespace wxpipe::schemas {

// The only header that is written.
inline constexpr const char* kTraceparentHeader = "traceparent";

// Headers that wrote event id, receipt and the mark of a repair before they stood in the value. Still read: the topics
// have such records for up to 30 days after an upgrade (docs/decisions/0019-one-header.md).
inline constexpr const char* kOldEventIdHeader = "event_id";
inline constexpr const char* kOldReceiptHeader = "receipt";
inline constexpr const char* kOldRepairHeader = "repair";

// How the JSON of an event ends that a repair sent again (Event::repair).
inline constexpr std::string_view kRepairMark = ",\"repair\":true}";

// Empty: not there.
struct RecordIds {
  std::string_view event_id, receipt;
  bool operator==(const RecordIds&) const = default;
};
// What a value tells about the event it is of. Our encoders write both first, so they are mostly found there, even if
// what follows is broken or cut off. Else the whole value is searched. The views end with the value, or when this
// thread reads the next JSON.
RecordIds ids_of(std::string_view value);

// The trace id inside a W3C traceparent, "00-<32 hex>-<16 hex>-<flags>": lower-case hex, not all zero. Empty: it has
// none.
inline std::string_view trace_id_in(std::string_view traceparent) {
  if (traceparent.size() < 55 || !traceparent.starts_with("00-") || traceparent[35] != '-' || traceparent[52] != '-')
    return {};
  const auto id = traceparent.substr(3, 32);
  const bool hex =
      std::all_of(id.begin(), id.end(), [](char c) { return ('0' <= c && c <= '9') || ('a' <= c && c <= 'f'); });
  return hex && id.find_first_not_of('0') != id.npos ? id : std::string_view();
}

// The span id inside it; empty if it has no trace id.
inline std::string_view span_id_in(std::string_view traceparent) {
  return trace_id_in(traceparent).empty() ? std::string_view() : traceparent.substr(36, 16);
}

// A record as it came.
struct RecordAsFound {
  std::string_view topic;
  int partition = 0;
  int64_t offset = 0;
  std::string_view key;  // "account|tenant|subject", or only the account, on the dead letters' topic
  std::optional<std::string_view> value;
  Timestamp timestamp;           // received_at
  std::string_view traceparent;  // the header; empty: absent
  RecordIds old_headers;         // of a record of an older version
};

// What the value says about the record; all empty if the value can't be read.
struct KnownOfRecord {
  std::optional<Uuid> event_id;
  std::optional<Timestamp> occurred_at;
  std::string_view account, receipt, trace_id;
};

// stage: process, sink.<family>. What isn't known of it is taken from the value's front, from headers and key.
DeadLetter dead_letter_of(const RecordAsFound& record, std::string_view stage, const Rejection& why,
                          std::string_view sqlstate, const KnownOfRecord& known, Timestamp now);

}  // namespace wxpipe::schemas
