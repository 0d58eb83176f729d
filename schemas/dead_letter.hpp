// A record that can never succeed, with its original bytes, the reason from a closed list and where it came from
// (docs/guarantees.md law 2). Travels on wxpipe.dead_letters.v1 and is a row of `dead_letters`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/clock.hpp"
#include "common/result.hpp"
#include "common/uuid.hpp"
#include "schemas/event.hpp"

namespace wxpipe::schemas {

struct DeadLetter {
  Uuid id;                // deterministic: a retry of the same bytes is the same dead letter
  Timestamp occurred_at;  // the platform's time where it could be read, else when the bytes were received
  Timestamp failed_at;
  std::string stage;  // ingest, process, sink.<family>
  Reason reason{};
  std::string detail;
  std::string sqlstate;  // sink stages; else empty
  std::string account;   // empty where unknown
  std::optional<Uuid> event_id;
  std::string topic;  // the record's place, for stages behind Kafka; empty: none
  std::optional<int> partition;
  std::optional<int64_t> offset;
  std::string key;
  std::string body;    // the bytes as that stage got them: any bytes at all; base64 in JSON
  Attributes context;  // signed query, headers, receiveid …; secrets sealed
  std::string receipt;
  std::string trace_id;

  bool operator==(const DeadLetter&) const = default;
};
inline constexpr std::string_view kDeadLetterSchema = "wxpipe.dead_letter.v1";

void encode(const DeadLetter& letter, std::string& out);
Result<DeadLetter> decode_dead_letter(std::string_view json);

// Text that JSON and Postgres can hold: as it is, or with bytes outside of printable ASCII as \xNN where it isn't UTF-8
// without NUL. Keys, queries and details may be any bytes.
std::string printable(std::string_view text);

// Ids: by account, tenant (Standard Webhooks: webhook-id) and body at ingest; by the record's place and bytes behind
// it.
Uuid ingest_dead_letter_id(std::string_view account, std::string_view tenant, std::string_view body);
Uuid record_dead_letter_id(std::string_view stage, std::string_view topic, int partition, int64_t offset,
                           std::string_view value);

}  // namespace wxpipe::schemas
