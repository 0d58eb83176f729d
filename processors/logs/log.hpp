// What operators should be able to look up later: authorisations, audits, jobs, tickets, account health, unknown
// events, identity collisions. Messages name ids and states, never a credential: those are sealed in the event already,
// and sealed text is left out.
#pragma once

#include <optional>

#include "schemas/facts/log_written.hpp"

namespace wxpipe::processors {

// Nothing for events that are a business's daily bread (messages, followers, menus).
std::optional<schemas::LogWritten> log_of(const schemas::Event& event);

// This event has the identity of another one within the window, and other bytes: both are kept.
schemas::LogWritten identity_collision(const schemas::Event& event);

}  // namespace wxpipe::processors
