// What an event tells of contacts, members, departments, tags, group chats, their members, and authorised accounts. The
// merge (sinks) takes of each field the greatest (time, rank, event_id), so order and repeats don't matter.
#pragma once

#include <optional>
#include <vector>

#include "schemas/facts/directory_changed.hpp"
#include "schemas/facts/ticket_told.hpp"

namespace wxpipe::processors {

// Of one event no two facts have the same kind, id and part.
std::vector<schemas::DirectoryChanged> directory_changes(const schemas::Event& event);

// Empty for everything but a sealed ticket.
std::optional<schemas::TicketTold> ticket_of(const schemas::Event& event);

}  // namespace wxpipe::processors
