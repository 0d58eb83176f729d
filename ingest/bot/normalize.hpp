// WeWork's 智能机器人: JSON with lower-case names, a msgid in every message, no times (docs/protocol.md §10.6). Pure.
#pragma once

#include "ingest/draft.hpp"

namespace wxpipe::ingest::bot {

Result<schemas::Event> normalize(const Document& document, const NormalizeContext& context);
Vocabulary vocabulary();

}  // namespace wxpipe::ingest::bot
