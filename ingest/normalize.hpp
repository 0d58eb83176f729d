// From a parsed callback to an Event: types, subject, identity, attributes, sealed credentials. Pure; any thread. The
// families of kinds have a folder each (wechat, open_platform, wework, bot, instance, channel); the kind's row in
// account_kinds.cpp says which.
#pragma once

#include <string_view>

#include "common/clock.hpp"
#include "common/crypto/sealer.hpp"
#include "common/result.hpp"
#include "ingest/account.hpp"
#include "ingest/document.hpp"
#include "schemas/facts/event.hpp"

namespace wxpipe::ingest {

struct NormalizeContext {  // everything is borrowed for the call
  const Account& account;
  std::string_view tenant;      // the authorised account; empty: none, or the body says it
  std::string_view webhook_id;  // Standard Webhooks kinds; else empty
  std::string_view decrypted;   // the body that the document was parsed from, verbatim
  Timestamp received_at;
  const crypto::Sealer& sealer;
};

// Fills everything in the Event but reply, receipt and trace_id; raw is the decrypted body with its credentials sealed.
// Rejects what lacks a field that every callback of its kind has, and implausible times.
Result<schemas::Event> normalize(const Document& document, NormalizeContext context);

}  // namespace wxpipe::ingest
