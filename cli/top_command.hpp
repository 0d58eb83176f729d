// wxpipe top: all roles at a glance, again and again: rates, latencies, what waits, what is wrong.
#pragma once

#include "cli/program.hpp"

namespace wxpipe::cli {

void add_top_command(Program& program);

}  // namespace wxpipe::cli
