// `wxpipe partitions plan|apply|doctor|retain`: the partitions that should exist by now, rows that have no partition,
// and partitions that are old enough to be dropped.
#pragma once

#include "cli/program.hpp"

namespace wxpipe::cli {

void add_partitions_command(Program& program);

}  // namespace wxpipe::cli
