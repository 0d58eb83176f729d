// Adds to an event what the configuration knows about it: attributes account_title, menu_name, channel. Unknown ones
// are left out. Running it twice adds nothing more.
#pragma once

#include "processors/enrich/reference.hpp"
#include "schemas/facts/event.hpp"

namespace wxpipe::processors {

void enrich(schemas::Event& event, const Reference& reference);

}  // namespace wxpipe::processors
