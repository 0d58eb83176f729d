// The wxpipe executable of this build. A test that runs it adds the dependency: add_dependencies(<its target> wxpipe).
#pragma once

#include <string>

namespace wxpipe::support {

inline std::string wxpipe_program() { return WXPIPE_PROGRAM; }

}  // namespace wxpipe::support
