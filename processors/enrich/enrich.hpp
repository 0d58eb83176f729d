// Adds to an event what the configuration knows about it: attributes account_title, menu_name, channel. What it doesn't
// know it leaves out; running it twice adds nothing.
#pragma once

#include "processors/enrich/reference.hpp"
#include "schemas/facts/event.hpp"

namespace wxpipe::processors {

void enrich(schemas::Event& event, const Reference& reference);

}  // namespace wxpipe::processors
