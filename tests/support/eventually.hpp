// Waiting for a condition, as the chaos command does it: see chaos/eventually.hpp.
#pragma once

#include "chaos/eventually.hpp"

namespace wxpipe::support {

using chaos::kPatience;
using chaos::eventually;
using chaos::eventually_value;
using chaos::eventually_equal;

}  // namespace wxpipe::support
