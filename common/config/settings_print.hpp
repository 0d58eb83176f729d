// Settings as a TOML file that would load as the same settings, secrets as "***", each key with its meaning: what
// `check-config --print` shows. Pure; any thread.
#pragma once

#include <string>

#include "common/config/settings.hpp"

namespace wxpipe::config {

std::string print_settings(Settings settings);

}  // namespace wxpipe::config
