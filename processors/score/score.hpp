// Which rules an event fires, as lead activities. Rules are data (config/scoring.toml); the score itself is a function
// of the set of activities and is kept by the sink. An event without a subject is nobody's activity.
#pragma once

#include <vector>

#include "common/config/settings.hpp"
#include "processors/score/word_search.hpp"
#include "schemas/facts/lead_activity.hpp"

namespace wxpipe::processors {

// Immutable once made, so any thread may ask it.
class Scoring {
 public:
  explicit Scoring(std::vector<config::ScoreRule> rules);

  // One activity for each rule that fires, in the order of the rules.
  std::vector<schemas::LeadActivity> activities(const schemas::Event& event) const;

 private:
  // What a rule asks of an event besides its type.
  struct Condition {
    std::string name, pattern;
    std::string schemas::Event::*column;  // that goes by the name; none: only an attribute does
    bool platforms_word;                  // these have no case: the pattern is in small letters
  };
  struct Rule {
    config::ScoreRule rule;
    std::vector<Condition> conditions;
  };

  bool fires(size_t which, const schemas::Event& event, bool shadowed, std::vector<bool>& words_found) const;
  static bool holds(const Condition& condition, const schemas::Event& event, bool shadowed);
  static Rule ready(config::ScoreRule rule);

  std::vector<Rule> rules_;
  WordSearch words_;  // a list for each rule
};

}  // namespace wxpipe::processors
