#pragma once

#include "cli/program.hpp"

namespace wxpipe::cli {

// wxpipe send: one callback of a type, signed and encrypted, to the running ingest.
void add_send_command(Program& program);

}  // namespace wxpipe::cli
