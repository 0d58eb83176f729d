// What an event says about somebody's relation to an account. The merge (sinks) takes the greatest (occurred_at, rank,
// event_id), so order and repeats don't matter; within one second leaving beats joining (docs/protocol.md §7).
#pragma once

#include <optional>

#include "schemas/facts/follower_changed.hpp"

namespace wxpipe::processors {

// Empty when the event is about nobody, or not about a relation. Uses the channel that enrich added.
std::optional<schemas::FollowerChanged> follower_change(const schemas::Event& event);

}  // namespace wxpipe::processors
