// The answer of /readyz: each part of the process, with a reason if it isn't ready; and remarks, which change nothing
// about being ready. Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace wxpipe::telemetry {

// Something that a person should know, and what to do about it.
struct Remark {
  std::string text, remedy;
};

class Readiness {
 public:
  void ready(std::string_view part);
  void not_ready(std::string_view part, std::string_view why);
  // Replaces the earlier remarks.
  void remark(std::vector<Remark> remarks);
  bool all_ready() const;
  // {"ready":false,"parts":{"kafka":{"ready":false,"reason":"no broker answers"}}}, and if there are remarks
  // "findings":[{"level":"warning","text":"…","remedy":"…"}]
  std::string json() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> parts_;  // part -> reason; empty: ready
  std::vector<Remark> remarks_;
};

}  // namespace wxpipe::telemetry
