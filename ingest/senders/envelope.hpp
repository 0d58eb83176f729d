// The document inside a proven webhook, as the text of JSON. Pure.
#pragma once

#include <string>

#include "common/result.hpp"
#include "ingest/senders/incoming.hpp"
#include "ingest/senders/sender.hpp"

namespace wxpipe::ingest::senders {

// A form that is itself the document becomes a JSON object. Rejects what is missing or can't be decrypted.
Result<std::string> document_text(const Sender& sender, Incoming& incoming);

}  // namespace wxpipe::ingest::senders
