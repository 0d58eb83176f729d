// wxpipe scale advise: how many processes of which role, and whether partitions are the limit; once, or again and again
// for an autoscaler that asks over HTTP.
#pragma once

#include "cli/program.hpp"

namespace wxpipe::cli {

void add_scale_command(Program& program);

}  // namespace wxpipe::cli
