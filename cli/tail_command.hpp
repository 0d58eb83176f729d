// wxpipe tail: follows the events as they come, each with its fate.
#pragma once

#include "cli/program.hpp"

namespace wxpipe::cli {

void add_tail_command(Program& program);

}  // namespace wxpipe::cli
