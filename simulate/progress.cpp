#include "simulate/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace wxpipe::simulate {
namespace {
using namespace std::chrono_literals;
constexpr int kWidth = 30;
double seconds(std::chrono::steady_clock::duration duration) { return std::chrono::duration<double>(duration).count(); }
}  // namespace

Progress::Progress(std::optional<uint64_t> total, std::optional<std::chrono::microseconds> duration)
    : total_(total),
      duration_(duration),
      terminal_(::isatty(STDERR_FILENO) == 1) {}

void Progress::show(const Report& report, uint64_t settled, SteadyTime began, SteadyTime now) {
  if (now - measured_ >= 1s) {
    if (measured_ != SteadyTime{}) rate_ = static_cast<double>(settled - measured_settled_) / seconds(now - measured_);
    measured_ = now;
    measured_settled_ = settled;
  }
  if (now - shown_ < (terminal_ ? 100ms : 5000ms)) return;
  if (shown_ == SteadyTime{} && !terminal_) {  // nothing to tell yet
    shown_ = now;
    return;
  }
  shown_ = now;
  print(report, settled, began, now);
}

void Progress::print(const Report& report, uint64_t settled, SteadyTime began, SteadyTime now) {
  double done = 0;
  if (total_ && *total_ > 0) done = static_cast<double>(settled) / static_cast<double>(*total_);
  if (duration_) done = std::max(done, seconds(now - began) / std::chrono::duration<double>(*duration_).count());
  done = std::min(done, 1.0);
  const double rate = rate_ > 0                  ? rate_
                      : seconds(now - began) > 0 ? static_cast<double>(settled) / seconds(now - began)
                                                 : 0;
  std::string text = fmt::format("{:3.0f} %  {}{} callbacks  {:.0f}/s", done * 100, settled,
                                 total_ ? fmt::format(" of {}", *total_) : "", rate);
  if (report.retries) text += fmt::format("  {} retries", report.retries);
  if (report.never_acknowledged) text += fmt::format("  {} never acknowledged", report.never_acknowledged);
  if (terminal_) {
    const int filled = static_cast<int>(done * kWidth);
    std::string bar;
    for (int i = 0; i < kWidth; ++i) bar += i < filled ? "█" : "░";
    fmt::print(stderr, "\r{} {}\x1b[K", bar, text);
  } else {
    fmt::print(stderr, "{}\n", text);
  }
  std::fflush(stderr);
}

void Progress::finish(const Report& report, uint64_t settled, SteadyTime began, SteadyTime now) {
  print(report, settled, began, now);
  if (terminal_) fmt::print(stderr, "\n");
}

}  // namespace wxpipe::simulate
