// What a record has beside its value: trace id, receipt and event id in its headers, the account in its key. Also the
// dead letter made from a record whose value can't be used. Any program may have written the record, so parts with a
// wrong form are left out. Pure.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

#include "common/clock.hpp"
#include "common/result.hpp"
#include "common/uuid.hpp"
#include "schemas/facts/dead_letter.hpp"

namespace wxpipe::schemas {

// The header of a record of events.v1 that a repair sent again (docs/decisions/0017-repair.md). `process` takes such an
// event although it has seen its id.
inline constexpr const char* kRepairHeader = "repair";

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

// A record as it came. Headers are empty if absent.
struct RecordAsFound {
  std::string_view topic;
  int partition = 0;
  int64_t offset = 0;
  std::string_view key;  // "account|tenant|subject", or only the account, on the dead letters' topic
  std::optional<std::string_view> value;
  Timestamp timestamp;                              // received_at
  std::string_view event_id, receipt, traceparent;  // headers
};

// What the value says about the record; all empty if the value can't be read.
struct KnownOfRecord {
  std::optional<Uuid> event_id;
  std::optional<Timestamp> occurred_at;
  std::string_view account, receipt, trace_id;
};

// stage: process, sink.<family>. What the value doesn't say is taken from headers and key.
DeadLetter dead_letter_of(const RecordAsFound& record, std::string_view stage, const Rejection& why,
                          std::string_view sqlstate, const KnownOfRecord& known, Timestamp now);

}  // namespace wxpipe::schemas
