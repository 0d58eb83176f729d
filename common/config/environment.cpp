// Characters of a host name that Kafka doesn't allow in an id become dashes.
#include "common/config/environment.hpp"

#include <unistd.h>

#include <array>

#include "common/secret.hpp"

namespace wxpipe::config {
namespace {
std::string host_name() {
  std::array<char, 256> buffer{};
  if (gethostname(buffer.data(), buffer.size() - 1) != 0) return "localhost";
  std::string name(buffer.data());
  for (char& c : name) {
    const bool legal =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' || c == '-' || c == '_';
    if (!legal) c = '-';
  }
  return name.empty() ? "localhost" : name;
}
}  // namespace

Environment::~Environment() {
  for (auto& [name, value] : variables) wipe(value);
}

std::string_view Environment::get(std::string_view name) const {
  const auto found = variables.find(name);
  return found == variables.end() ? std::string_view() : std::string_view(found->second);
}

Environment process_environment() {
  Environment environment;
  environment.host_name = host_name();
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view line(*entry);
    const auto equals = line.find('=');
    if (equals != std::string_view::npos)
      environment.variables.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return environment;
}

}  // namespace wxpipe::config
