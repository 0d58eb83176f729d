// What differs between a side schema and production, as a report: `wxpipe diff` prints it, and the console shows it.
// Pure.
#pragma once

#include <string>

#include "common/report/report.hpp"
#include "operate/side_schema.hpp"

namespace wxpipe::operate {

report::Report report_of(const Diff& diff, const std::string& schema);

}  // namespace wxpipe::operate
