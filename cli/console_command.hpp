// wxpipe console: the role, and what makes the hashes of passwords and tokens.
#pragma once

#include "cli/program.hpp"

namespace wxpipe::cli {

void add_console_command(Program& program);

}  // namespace wxpipe::cli
