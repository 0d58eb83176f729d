#include "cli/moment.hpp"

#include <string>

#include "common/config/units.hpp"

namespace wxpipe::cli {

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

}  // namespace wxpipe::cli
