// wxpipe score explain|replay: what a lead's score is made of, and which leads other rules would move.
#pragma once

#include "cli/program.hpp"

namespace wxpipe::cli {

void add_score_command(Program& program);

}  // namespace wxpipe::cli
