// `wxpipe simulate`: plays the platforms against the configured accounts.
#pragma once

#include "cli/program.hpp"

namespace wxpipe::cli {

void add_simulate_command(Program& program);

}  // namespace wxpipe::cli
