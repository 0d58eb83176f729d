// `wxpipe audit`: is everything stored that was acknowledged? Only reads.
#pragma once

#include "cli/program.hpp"

namespace wxpipe::cli {

void add_audit_command(Program& program);

}  // namespace wxpipe::cli
