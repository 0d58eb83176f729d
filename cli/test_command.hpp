// wxpipe test: a folder of callbacks with the rows expected from them, through the real code, without servers.
#pragma once

#include "cli/program.hpp"

namespace wxpipe::cli {

void add_test_command(Program& program);

}  // namespace wxpipe::cli
