// Reading and writing use the same table of units.
#include "common/config/units.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>

namespace wxpipe::config {
namespace {

struct Unit {
  std::string_view name;
  uint64_t factor;
};
constexpr uint64_t kSecond = 1000, kMinute = 60 * kSecond, kHour = 60 * kMinute, kDay = 24 * kHour;
constexpr std::array<Unit, 5> kDurations{{{"ms", 1}, {"s", kSecond}, {"m", kMinute}, {"h", kHour}, {"d", kDay}}};
constexpr std::array<Unit, 5> kSizes{
    {{"B", 1}, {"KiB", 1ULL << 10}, {"MiB", 1ULL << 20}, {"GiB", 1ULL << 30}, {"TiB", 1ULL << 40}}};
constexpr uint64_t kLongest = 36'500 * kDay;
constexpr uint64_t kLargest = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());

std::optional<uint64_t> parse(std::string_view text, const std::array<Unit, 5>& units, uint64_t most) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view name = text.substr(static_cast<size_t>(end - text.data()));
  for (const auto& unit : units)
    if (unit.name == name) return number <= most / unit.factor ? std::optional(number * unit.factor) : std::nullopt;
  return std::nullopt;
}

std::string format(uint64_t value, const std::array<Unit, 5>& units) {
  const Unit* best = &units[0];
  for (const auto& unit : units)
    if (value != 0 && value % unit.factor == 0) best = &unit;
  return fmt::format("{}{}", value / best->factor, best->name);
}

}  // namespace

std::optional<milliseconds> parse_duration(std::string_view text) {
  const auto value = parse(text, kDurations, kLongest);
  return value ? std::optional(milliseconds(*value)) : std::nullopt;
}
std::string format_duration(milliseconds duration) {
  return format(static_cast<uint64_t>(duration.count()), kDurations);
}

std::optional<uint64_t> parse_size(std::string_view text) { return parse(text, kSizes, kLargest); }
std::string format_size(uint64_t bytes) { return format(bytes, kSizes); }

std::optional<Endpoint> parse_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos)
    return std::nullopt;
  Endpoint endpoint{std::string(host), 0};
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
  if (host.empty() || error != std::errc{} || end != port.data() + port.size()) return std::nullopt;
  return endpoint;
}

std::string format_endpoint(const Endpoint& endpoint) {
  const bool brackets = endpoint.host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", brackets ? "[" : "", endpoint.host, brackets ? "]" : "", endpoint.port);
}

}  // namespace wxpipe::config
