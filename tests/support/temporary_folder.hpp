// A folder of a test's own: see chaos/temporary_folder.hpp.
#pragma once

#include "chaos/temporary_folder.hpp"

namespace wxpipe::support {

using chaos::read_file;
using chaos::TemporaryFolder;

}  // namespace wxpipe::support
