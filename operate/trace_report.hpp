// What trace.hpp and refused.hpp found, as reports: `wxpipe trace` prints them, and the console shows them. Pure.
#pragma once

#include <string>
#include <vector>

#include "common/report/report.hpp"
#include "operate/refused.hpp"
#include "operate/trace.hpp"

namespace wxpipe::operate {

// dropped: partitions in which its row may have been.
report::Report nothing_found(const std::string& key, const std::vector<Dropped>& dropped);
// Rows that a key may mean, as the table `matches`.
report::Table matches_table(const std::vector<Match>& matches);
report::Report choice(const std::string& key, const std::vector<Match>& matches);
report::Report report_of(const std::string& key, const Story& story);
report::Report report_of(const RefusedLately& lately, const std::string& account);

}  // namespace wxpipe::operate
