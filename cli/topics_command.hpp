// `wxpipe topics plan|apply`: compares the cluster's topics with schemas/topics.hpp, and creates or corrects them.
#pragma once

#include "cli/program.hpp"

namespace wxpipe::cli {

void add_topics_command(Program& program);

}  // namespace wxpipe::cli
