#include "processors/score/score.hpp"

#include <algorithm>
#include <optional>

#include "processors/glob.hpp"
#include "processors/score/profile.hpp"
#include "processors/text.hpp"
#include "schemas/event_id.hpp"

namespace wxpipe::processors {
namespace {
bool contains_word(std::string_view text, std::string_view word) {
  return std::search(text.begin(), text.end(), word.begin(), word.end(),
                     [](char a, char b) { return lower(a) == lower(b); }) != text.end();
}

// The event's own columns that a rule may tell apart. The platform's words without regard to case: rules have them small.
std::optional<std::string> column(const schemas::Event& event, std::string_view name) {
  if (name == "account") return event.account;
  if (name == "platform") return event.platform;
  if (name == "tenant") return event.tenant;
  if (name == "event") return lower(event.event);
  if (name == "change_type") return lower(event.change_type);
  if (name == "msg_type") return lower(event.msg_type);
  return std::nullopt;
}

// Attributes first, then columns. An attribute without a value counts as absent.
bool holds(const schemas::Event& event, const std::string& name, const std::string& pattern) {
  bool found = false;
  for (const auto& [attribute_name, value] : event.attributes) {
    if (attribute_name != name || value.empty()) continue;
    if (matches(pattern, value)) return true;
    found = true;
  }
  if (found) return false;
  const auto value = column(event, name);
  return value && matches(pattern, *value);
}

// For people: what the lead did, in the words that the account's configuration or the lead used.
std::string description(const schemas::Event& event) {
  for (const auto name : {"menu_name", "channel"})
    if (const auto value = schemas::attribute(event.attributes, name); !value.empty())
      return event.type + " " + std::string(head(value, 160));
  return event.content.empty() ? event.type : event.type + " " + std::string(head(event.content, 160));
}
}  // namespace

bool fires(const config::ScoreRule& rule, const schemas::Event& event) {
  if (event.subject.empty()) return false;
  return std::any_of(rule.types.begin(), rule.types.end(), [&](const auto& type) { return matches(type, event.type); }) &&
         std::all_of(rule.where.begin(), rule.where.end(),
                     [&](const auto& condition) { return holds(event, condition.first, condition.second); }) &&
         (rule.contains.empty() ||
          std::any_of(rule.contains.begin(), rule.contains.end(),
                      [&](const auto& word) { return contains_word(event.content, word); }));
}

std::vector<schemas::LeadActivity> score(const schemas::Event& event, std::span<const config::ScoreRule> rules) {
  std::vector<schemas::LeadActivity> activities;
  for (const auto& rule : rules) {
    if (!fires(rule, event)) continue;
    activities.push_back({schemas::origin_of(event), schemas::derived_id(event.id, "rule:" + rule.name), rule.name,
                          rule.dimension, rule.points, rule.daily_cap, rule.half_life_days, description(event),
                          profile_of(event)});
  }
  return activities;
}

}  // namespace wxpipe::processors
