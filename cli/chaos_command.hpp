// `wxpipe chaos`: faults under load on private servers, and the proof that nothing acknowledged was lost, doubled or
// wrong.
#pragma once

#include "cli/program.hpp"

namespace wxpipe::cli {

void add_chaos_command(Program& program);

}  // namespace wxpipe::cli
