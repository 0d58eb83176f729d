// `wxpipe check-config`: shows everything that is wrong or risky in a configuration before it is used.
#pragma once

#include "cli/program.hpp"

namespace wxpipe::cli {

void add_check_config_command(Program& program);

}  // namespace wxpipe::cli
