// Waiting for a condition, as the chaos command does it: see chaos/eventually.hpp.
#pragma once

#include "chaos/eventually.hpp"

namespace wxpipe::support {

using chaos::eventually;
using chaos::eventually_equal;
using chaos::eventually_value;
using chaos::kPatience;

}  // namespace wxpipe::support
