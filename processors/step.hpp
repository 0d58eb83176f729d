// A step of processing: reads and enriches the event, and adds the facts that follow from it. Pure: no clock, Kafka or
// SQL; everything it knows besides the event is fixed when it is made. A step can't refuse an event: what could not be
// read never gets here, and what a step doesn't understand it leaves alone.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "schemas/event.hpp"
#include "schemas/facts.hpp"

namespace wxpipe::processors {

// What an event led to, besides its own row.
struct Facts {
  std::vector<schemas::FollowerChanged> followers;
  std::vector<schemas::LeadActivity> leads;
  std::vector<schemas::LogWritten> logs;
  bool operator==(const Facts&) const = default;
};

struct Step {
  std::string_view name;  // a literal
  std::function<void(schemas::Event&, Facts&)> apply;
};
using Steps = std::vector<Step>;  // in order: later ones see what earlier ones added

}  // namespace wxpipe::processors
