#include "common/runtime/run_roles.hpp"

#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <ctime>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "common/telemetry/admin_server.hpp"
#include "common/telemetry/log.hpp"

namespace wxpipe::runtime {
namespace {

constexpr auto kLookEvery = std::chrono::seconds(2);  // at the configuration

sigset_t our_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  return signals;
}

// Nothing, if none came within a moment.
std::optional<int> next_signal() {
  const auto signals = our_signals();
  const timespec patience{0, 100'000'000};
  const int signal = sigtimedwait(&signals, nullptr, &patience);
  return signal > 0 ? std::optional(signal) : std::nullopt;
}

// Looks at the configuration now and then, and at once when asked. Never on the main thread: a file or a server may
// keep it waiting.
class ReloadThread {
 public:
  explicit ReloadThread(Reload& reload)
      : thread_([this, &reload](const std::stop_token& stop) {
          while (!stop.stop_requested()) {
            std::unique_lock lock(mutex_);
            woken_.wait_for(lock, stop, kLookEvery, [this] { return asked_; });
            const bool asked = std::exchange(asked_, false);
            lock.unlock();
            if (!stop.stop_requested()) reload.look(asked);
          }
          reload.finish();
        }) {}

  void ask() {
    const std::lock_guard lock(mutex_);
    asked_ = true;
    woken_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any woken_;
  bool asked_ = false;
  std::jthread thread_;
};
}  // namespace

// Only sigtimedwait gets these signals. A broken connection gives an error code, not a signal (SIGPIPE).
void block_signals() {
  const auto signals = our_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

void run_roles(const config::Settings& settings, const std::vector<MakeRole>& roles, ConfigurationSource& source,
               const config::Settings& read) {
  block_signals();
  // SIGHUP asks for the configuration to be read again; at a terminal it may also mean that the user left.
  const bool at_terminal = ::isatty(STDIN_FILENO) == 1;
  const auto user_left = [&] { return at_terminal && ::isatty(STDIN_FILENO) == 0; };
  telemetry::Metrics metrics;
  telemetry::Readiness readiness;
  telemetry::AdminPages pages;
  const RoleContext context{settings, metrics, readiness, &pages};
  std::vector<std::unique_ptr<Role>> made;
  for (const auto& make : roles) made.push_back(make(context));
  const telemetry::AdminServer admin(settings.admin, metrics, readiness, std::move(pages));
  Reload reload(read, source, made, metrics);

  std::mutex mutex;
  std::exception_ptr failure;
  std::atomic<bool> ended = false;
  {
    std::vector<std::jthread> threads;
    for (auto& role : made)
      threads.emplace_back([&, role = role.get()](const std::stop_token& stop) {
        try {
          role->run(stop);
          if (!stop.stop_requested()) telemetry::log_error("role_ended", {{"role", role->name()}});
        } catch (const std::exception& error) {
          telemetry::log_error("role_failed", {{"role", role->name()}, {"why", error.what()}});
          const std::lock_guard lock(mutex);
          if (!failure) failure = std::current_exception();
        }
        ended = true;
      });
    ReloadThread reloading(reload);
    while (!ended) {
      const auto signal = next_signal();
      if (signal && (*signal != SIGHUP || user_left())) break;
      if (signal) reloading.ask();
    }
    telemetry::log_info("stopping", {{"why", ended ? "a role ended" : "signal"}});
    for (auto& thread : threads) thread.request_stop();  // all first, then they are joined
    source.interrupt();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace wxpipe::runtime
