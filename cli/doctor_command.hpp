// wxpipe doctor: is everything as it should be? wxpipe doctor callback: can a platform's console verify the address?
#pragma once

#include "cli/program.hpp"

namespace wxpipe::cli {

void add_doctor_command(Program& program);

}  // namespace wxpipe::cli
