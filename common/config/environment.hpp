// What the process was started with, as a value, so that reading a configuration can be tested without changing the
// real environment.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace wxpipe::config {

struct Environment {
  std::map<std::string, std::string, std::less<>> variables;
  std::string host_name;  // the default of [instance] name

  // A variable that is set but empty counts as not set, as compose files and CI systems mean it.
  std::string_view get(std::string_view name) const;
};

// The real one, read once; call it before other threads start.
Environment process_environment();

}  // namespace wxpipe::config
