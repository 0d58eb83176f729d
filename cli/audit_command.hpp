// wxpipe audit: is everything there that was acknowledged? Reads; changes nothing.
#pragma once

#include "cli/program.hpp"

namespace wxpipe::cli {

void add_audit_command(Program& program);

}  // namespace wxpipe::cli
