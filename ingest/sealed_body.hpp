// A decrypted body with its credentials sealed; all else is verbatim (docs/contract.md §5). Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "ingest/credentials.hpp"
#include "ingest/document.hpp"

namespace wxpipe::ingest {

// body: the same bytes that parse_document accepted. A credential's element or key stays; its text becomes the seal, in
// CDATA if it was in CDATA. A long credential is also sealed wherever else it stands, however it is escaped there. The
// result is parsed again to prove it. If a credential still shows, or the seals add too much, the whole body becomes
// one seal.
std::string seal_body(std::string_view body, DocumentFormat format, Seals& seals);

// Text that becomes part of a dead letter, readable or not, with its credentials sealed so that Sealer::open_all gives
// back the very bytes. If that can't be done piece by piece, the whole text becomes one seal.
std::string seal_letter(std::string_view text, const crypto::Sealer& sealer);

}  // namespace wxpipe::ingest
