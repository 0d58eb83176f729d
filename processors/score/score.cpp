#include "processors/score/score.hpp"

#include <algorithm>
#include <array>

#include "processors/glob.hpp"
#include "processors/score/profile.hpp"
#include "processors/text.hpp"
#include "schemas/event_id.hpp"

namespace wxpipe::processors {
namespace {
struct Column {
  std::string_view name;
  std::string schemas::Event::*value;
  bool platforms_word;
};
// The columns that a rule may test.
constexpr std::array kColumns{
    Column{"event", &schemas::Event::event, true},       Column{"change_type", &schemas::Event::change_type, true},
    Column{"msg_type", &schemas::Event::msg_type, true}, Column{"platform", &schemas::Event::platform, false},
    Column{"account", &schemas::Event::account, false},  Column{"tenant", &schemas::Event::tenant, false}};

// Stands in the place of a rule's name.
constexpr std::string_view kContactData = "contact_data";
// The dimension of rules for what somebody wants; the word that shows it is kept.
constexpr std::string_view kIntent = "intent";

const Column* column(std::string_view name) {
  const auto* found =
      std::find_if(kColumns.begin(), kColumns.end(), [&](const Column& each) { return each.name == name; });
  return found == kColumns.end() ? nullptr : found;
}

// For people: what the lead did, in words of the account's configuration or of the lead.
std::string description(const schemas::Event& event) {
  for (const auto name : {"menu_name", "channel"})
    if (const auto value = schemas::attribute(event.attributes, name); !value.empty())
      return event.type + " " + std::string(head(value, 160));
  return event.content.empty() ? event.type : event.type + " " + std::string(head(event.content, 160));
}

std::vector<std::vector<std::string>> words_of(const std::vector<config::ScoreRule>& rules) {
  std::vector<std::vector<std::string>> words;
  for (const auto& rule : rules) words.push_back(rule.contains);
  return words;
}
}  // namespace

Scoring::Scoring(std::vector<config::ScoreRule> rules) : words_(words_of(rules)) {
  for (auto& rule : rules) rules_.push_back(ready(std::move(rule)));
  sort_by_event();
}

void Scoring::sort_by_event() {
  const auto event_of = [](const Rule& rule) -> const std::string* {
    for (const auto& condition : rule.conditions)
      if (condition.column == &schemas::Event::event && condition.pattern.find('*') == std::string::npos)
        return &condition.pattern;
    return nullptr;
  };
  for (const auto& rule : rules_)
    if (const auto* event = event_of(rule)) by_event_.try_emplace(*event);
  for (size_t i = 0; i < rules_.size(); ++i) {
    const auto* event = event_of(rules_[i]);
    all_.push_back(i);
    if (event == nullptr) of_any_event_.push_back(i);
    for (auto& [word, which] : by_event_)
      if (event == nullptr || *event == word) which.push_back(i);
  }
}

// The rules that can fire, in their order.
const std::vector<size_t>& Scoring::worth_asking(const schemas::Event& event, bool shadowed) const {
  if (shadowed) return all_;
  const auto found = by_event_.find(lower(event.event));
  return found == by_event_.end() ? of_any_event_ : found->second;
}

Scoring::Rule Scoring::ready(config::ScoreRule rule) {
  std::vector<Condition> conditions;
  for (const auto& [name, pattern] : rule.where) {
    const auto* known = column(name);
    conditions.push_back({name, pattern, known ? known->value : nullptr, known && known->platforms_word});
  }
  return {std::move(rule), std::move(conditions)};
}

// Attributes first, then columns. An attribute without a value counts as absent.
// shadowed: the event has an attribute with the name of a column.
bool Scoring::holds(const Condition& condition, const schemas::Event& event, bool shadowed) {
  if (condition.column == nullptr || shadowed) {
    bool found = false;
    for (const auto& [name, value] : event.attributes) {
      if (name != condition.name || value.empty()) continue;
      if (matches(condition.pattern, value)) return true;
      found = true;
    }
    if (found || condition.column == nullptr) return false;
  }
  const auto& value = event.*condition.column;
  return condition.platforms_word ? matches_in_any_case(condition.pattern, value) : matches(condition.pattern, value);
}

// words_found: filled when the first rule needs it.
bool Scoring::fires(size_t which, const schemas::Event& event, bool shadowed, std::vector<bool>& words_found) const {
  const auto& [rule, conditions] = rules_[which];
  const bool fits =
      std::all_of(conditions.begin(), conditions.end(),
                  [&](const Condition& condition) { return holds(condition, event, shadowed); }) &&
      std::any_of(rule.types.begin(), rule.types.end(), [&](const auto& type) { return matches(type, event.type); });
  if (!fits || rule.contains.empty()) return fits;
  if (words_found.empty()) words_.find(event.content, words_found);
  return words_found[which];
}

std::vector<schemas::LeadActivity> Scoring::activities(const schemas::Event& event) const {
  std::vector<schemas::LeadActivity> fired;
  // In a group chat the subject is the chat, and a chat can't become a customer.
  if (event.subject.empty() || event.subject == event.conversation) return fired;
  const bool shadowed = std::any_of(event.attributes.begin(), event.attributes.end(),
                                    [](const auto& attribute) { return column(attribute.first) != nullptr; });
  std::vector<bool> words_found;
  auto profile = profile_of(event);
  bool wants_something = false;
  for (const auto i : worth_asking(event, shadowed)) {
    if (!fires(i, event, shadowed, words_found)) continue;
    const auto& rule = rules_[i].rule;
    fired.push_back({schemas::origin_of(event),
                     schemas::derived_id(event.id, "rule:" + rule.name),
                     rule.name,
                     rule.dimension,
                     rule.points,
                     rule.daily_cap,
                     rule.half_life_days,
                     description(event),
                     {}});
    if (wants_something || rule.dimension != kIntent || rule.contains.empty()) continue;
    wants_something = true;
    profile.emplace_back("text_intent", words_.first_in(event.content, i));
  }
  for (auto& activity : fired) activity.profile = profile;
  // What a person told is kept whether or not it gives points.
  if (fired.empty() && !profile.empty())
    fired.push_back({schemas::origin_of(event), schemas::derived_id(event.id, kContactData), std::string(kContactData),
                     "profile", 0, 0, 0, description(event), profile});
  return fired;
}

}  // namespace wxpipe::processors
