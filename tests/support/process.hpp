// Other programs as a test's children, the chaos command's own: see chaos/process.hpp.
#pragma once

#include <string>

#include "chaos/process.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/temporary_folder.hpp"

namespace wxpipe::support {

using chaos::Command;
using chaos::Exit;
using chaos::Process;

// The executable of this build. A test that runs it adds the dependency: add_dependencies(<its target> wxpipe).
inline std::string wxpipe_program() { return WXPIPE_PROGRAM; }

}  // namespace wxpipe::support
