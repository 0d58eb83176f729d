// The answer of /readyz: each part of the process, with a reason if it isn't ready. Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace wxpipe::telemetry {

class Readiness {
 public:
  void ready(std::string_view part);
  void not_ready(std::string_view part, std::string_view why);
  bool all_ready() const;
  // {"ready":false,"parts":{"kafka":{"ready":false,"reason":"no broker answers"}}}
  std::string json() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> parts_;  // part -> reason; empty: ready
};

}  // namespace wxpipe::telemetry
