// wxpipe manual and wxpipe completion: the commands as pages, and as completion for shells.
#pragma once

#include "cli/program.hpp"

namespace wxpipe::cli {

// Add them last: they read all other commands when they run.
void add_manual_commands(Program& program);

}  // namespace wxpipe::cli
