#include "common/runtime/fault_point.hpp"

#include <algorithm>

namespace wxpipe::runtime {
// to_string looks up by number.
static_assert(std::is_sorted(kFaultPlaces.begin(), kFaultPlaces.end(),
                             [](const FaultPlace& left, const FaultPlace& right) { return left.point < right.point; }));
static_assert(kFaultPlaces.size() == static_cast<size_t>(FaultPoint::sink_revoke) + 1);
}  // namespace wxpipe::runtime

#ifdef WXPIPE_FAULT_POINTS
#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string_view>

namespace wxpipe::runtime {
namespace {
struct Fault {
  FaultPoint point{};
  int signal = SIGKILL;
  long hit = 1;
  std::atomic<long> hits{0};
};

[[noreturn]] void refuse(std::string_view text) {
  std::fprintf(stderr, "WXPIPE_FAULT: '%.*s' is not <place>:kill|stall[:<hit>]; the places are in fault_point.hpp\n",
               static_cast<int>(text.size()), text.data());
  std::_Exit(2);
}

std::string_view take(std::string_view& rest, char separator) {
  const auto end = rest.find(separator);
  const auto part = rest.substr(0, end);
  rest = end == std::string_view::npos ? "" : rest.substr(end + 1);
  return part;
}

void read(Fault& fault, std::string_view text) {
  auto rest = text;
  const auto name = take(rest, ':'), action = take(rest, ':');
  const auto* place =
      std::find_if(kFaultPlaces.begin(), kFaultPlaces.end(), [&](const auto& one) { return one.name == name; });
  if (place == kFaultPlaces.end() || (action != "kill" && action != "stall")) refuse(text);
  fault.point = place->point;
  fault.signal = action == "kill" ? SIGKILL : SIGSTOP;
  if (rest.empty()) return;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), fault.hit);
  if (error != std::errc{} || end != rest.data() + rest.size() || fault.hit < 1) refuse(text);
}

std::deque<Fault> read_faults() {
  std::deque<Fault> faults;
  const char* text = std::getenv("WXPIPE_FAULT");
  std::string_view rest = text == nullptr ? "" : text;
  while (!rest.empty()) read(faults.emplace_back(), take(rest, ','));
  return faults;
}

std::deque<Fault> faults = read_faults();  // read when the program starts, so a wrong name is noticed
}  // namespace

void reach(FaultPoint point) {
  // Sent to this thread: a signal to the process could be taken by another thread, and this one would run on for a
  // moment.
  for (auto& fault : faults)
    if (fault.point == point && ++fault.hits == fault.hit) ::raise(fault.signal);
}

}  // namespace wxpipe::runtime
#endif
