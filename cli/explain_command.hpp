// wxpipe explain WORD: what a reason, log event, metric or exit code means, and what to do.
#pragma once

#include "cli/program.hpp"

namespace wxpipe::cli {

void add_explain_command(Program& program);

}  // namespace wxpipe::cli
