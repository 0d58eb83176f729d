// What operators should be able to look up later: authorisations, audits, jobs, tickets, account health, unknown
// events, identity collisions. Log texts have ids and states, never credentials: these are sealed in the event already,
// and sealed text is left out.
#pragma once

#include <optional>

#include "schemas/facts/log_written.hpp"

namespace wxpipe::processors {

// Empty for everyday events (messages, followers, menus).
std::optional<schemas::LogWritten> log_of(const schemas::Event& event);

// The log line for a collision: this event has the identity of another one within the window, but other bytes. Both are
// kept.
schemas::LogWritten identity_collision(const schemas::Event& event);

}  // namespace wxpipe::processors
