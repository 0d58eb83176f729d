// What doctor and the callback probe found, as reports: `wxpipe doctor` prints them, and the console shows them. Pure.
#pragma once

#include <vector>

#include "common/report/report.hpp"
#include "operate/callback_probe.hpp"
#include "operate/doctor.hpp"

namespace wxpipe::operate {

report::Report report_of(const std::vector<Checked>& checks);
// verified: the platform verifies addresses of accounts of that kind.
report::Report report_of(const Probe& probe, bool verified);

}  // namespace wxpipe::operate
