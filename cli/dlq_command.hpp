// wxpipe dlq: dead letters counted, shown, put back where they fell out, or dropped with a reason.
#pragma once

#include "cli/program.hpp"

namespace wxpipe::cli {

void add_dlq_command(Program& program);

}  // namespace wxpipe::cli
