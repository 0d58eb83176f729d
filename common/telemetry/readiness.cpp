#include "common/telemetry/readiness.hpp"

#include <fmt/format.h>

#include "common/json/write.hpp"

namespace wxpipe::telemetry {

void Readiness::ready(std::string_view part) {
  const std::lock_guard lock(mutex_);
  parts_.insert_or_assign(std::string(part), std::string());
}

void Readiness::not_ready(std::string_view part, std::string_view why) {
  const std::lock_guard lock(mutex_);
  parts_.insert_or_assign(std::string(part), std::string(why.empty() ? "not ready" : why));
}

bool Readiness::all_ready() const {
  const std::lock_guard lock(mutex_);
  for (const auto& [part, reason] : parts_)
    if (!reason.empty()) return false;
  return true;
}

std::string Readiness::json() const {
  const bool ready = all_ready();
  const std::lock_guard lock(mutex_);
  std::string out = fmt::format(R"({{"ready":{},"parts":{{)", ready);
  bool first = true;
  for (const auto& [part, reason] : parts_) {
    if (!first) out += ',';
    first = false;
    json::append_string(out, part);
    out += fmt::format(R"(:{{"ready":{})", reason.empty());
    if (!reason.empty()) {
      out += R"(,"reason":)";
      json::append_string(out, reason);
    }
    out += '}';
  }
  out += "}}";
  return out;
}

}  // namespace wxpipe::telemetry
