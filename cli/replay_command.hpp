// wxpipe replay: a stretch of a topic once more, into the tables, a side schema, another topic or files.
#pragma once

#include "cli/program.hpp"

namespace wxpipe::cli {

void add_replay_command(Program& program);

}  // namespace wxpipe::cli
