// 公众号 and mini programs, also those served by a third-party platform: docs/protocol.md §10.1 and §10.2. Pure.
#pragma once

#include "ingest/draft.hpp"

namespace wxpipe::ingest::wechat {

Result<schemas::Event> normalize(const Document& document, const NormalizeContext& context);
Vocabulary vocabulary();

}  // namespace wxpipe::ingest::wechat
