#include "common/runtime/fault_point.hpp"

#ifdef WXPIPE_FAULT_POINTS
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <string>
#include <string_view>

namespace wxpipe::runtime {
namespace {
struct Fault {
  std::string name;
  int signal = SIGKILL;
  long hit = 1;
  std::atomic<long> hits{0};
};

std::deque<Fault> read_faults() {
  std::deque<Fault> faults;
  const char* text = std::getenv("WXPIPE_FAULT");
  std::string_view rest = text == nullptr ? "" : text;
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    std::string_view one = rest.substr(0, comma);
    rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
    Fault& fault = faults.emplace_back();
    const auto colon = one.find(':');
    fault.name = one.substr(0, colon);
    if (colon == std::string_view::npos) continue;
    one.remove_prefix(colon + 1);
    if (one.starts_with("stall")) fault.signal = SIGSTOP;
    if (const auto second = one.find(':'); second != std::string_view::npos)
      std::from_chars(one.data() + second + 1, one.data() + one.size(), fault.hit);
  }
  return faults;
}
}  // namespace

void reach_fault_point(const char* name) {
  static std::deque<Fault> faults = read_faults();
  for (auto& fault : faults)
    if (fault.name == name && ++fault.hits == fault.hit) ::kill(::getpid(), fault.signal);
}

}  // namespace wxpipe::runtime
#endif
