// Ids that depend only on bytes: any process gets the same id at any time (docs/guarantees.md law 3). Pure.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "common/clock.hpp"
#include "common/uuid.hpp"

namespace wxpipe::schemas {

// An id's bits: 48 bits of the platform's time in milliseconds, so that ids sort and index well (0 without a time, so
// that the id depends only on the content); version 8, variant 10; 74 bits of SHA-256 over the parts, each after its
// length.
Uuid content_id(std::optional<Timestamp> platform_time, std::span<const std::string_view> parts);

// An event's id: account, tenant and decrypted bytes. Standard Webhooks events also pass their webhook-id as
// `identity`: there, equal bodies with different ids are different events. All others pass an empty one.
Uuid event_id(std::string_view account, std::string_view tenant, std::string_view identity, std::string_view decrypted,
              std::optional<Timestamp> platform_time);

// The id of a thing from what it is and its natural key, as the SQL function wxpipe.eid makes it.
Uuid eid(std::string_view kind, std::span<const std::string_view> key);
inline Uuid identity_id(std::string_view account, std::string_view tenant, std::string_view subject) {
  const std::string_view key[]{account, tenant, subject};
  return eid("identity", key);
}

// The id of what a rule, step or stage makes from an event. The same event and maker give the same id. It begins with
// the event's time.
Uuid derived_id(const Uuid& event_id, std::string_view maker);

}  // namespace wxpipe::schemas
