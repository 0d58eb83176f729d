// What a record carries beside its value (trace id, receipt and event id in its headers, the account in its key), and
// the dead letter that it becomes when its value is of no use. Anybody may have written there: what isn't of its form
// is left out. Pure.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

#include "common/clock.hpp"
#include "common/result.hpp"
#include "common/uuid.hpp"
#include "schemas/dead_letter.hpp"

namespace wxpipe::schemas {

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

// A record as it came. Headers: empty where there is none of that name.
struct RecordAsFound {
  std::string_view topic;
  int partition = 0;
  int64_t offset = 0;
  std::string_view key;  // "account|tenant|subject", or the account alone on the dead letters' topic
  std::optional<std::string_view> value;
  Timestamp timestamp;                              // received_at
  std::string_view event_id, receipt, traceparent;  // headers
};

// What is known of a record from inside its value; all empty where the value can't be read.
struct KnownOfRecord {
  std::optional<Uuid> event_id;
  std::optional<Timestamp> occurred_at;
  std::string_view account, receipt, trace_id;
};

// stage: process, sink.<family>. What the value doesn't tell is taken from headers and key.
DeadLetter dead_letter_of(const RecordAsFound& record, std::string_view stage, const Rejection& why,
                          std::string_view sqlstate, const KnownOfRecord& known, Timestamp now);

}  // namespace wxpipe::schemas
