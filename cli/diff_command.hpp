// wxpipe diff: what differs between a side schema and production.
#pragma once

#include "cli/program.hpp"

namespace wxpipe::cli {

void add_diff_command(Program& program);

}  // namespace wxpipe::cli
