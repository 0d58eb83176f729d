// wxpipe export: events of the tables, for spreadsheets and other programs.
#pragma once

#include "cli/program.hpp"

namespace wxpipe::cli {

void add_export_command(Program& program);

}  // namespace wxpipe::cli
