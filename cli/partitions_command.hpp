// `wxpipe partitions plan|apply|doctor`: the partitions that should exist by now, and rows that have no partition.
#pragma once

#include "cli/program.hpp"

namespace wxpipe::cli {

void add_partitions_command(Program& program);

}  // namespace wxpipe::cli
