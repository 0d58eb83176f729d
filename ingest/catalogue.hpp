// The words of callbacks in the platforms' XML form (and its JSON twin): MsgType and Event, or InfoType, with
// ChangeType. WeChat, third-party platform and WeWork share it and differ in their tables. Pure.
#pragma once

#include <span>
#include <string_view>

#include "ingest/draft.hpp"
#include "ingest/event_rule.hpp"

namespace wxpipe::ingest {

struct Catalogue {
  std::span<const EventRule> events;    // is_sorted
  std::span<const EventRule> prefixes;  // words that end in *
  std::string_view event_identity;      // where a row has none of its own
  bool events_have_senders;             // FromUserName in each
};

// Sets every column, type, subject, content and identity by the tables. The row it went by, or null: unknown.
const EventRule* read_words(Draft& draft, const Catalogue& catalogue);

}  // namespace wxpipe::ingest
