#include "common/kafka/client_log.hpp"

namespace wxpipe::kafka {
namespace {
constexpr std::chrono::seconds kQuiet{30};
constexpr size_t kMostCauses = 100;
}  // namespace

std::string_view cause_of(std::string_view text) {
  if (text.starts_with("[thrd:"))
    if (const auto end = text.find("]: "); end != std::string_view::npos) text.remove_prefix(end + 3);
  // Names of clients and brokers have no blanks.
  for (auto colon = text.find(": "); colon != std::string_view::npos && text.find(' ') == colon + 1;
       colon = text.find(": "))
    text.remove_prefix(colon + 2);
  return text.substr(0, text.find(" (after "));
}

std::optional<int64_t> ClientLog::admit(std::string_view text, Time now) {
  const auto cause = cause_of(text);
  const auto found = seen_.find(cause);
  if (found == seen_.end()) {
    std::erase_if(seen_, [&](const auto& one) { return now - one.second.written >= kQuiet; });
    if (seen_.size() >= kMostCauses) seen_.clear();
    seen_.emplace(cause, Seen{now});
    return 0;
  }
  auto& [written, left_out] = found->second;
  if (now - written < kQuiet) {
    ++left_out;
    return std::nullopt;
  }
  const auto count = left_out;
  found->second = {now};
  return count;
}

}  // namespace wxpipe::kafka
