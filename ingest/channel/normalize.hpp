// JSON webhooks of lead forms and other channels, in the shape that docs/webhooks.md gives. Any other shape becomes
// unknown.*; even then we look for the person. A sender with a declaration of its own (ingest/senders/) has its shape.
// Pure.
#pragma once

#include "ingest/draft.hpp"

namespace wxpipe::ingest::channel {

Result<schemas::Event> normalize(const Document& document, const NormalizeContext& context);
Vocabulary vocabulary();

}  // namespace wxpipe::ingest::channel
