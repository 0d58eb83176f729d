// What a webhook says, in our names, as its sender's declaration finds it. Pure.
#pragma once

#include <string>
#include <string_view>

#include "ingest/callback.hpp"
#include "ingest/document.hpp"
#include "ingest/senders/incoming.hpp"
#include "ingest/senders/sender.hpp"
#include "schemas/fact.hpp"

namespace wxpipe::ingest::senders {

struct Told {
  std::string identity;  // the delivery or the lead, as the sender numbers it; empty: by its content
  std::string word;      // the sender's word for what happened; empty: none
  std::string type;      // ours for it; empty: `types` doesn't have the word
  std::string subject;   // whom it is about, where the declaration says so
  std::string person;    // the best that says who it is: phone, WeChat id, e-mail, openid
  std::string lead_id;   // where nothing says who it is
  std::string content;
  std::string stated_at;        // when it happened, with a zone if it is a date; empty: not said
  schemas::Attributes contact;  // contact_phone and the like
  std::string_view shared_key;  // it stands in the request in clear and must show nowhere; empty: none
};

// text: what the document was parsed from.
Told tell(const Sender& sender, Incoming& incoming, const Document& document, std::string_view text);

// What the sender wants to hear. document: null if it couldn't be read.
Reply answer(const Sender& sender, const Document* document);

inline constexpr std::string_view kTest = "webhook.test";

}  // namespace wxpipe::ingest::senders
