#include "common/config/age.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace wxpipe::config {
namespace {
using namespace std::chrono;

constexpr int kMost = 1000;
constexpr std::array<std::string_view, 4> kUnits{"day", "week", "month", "year"};  // in the order of Age::Unit
}  // namespace

std::optional<Age> parse_age(std::string_view text) {
  Age age;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), age.count);
  if (error != std::errc() || age.count < 1 || age.count > kMost) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  if (!text.starts_with(' ')) return std::nullopt;
  text.remove_prefix(1);
  if (text.ends_with('s')) text.remove_suffix(1);
  for (size_t i = 0; i < kUnits.size(); ++i)
    if (text == kUnits[i]) {
      age.unit = static_cast<Age::Unit>(i);
      return age;
    }
  return std::nullopt;
}

std::string format_age(const Age& age) {
  return fmt::format("{} {}{}", age.count, kUnits[static_cast<size_t>(age.unit)], age.count == 1 ? "" : "s");
}

Timestamp before(Timestamp now, const Age& age) {
  if (age.unit == Age::Unit::days) return now - days{age.count};
  if (age.unit == Age::Unit::weeks) return now - weeks{age.count};
  const auto day = floor<days>(now);
  const year_month_day date{day};
  const auto month = date.year() / date.month() - months{age.unit == Age::Unit::years ? 12 * age.count : age.count};
  const auto earlier = month / date.day();
  return sys_days{earlier.ok() ? earlier : year_month_day{month / last}} + (now - day);
}

}  // namespace wxpipe::config
