// Reads what a callback is from the platforms' XML form (or the same in JSON): MsgType and Event, or InfoType, with
// ChangeType. WeChat, third-party platforms and WeWork share this code and differ in their tables. Pure.
#pragma once

#include <span>
#include <string_view>

#include "ingest/draft.hpp"
#include "ingest/event_rule.hpp"

namespace wxpipe::ingest {

struct Catalogue {
  std::span<const EventRule> events;    // sorted: see is_sorted
  std::span<const EventRule> prefixes;  // words that end in *
  std::string_view event_identity;      // for rows that have none of their own
  bool events_have_senders;             // every event about its sender has FromUserName
};

// The words of MsgType, which WeChat and WeWork share.
std::span<const EventRule> message_rules();

// Sets every column, type, subject, content and identity from the tables. Returns the row it used; null: unknown word.
const EventRule* read_words(Draft& draft, const Catalogue& catalogue);

}  // namespace wxpipe::ingest
