// wxpipe forward: recorded callbacks, signed and encrypted again, to a developer's machine.
#pragma once

#include "cli/program.hpp"

namespace wxpipe::cli {

void add_forward_command(Program& program);

}  // namespace wxpipe::cli
