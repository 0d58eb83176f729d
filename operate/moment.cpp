#include "operate/moment.hpp"

#include <fmt/format.h>

#include "common/config/units.hpp"
#include "common/result.hpp"

namespace wxpipe::operate {

std::optional<Timestamp> parse_moment(std::string_view text, Timestamp now) {
  if (const auto ago = config::parse_duration(text)) return now - *ago;
  std::string full(text);
  if (!full.empty() && full.back() == 'Z') full.pop_back();
  constexpr size_t kDay = 10, kMinute = 16;
  if (full.size() == kDay) full += "T00:00";
  if (full.size() == kMinute) full += ":00";
  Timestamp at;
  if (!parse_iso8601(full + 'Z', at)) return std::nullopt;
  return at;
}

std::optional<Timestamp> moment(std::string_view name, const std::string& text, Timestamp now) {
  if (text.empty()) return std::nullopt;
  const auto at = parse_moment(text, now);
  if (!at) throw UsageError(fmt::format("{}: '{}' is not a moment; {}", name, text, kMomentForms));
  return at;
}

void require_order(std::optional<Timestamp> from, std::optional<Timestamp> to) {
  if (from && to && *from >= *to)
    throw UsageError(fmt::format("--to: {} is not after --from, {}", to_iso8601(*to), to_iso8601(*from)));
}

}  // namespace wxpipe::operate
