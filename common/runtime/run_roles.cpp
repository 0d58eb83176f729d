#include "common/runtime/run_roles.hpp"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <ctime>
#include <exception>
#include <mutex>
#include <thread>

#include "common/telemetry/admin_server.hpp"
#include "common/telemetry/log.hpp"

namespace wxpipe::runtime {
namespace {

sigset_t stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

bool told_to_stop(const sigset_t& signals) {
  const timespec patience{0, 100'000'000};
  return sigtimedwait(&signals, nullptr, &patience) > 0;
}
}  // namespace

// Only sigtimedwait gets these signals. A broken connection gives an error code, not a signal (SIGPIPE). SIGHUP asks
// daemons to read changed files, and ingest looks at its certificate anyway; at a terminal it means that the user left.
void block_stop_signals() {
  const auto signals = stop_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  if (::isatty(STDIN_FILENO) == 0) std::signal(SIGHUP, SIG_IGN);
}

void run_roles(const config::Settings& settings, const std::vector<MakeRole>& roles) {
  block_stop_signals();
  const auto signals = stop_signals();
  telemetry::Metrics metrics;
  telemetry::Readiness readiness;
  telemetry::AdminPages pages;
  const RoleContext context{settings, metrics, readiness, &pages};
  std::vector<std::unique_ptr<Role>> made;
  for (const auto& make : roles) made.push_back(make(context));
  const telemetry::AdminServer admin(settings.admin, metrics, readiness, std::move(pages));

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
    while (!ended && !told_to_stop(signals)) {
    }
    telemetry::log_info("stopping", {{"why", ended ? "a role ended" : "signal"}});
    for (auto& thread : threads) thread.request_stop();  // all first, then they are joined
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace wxpipe::runtime
