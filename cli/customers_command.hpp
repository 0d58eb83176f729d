// wxpipe customers explain|judge: why accounts are thought to be one person's, and people's verdict.
#pragma once

#include "cli/program.hpp"

namespace wxpipe::cli {

void add_customers_command(Program& program);

}  // namespace wxpipe::cli
