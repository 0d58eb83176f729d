// Whether a webhook comes from who has the account's secret. Compares in constant time. Pure.
#pragma once

#include <optional>
#include <string>

#include "common/clock.hpp"
#include "ingest/callback.hpp"
#include "ingest/senders/incoming.hpp"
#include "ingest/senders/sender.hpp"

namespace wxpipe::ingest::senders {

// Nothing: it is proven. `incoming`'s query must have been read. proof: what was claimed, in the one spelling in which
// it was compared.
std::optional<Refusal> unproven(const Sender& sender, Incoming& incoming, std::string& proof);

// When it was signed: seconds, milliseconds or ISO 8601. Nothing: that part is missing or isn't a time.
std::optional<Timestamp> signed_at(const Sender& sender, Incoming& incoming);

// The answer to a GET that verifies the address: the text to give back, or why not.
struct Verified {
  std::optional<Refusal> refusal{};
  std::string_view echo{};
};
Verified verify_address(const Sender& sender, Incoming& incoming);

}  // namespace wxpipe::ingest::senders
