// What a family's table says about one of the platform's words: docs/event-types.md, row by row. Pure.
#pragma once

#include <algorithm>
#include <span>
#include <string_view>

#include "ingest/words.hpp"

namespace wxpipe::ingest {

inline constexpr std::string_view kFrom = "From";  // FromUserName, unless that is "sys"
inline constexpr std::string_view kNobody = "-";   // the event is about the account
inline constexpr std::string_view kBody = "body";  // identity: the bytes themselves

struct EventRule {
  std::string_view word;    // Event, InfoType or MsgType in lower case; a * at the end matches any rest
  std::string_view change;  // ChangeType in lower case; empty: any
  std::string_view type;
  std::string_view subject;   // a path, kFrom or kNobody. A path that ends in openid matches any spelling of it
  std::string_view content;   // paths, separated by blanks
  std::string_view identity;  // paths, From, T or body, separated by blanks; empty: the family's default
  std::string_view lists{};   // paths, separated by blanks: lists even where there is one element
};

// All the words of a family of platforms, by what they mean.
struct Vocabulary {
  std::span<const EventRule> events, messages;  // messages: the words of MsgType
  std::span<const EventRule> prefixes{};        // words that end in a *
  std::span<const EventRule> details{};         // words of a field beside the event's own word
};

constexpr bool precedes(const EventRule& rule, std::string_view word, std::string_view change) {
  return rule.word != word ? rule.word < word : rule.change < change;
}

// Tables are searched by binary search. Each table checks its order with a static_assert.
constexpr bool is_sorted(std::span<const EventRule> rules) {
  for (size_t i = 1; i < rules.size(); ++i)
    if (!precedes(rules[i - 1], rules[i].word, rules[i].change)) return false;
  return true;
}

// Null: no row has the word, or only rows with other ChangeTypes.
inline const EventRule* find_rule(std::span<const EventRule> rules, std::string_view word, std::string_view change) {
  const auto find = [&](std::string_view with) -> const EventRule* {
    const auto found = std::partition_point(rules.begin(), rules.end(),
                                            [&](const EventRule& rule) { return precedes(rule, word, with); });
    return found != rules.end() && found->word == word && found->change == with ? &*found : nullptr;
  };
  if (!change.empty())
    if (const auto* const rule = find(change)) return rule;
  return find({});
}

// Whether any row has the word, with any ChangeType.
inline bool knows_word(std::span<const EventRule> rules, std::string_view word) {
  const auto found =
      std::partition_point(rules.begin(), rules.end(), [&](const EventRule& rule) { return rule.word < word; });
  return found != rules.end() && found->word == word;
}

// Searches the few rows whose word ends in a *.
inline const EventRule* find_prefix(std::span<const EventRule> rules, std::string_view word) {
  for (const EventRule& rule : rules)
    if (word.starts_with(rule.word.substr(0, rule.word.size() - 1))) return &rule;
  return nullptr;
}

}  // namespace wxpipe::ingest
