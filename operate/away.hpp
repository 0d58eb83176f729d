// One of several databases may be away ([postgres.families]). A report then shows what the others have, and says so.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/report/report.hpp"

namespace wxpipe::operate {

// away: the reasons. what: what is missing, such as "sinks".
inline void add_away(report::Report& report, std::string_view what, const std::vector<std::string>& away) {
  for (const auto& why : away)
    report.findings.push_back({report::Level::warning,
                               std::string(what) + " of a database that gives no answer are missing: " + why,
                               "`wxpipe doctor` says more."});
}

}  // namespace wxpipe::operate
