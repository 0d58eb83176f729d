#include "processors/logs/log.hpp"

#include <algorithm>
#include <array>

#include "schemas/event_id.hpp"

namespace wxpipe::processors {
namespace {
struct Meaning {
  std::string_view family;  // type up to its dot, or a whole type
  std::string_view module;
};
constexpr std::array kMeanings{
    Meaning{"authorization", "authorization"}, Meaning{"audit", "audit"}, Meaning{"ticket", "ticket"},
    Meaning{"job", "job"},                     Meaning{"suite", "suite"}, Meaning{"unknown", "unknown"},
};
}  // namespace

std::optional<schemas::LogWritten> log_of(const schemas::Event& event) {
  const auto family = std::string_view(event.type).substr(0, event.type.find('.'));
  const auto* meaning =
      std::find_if(kMeanings.begin(), kMeanings.end(), [&](const Meaning& each) { return each.family == family; });
  if (meaning == kMeanings.end()) return std::nullopt;
  return schemas::LogWritten{schemas::origin_of(event), schemas::derived_id(event.id, "log"), "info", event.platform,
                             std::string(meaning->module), event.type, event.type, {}};
}

schemas::LogWritten identity_collision(const schemas::Event& event) {
  return {schemas::origin_of(event),
          schemas::derived_id(event.id, "log:collision"),
          "warn",
          "process",
          "collision",
          "identity.collided",
          "another event within the dedupe window has the same identity and other bytes; both are kept",
          {{"identity", event.identity}}};
}

}  // namespace wxpipe::processors
