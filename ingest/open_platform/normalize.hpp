// Events of the 第三方平台 itself: tickets, authorisations, audits (docs/protocol.md §10.3). Pure.
#pragma once

#include "ingest/draft.hpp"

namespace wxpipe::ingest::open_platform {

Result<schemas::Event> normalize(const Document& document, const NormalizeContext& context);
Vocabulary vocabulary();

}  // namespace wxpipe::ingest::open_platform
