// The list of steps, in order. A new processor is a folder and one line in steps.cpp.
#pragma once

#include "common/config/settings.hpp"
#include "processors/step.hpp"

namespace wxpipe::processors {

// Self-contained: copies what it needs of the settings. Applying the steps is safe from any thread.
Steps make_steps(const config::Settings& settings);

}  // namespace wxpipe::processors
