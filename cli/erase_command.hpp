// wxpipe erase: a person asks to be forgotten.
#pragma once

#include "cli/program.hpp"

namespace wxpipe::cli {

void add_erase_command(Program& program);

}  // namespace wxpipe::cli
