// `wxpipe migrate`: brings the database's schema to this program's version, or says why it can't.
#pragma once

#include "cli/program.hpp"

namespace wxpipe::cli {

void add_migrate_command(Program& program);

}  // namespace wxpipe::cli
