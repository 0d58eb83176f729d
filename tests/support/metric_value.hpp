// Finds one number in the text of /metrics.
#pragma once

#include <string>
#include <string_view>

namespace wxpipe::support {

// metric: name and labels as they stand in the text. 0 if it isn't there.
inline double metric_value(std::string_view exposition, const std::string& metric) {
  const auto at = exposition.find("\n" + metric + " ");
  return at == std::string_view::npos ? 0 : std::stod(std::string(exposition.substr(at + metric.size() + 2, 40)));
}

}  // namespace wxpipe::support
