// Which rules an event fires, as lead activities. Rules are data (config/scoring.toml); the score itself is a function of
// the set of activities and is kept by the sink. An event without a subject is nobody's activity.
#pragma once

#include <span>
#include <vector>

#include "common/config/settings.hpp"
#include "schemas/event.hpp"
#include "schemas/facts.hpp"

namespace wxpipe::processors {

bool fires(const config::ScoreRule& rule, const schemas::Event& event);

// One activity for each rule that fires, in the order of the rules.
std::vector<schemas::LeadActivity> score(const schemas::Event& event, std::span<const config::ScoreRule> rules);

}  // namespace wxpipe::processors
