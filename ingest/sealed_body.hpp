// A decrypted body with its credentials sealed: verbatim but for them (docs/contract.md §5). Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "ingest/credentials.hpp"
#include "ingest/document.hpp"

namespace wxpipe::ingest {

// body: what parse_document read. Each credential's element or key stays and its text becomes the seal, in CDATA where
// it stood in CDATA; wherever else a long one stands it is sealed too, however it is escaped there. The result is read
// again to prove it; should anything still show, or the seals make too much of it, the whole body becomes one seal.
std::string seal_body(std::string_view body, DocumentFormat format, Seals& seals);

}  // namespace wxpipe::ingest
