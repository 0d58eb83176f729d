// A consumed record as the sinks see it, and the dead letter it becomes when it can't become rows. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "common/clock.hpp"
#include "common/result.hpp"
#include "common/uuid.hpp"
#include "schemas/facts/dead_letter.hpp"

namespace wxpipe::sinks {

// Views, and what `header` looks at, stay valid until the batch is settled.
struct InputRecord {
  std::string_view topic;
  int partition = 0;
  int64_t offset = 0;
  std::string_view key;
  std::optional<std::string_view> value;  // none: a tombstone, which nobody should write there
  Timestamp timestamp;                    // received_at
  // The header of that name; empty: absent. Not set: no headers. Only dead letters ask: librdkafka allocates for all headers
  // of a record once one is asked for.
  std::function<std::string_view(const char*)> header;
};

// What is known of a record from inside its value; all empty where the value can't be read.
struct KnownOfRecord {
  std::optional<Uuid> event_id;
  std::optional<Timestamp> occurred_at;
  std::string_view account, receipt, trace_id;
};

// stage: sink.<family>. What the value doesn't tell is taken from headers and key, where these are text.
schemas::DeadLetter dead_letter_of(const InputRecord& record, std::string_view stage, const Rejection& why,
                                   std::string_view sqlstate, const KnownOfRecord& known, Timestamp now);

}  // namespace wxpipe::sinks
