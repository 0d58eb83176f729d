// JSON webhooks of lead forms and other channels, in the shape that docs/webhooks.md publishes; any other shape is
// unknown.*, and its person is looked for all the same. Pure.
#pragma once

#include "ingest/draft.hpp"

namespace wxpipe::ingest::channel {

Result<schemas::Event> normalize(const Document& document, const NormalizeContext& context);

}  // namespace wxpipe::ingest::channel
