#include "common/runtime/stop_signals.hpp"

#include <csignal>
#include <cstdlib>
#include <ctime>
#include <utility>

namespace wxpipe::runtime {
namespace {
sigset_t stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}
}  // namespace

StopSignals::StopSignals(std::function<void()> then) {
  const auto signals = stop_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error code
  thread_ = std::jthread([source = source_, then = std::move(then)](const std::stop_token& ended) mutable {
    const timespec patience{0, 100'000'000};
    const auto wanted = stop_signals();
    while (!ended.stop_requested())
      if (sigtimedwait(&wanted, nullptr, &patience) > 0) {
        if (source.stop_requested()) std::_Exit(1);
        source.request_stop();
        if (then) then();
      }
  });
}

}  // namespace wxpipe::runtime
