// From a parsed callback to an Event: types, subject, identity, attributes, sealed credentials. Each family of kinds
// has a folder (wechat, open_platform, wework, bot, instance, channel); account_kinds.cpp says which kind uses which.
// Pure; any thread.
#pragma once

#include <string_view>

#include "common/clock.hpp"
#include "common/crypto/sealer.hpp"
#include "common/result.hpp"
#include "ingest/account.hpp"
#include "ingest/document.hpp"
#include "schemas/facts/event.hpp"

namespace wxpipe::ingest {

namespace senders {
struct Told;
}

struct NormalizeContext {  // everything is borrowed for the call
  const Account& account;
  std::string_view tenant;      // the authorised account; empty: none, or only the body names it
  std::string_view webhook_id;  // webhooks: the id that the sender gave it; else empty
  std::string_view decrypted;   // the body, verbatim, from which the document was parsed
  Timestamp received_at;
  const crypto::Sealer& sealer;
  const senders::Told* told = nullptr;  // what a sender's declaration found; null: it has none
};

// Fills everything in the Event but reply, receipt and trace_id. raw is the decrypted body with its credentials sealed.
// Rejects callbacks that lack a field which all of their kind have, and implausible times.
Result<schemas::Event> normalize(const Document& document, NormalizeContext context);

}  // namespace wxpipe::ingest
