// wxpipe lag: how far each reader is behind, in records and in time, and when it will have caught up.
#pragma once

#include "cli/program.hpp"

namespace wxpipe::cli {

void add_lag_command(Program& program);

}  // namespace wxpipe::cli
