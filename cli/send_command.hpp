// wxpipe send: one callback of a type, signed and encrypted, to the running ingest.
#pragma once

#include "cli/program.hpp"

namespace wxpipe::cli {

void add_send_command(Program& program);

}  // namespace wxpipe::cli
