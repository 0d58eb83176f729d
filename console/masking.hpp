// What a role doesn't see. A viewer sees no content; an analyst sees it, but neither bodies nor whole phone numbers. It
// works on reports, so nothing is forgotten where it is made. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/report/report.hpp"
#include "console/access.hpp"

namespace wxpipe::console {

inline constexpr std::string_view kHidden = "•••";

// Mobile numbers of mainland China in the text: 138****5678.
std::string mask_phones(std::string_view text);

bool is_masked(const Identity& who);
// The value of this name as `who` may see it.
report::Value masked(std::string_view name, report::Value value, const Identity& who);
report::Report masked(report::Report report, const Identity& who);

}  // namespace wxpipe::console
