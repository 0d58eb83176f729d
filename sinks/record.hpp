// A consumed record for sinks, and the dead letter made from it when it can't be stored. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "common/clock.hpp"
#include "common/result.hpp"
#include "schemas/record_side.hpp"

namespace wxpipe::sinks {

// Views, and what `header` looks at, stay valid until the batch is cleared.
struct InputRecord {
  std::string_view topic;
  int partition = 0;
  int64_t offset = 0;
  std::string_view key;
  std::optional<std::string_view> value;  // none: a tombstone, which nobody should write there
  Timestamp timestamp;                    // received_at
  // The header of that name; empty: absent. Not set: no headers. Only dead letters use it: librdkafka allocates for all
  // headers of a record when one is read.
  std::function<std::string_view(const char*)> header;
};

using schemas::KnownOfRecord;

// schemas::dead_letter_of, with the record's headers.
schemas::DeadLetter dead_letter_of(const InputRecord& record, std::string_view stage, const Rejection& why,
                                   std::string_view sqlstate, const KnownOfRecord& known, Timestamp now);

}  // namespace wxpipe::sinks
