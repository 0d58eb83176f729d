// WeWork applications, contacts, customer contact, customer service notices, suite commands and suite data:
// docs/protocol.md §10.4. Suites write InfoType for Event and TimeStamp for CreateTime, with the same meaning. Pure.
#pragma once

#include "ingest/draft.hpp"

namespace wxpipe::ingest::wework {

Result<schemas::Event> normalize(const Document& document, const NormalizeContext& context);
Vocabulary vocabulary();
// The same words under another platform name: robots from before they used JSON.
Result<schemas::Event> normalize_as(std::string_view platform, const Document& document,
                                    const NormalizeContext& context);

}  // namespace wxpipe::ingest::wework
