// WeWork applications, contacts, customer contact, customer service notices, suite commands and suite data:
// docs/protocol.md §10.4. The suites' form says InfoType for Event and TimeStamp for CreateTime, and means the same.
// Pure.
#pragma once

#include "ingest/draft.hpp"

namespace wxpipe::ingest::wework {

Result<schemas::Event> normalize(const Document& document, const NormalizeContext& context);
// The same words from another of WeWork's speakers: robots that were made before they spoke JSON.
Result<schemas::Event> normalize_as(std::string_view platform, const Document& document,
                                    const NormalizeContext& context);

}  // namespace wxpipe::ingest::wework
