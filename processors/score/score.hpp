// Which rules an event fires, as lead activities. Rules are data (config/scoring.toml). The sink computes the score
// itself from the set of activities. An event without a subject gives no activity. One that fires no rule but tells who
// the person is gives an activity without points, so that contact data is never lost.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/config/settings.hpp"
#include "processors/score/word_search.hpp"
#include "schemas/facts/lead_activity.hpp"

namespace wxpipe::processors {

// Immutable once made, so any thread may ask it.
class Scoring {
 public:
  explicit Scoring(std::vector<config::ScoreRule> rules);

  // One activity for each rule that fires, in the order of the rules; or one of `contact_data`.
  std::vector<schemas::LeadActivity> activities(const schemas::Event& event) const;

 private:
  // A rule's condition on an event, besides its type.
  struct Condition {
    std::string name, pattern;
    std::string schemas::Event::*column;  // the column of that name; null: only an attribute can have it
    bool platforms_word;                  // compared without case: the pattern is in lower case
  };
  struct Rule {
    config::ScoreRule rule;
    std::vector<Condition> conditions;
  };

  bool fires(size_t which, const schemas::Event& event, bool shadowed, std::vector<bool>& words_found) const;
  static bool holds(const Condition& condition, const schemas::Event& event, bool shadowed);
  static Rule ready(config::ScoreRule rule);
  void sort_by_event();
  const std::vector<size_t>& worth_asking(const schemas::Event& event, bool shadowed) const;

  std::vector<Rule> rules_;
  // Most rules name one of the platform's words for an event (`where.event`), and can only fire there. By that word in
  // small letters: the rules that name it, and those that name none.
  std::map<std::string, std::vector<size_t>, std::less<>> by_event_;
  std::vector<size_t> all_, of_any_event_;
  WordSearch words_;  // a list for each rule
};

}  // namespace wxpipe::processors
