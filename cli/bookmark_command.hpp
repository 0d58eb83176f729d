// wxpipe bookmark: remembers under a name where the topics end now.
#pragma once

#include "cli/program.hpp"

namespace wxpipe::cli {

void add_bookmark_command(Program& program);

}  // namespace wxpipe::cli
