// How long rows are kept, as people write it: "30 days", "8 weeks", "24 months", "7 years". Months and years go by the
// calendar (UTC). Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/clock.hpp"

namespace wxpipe::config {

struct Age {
  enum class Unit { days, weeks, months, years };
  int count = 0;
  Unit unit = Unit::days;
  bool operator==(const Age&) const = default;
};

// A whole number from 1 to 1000 and a unit, in the singular or plural. Empty: it is something else.
std::optional<Age> parse_age(std::string_view text);
std::string format_age(const Age& age);

// The moment that long before `now`. A day that the earlier month doesn't have is its last one: a month before the 31st
// of March is the end of February.
Timestamp before(Timestamp now, const Age& age);

}  // namespace wxpipe::config
