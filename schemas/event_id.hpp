// Ids that any process, on any day, derives again from the same bytes (docs/guarantees.md law 3). Pure.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "common/clock.hpp"
#include "common/uuid.hpp"

namespace wxpipe::schemas {

// 48 bits of the platform's time in milliseconds (0 where it gives none, so that the id depends on content alone), so
// that ids sort and index well; version nibble 8, variant 10; 74 bits of SHA-256 over the parts, each preceded by its
// length.
Uuid content_id(std::optional<Timestamp> platform_time, std::span<const std::string_view> parts);

// An event's id: account, tenant and decrypted bytes. Standard Webhooks events pass their webhook-id as `identity` too,
// for there two deliveries with equal bodies and different ids are two events; everybody else passes an empty one.
Uuid event_id(std::string_view account, std::string_view tenant, std::string_view identity, std::string_view decrypted,
              std::optional<Timestamp> platform_time);

// What a rule, step or stage derives from an event: same event and same maker, same id. Keeps the event's time in
// front.
Uuid derived_id(const Uuid& event_id, std::string_view maker);

}  // namespace wxpipe::schemas
