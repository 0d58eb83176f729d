// How far each reader is behind, as a report: `wxpipe lag` prints it, and the console shows it. Pure.
#pragma once

#include "common/report/report.hpp"
#include "operate/lag.hpp"

namespace wxpipe::operate {

// From two looks. partitions: with a table of each partition.
report::Report report_of(const LagLook& before, const LagLook& now, bool partitions);

}  // namespace wxpipe::operate
