// What an event tells of what we send: a message sent, its receipt, a receiver of a mass sending, how a mass sending
// goes on. The merge (sinks) goes only forward, so a record may come before or after its receipts.
#pragma once

#include <vector>

#include "schemas/facts/send_told.hpp"

namespace wxpipe::processors {

// Of one event no two facts have the same kind, sent_as and receiver.
std::vector<schemas::SendTold> sends_of(const schemas::Event& event);

}  // namespace wxpipe::processors
