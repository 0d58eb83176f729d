// Points in time as people write them: "2026-11-24", "2026-11-24T08:30", also with seconds, with or without Z (always
// UTC); or how long ago: "90m", "2h", "7d". Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/clock.hpp"

namespace wxpipe::operate {

std::optional<Timestamp> parse_moment(std::string_view text, Timestamp now);

// The moment of an option or a parameter; empty text: none. Throws UsageError, which names it.
std::optional<Timestamp> moment(std::string_view name, const std::string& text, Timestamp now);

// Throws UsageError: nothing can lie between them, because `to` is not after `from`.
void require_order(std::optional<Timestamp> from, std::optional<Timestamp> to);

// For UsageError: "--from: '…' is not a moment; …"
inline constexpr std::string_view kMomentForms =
    "write 2026-11-24, 2026-11-24T08:30 or 2026-11-24T08:30:00Z (UTC), or how long ago: 90m, 2h, 7d";

}  // namespace wxpipe::operate
