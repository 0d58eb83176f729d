// What we answer to a platform: its plain success word (docs/contract.md §2, "At the edge"), or a passive reply by the
// account's rules. A passive reply has the callback's format, and is encrypted if the callback was
// (docs/protocol.md §4). Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "ingest/account.hpp"
#include "ingest/callback.hpp"
#include "ingest/document.hpp"
#include "ingest/platforms.hpp"
#include "ingest/wxcrypt/cipher.hpp"
#include "ingest/wxcrypt/envelope.hpp"

namespace wxpipe::ingest {

Reply success_reply(AccountKind kind);

// The first rule that matches the event, or null. "keyword" rules match text messages and ignore ASCII case.
const config::ReplyRule* fitting_rule(const Account& account, const schemas::Event& event);

// The message that says `text` to the event's sender. Empty if the platform takes no text for such a callback: without
// a sender; and for bots, on anything but messages and the start of a conversation.
std::string reply_message(const Account& account, const Document& document, const schemas::Event& event,
                          std::string_view text);

// How the callback was encrypted. Its answer is encrypted the same way.
struct ReplyEncryption {
  const Secret& token;
  const wxcrypt::AesKey& key;
  std::string_view receiveid;
  wxcrypt::EnvelopeFormat format;
};
Reply clear_reply(std::string message, DocumentFormat format);
Reply encrypted_reply(std::string_view message, const ReplyEncryption& encryption, Timestamp now,
                      const RandomBytes& random);

}  // namespace wxpipe::ingest
