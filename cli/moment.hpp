// Points in time on a command line (operate/moment.hpp).
#pragma once

#include "operate/moment.hpp"

namespace wxpipe::cli {

using operate::kMomentForms, operate::parse_moment;

}  // namespace wxpipe::cli
