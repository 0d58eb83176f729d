#include "ingest/known_types.hpp"

#include <set>

#include "ingest/account_kinds.hpp"
#include "ingest/event_rule.hpp"
#include "ingest/senders/presets.hpp"
#include "ingest/senders/told.hpp"

namespace wxpipe::ingest {

std::vector<std::string_view> known_types() {
  std::set<std::string_view> types{senders::kTest};
  for (const auto& kind : kAccountKinds) {
    const auto words = kind.vocabulary();
    for (const auto rules : {words.events, words.messages, words.prefixes, words.details})
      for (const auto& rule : rules) types.insert(rule.type);
  }
  for (const auto& preset : senders::presets())
    for (const auto& [word, type] : preset.declared.types) types.insert(type);
  return {types.begin(), types.end()};
}

}  // namespace wxpipe::ingest
