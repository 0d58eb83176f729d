// JSON webhooks of a WeWork instance, in the shape that docs/webhooks.md gives; any other becomes unknown.*. Pure.
#pragma once

#include "ingest/draft.hpp"

namespace wxpipe::ingest::instance {

Result<schemas::Event> normalize(const Document& document, const NormalizeContext& context);
Vocabulary vocabulary();

}  // namespace wxpipe::ingest::instance
