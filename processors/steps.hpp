// The list of steps, in order. A new processor is a folder and one line in steps.cpp.
#pragma once

#include "common/config/settings.hpp"
#include "processors/step.hpp"

namespace wxpipe::processors {

// Copies what it needs of the settings. Any thread may apply the steps.
Steps make_steps(const config::Settings& settings);

}  // namespace wxpipe::processors
