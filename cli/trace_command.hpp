// wxpipe trace KEY: what happened to a callback, station by station.
#pragma once

#include "cli/program.hpp"

namespace wxpipe::cli {

void add_trace_command(Program& program);

}  // namespace wxpipe::cli
