#include "sinks/custody/boots.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wxpipe::sinks {

bool is_earlier_boot(const std::string& a, const std::string& b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;  // hexadecimal, without leading zeros
}

bool was_killed(const Boot& boot, const std::vector<Boot>& boots) {
  if (boot.ended) return false;
  return boot.silent || std::any_of(boots.begin(), boots.end(), [&](const Boot& other) {
           return other.instance == boot.instance && is_earlier_boot(boot.boot, other.boot);
         });
}

bool spool_emptied_since(const std::vector<Boot>& boots, const schemas::CustodyMark& mark) {
  return std::any_of(boots.begin(), boots.end(), [&](const Boot& boot) {
    if (boot.instance != mark.instance || boot.emptied_at_number == 0) return false;
    return boot.boot == mark.boot ? boot.emptied_at_number >= mark.number : is_earlier_boot(mark.boot, boot.boot);
  });
}

std::string spool_of(const std::vector<Boot>& boots, const std::string& instance) {
  const Boot* newest = nullptr;
  for (const auto& boot : boots)
    if (boot.instance == instance && (newest == nullptr || is_earlier_boot(newest->boot, boot.boot))) newest = &boot;
  if (newest == nullptr || !newest->spool_events)
    return fmt::format("the spool of {}, which runs without one now: start it with the [spool] directory that it had",
                       instance);
  return fmt::format("the spool of {}: {} events at {}", instance, *newest->spool_events,
                     to_iso8601(newest->marked_at));
}

}  // namespace wxpipe::sinks
