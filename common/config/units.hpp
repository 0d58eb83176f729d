// Durations, sizes and endpoints as people write them in a configuration: "800ms", "10m", "7d", "16KiB", "[::1]:8080".
// Each pair reads what the other writes. Pure; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/config/settings.hpp"

namespace wxpipe::config {

// A whole number and one of ms, s, m, h, d; nothing else. Empty when it isn't one or exceeds 100 years.
std::optional<milliseconds> parse_duration(std::string_view text);
std::string format_duration(milliseconds duration);  // in the largest unit that loses nothing

// A whole number and one of B, KiB, MiB, GiB, TiB.
std::optional<uint64_t> parse_size(std::string_view text);
std::string format_size(uint64_t bytes);

// host:port; an IPv6 address in brackets.
std::optional<Endpoint> parse_endpoint(std::string_view text);
std::string format_endpoint(const Endpoint& endpoint);

}  // namespace wxpipe::config
