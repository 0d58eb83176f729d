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

void Readiness::remark(std::vector<Remark> remarks) {
  const std::lock_guard lock(mutex_);
  remarks_ = std::move(remarks);
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
  out += '}';
  for (size_t i = 0; i < remarks_.size(); ++i) {
    out += i == 0 ? R"(,"findings":[)" : ",";
    out += R"({"level":"warning","text":)";
    json::append_string(out, remarks_[i].text);
    out += R"(,"remedy":)";
    json::append_string(out, remarks_[i].remedy);
    out += '}';
  }
  out += remarks_.empty() ? "}" : "]}";
  return out;
}

}  // namespace wxpipe::telemetry
