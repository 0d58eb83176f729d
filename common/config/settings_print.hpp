// Settings as TOML, for `check-config --print`. Loading the text gives the same settings, but secrets are "***". Each
// key has its meaning above it. Pure; any thread.
#pragma once

#include <string>

#include "common/config/settings.hpp"

namespace wxpipe::config {

std::string print_settings(Settings settings);

}  // namespace wxpipe::config
