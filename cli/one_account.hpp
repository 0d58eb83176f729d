// An account of the configuration by its name, for commands that speak as its platform.
#pragma once

#include <string>
#include <string_view>

#include "common/config/settings.hpp"

namespace wxpipe::cli {

// An empty name means the only account that there is. Throws UsageError that names those that there are; also if the
// account's sender has rules of its own: the command can't sign as each of those does.
const config::AccountSettings& one_account(const config::Settings& settings, std::string_view name);

}  // namespace wxpipe::cli
