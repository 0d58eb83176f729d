// The roles: `run` (all of them), `ingest`, `process`, `sink`.
#pragma once

#include "cli/program.hpp"

namespace wxpipe::cli {

void add_role_commands(Program& program);

}  // namespace wxpipe::cli
