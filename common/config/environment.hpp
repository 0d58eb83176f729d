// The process's environment as a value. So tests can read a configuration without changing the real environment.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace wxpipe::config {

struct Environment {
  ~Environment();  // its values may be secrets, so they are wiped

  std::map<std::string, std::string, std::less<>> variables;
  std::string host_name;  // the default of [instance] name

  // A variable that is set but empty counts as not set: compose files and CI systems mean it so.
  std::string_view get(std::string_view name) const;
};

// The real one, read once; call it before other threads start.
Environment process_environment();

}  // namespace wxpipe::config
