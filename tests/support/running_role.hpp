// A role in this process, on its own thread until it is stopped, and what its admin server and log say meanwhile.
#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "common/runtime/role.hpp"
#include "tests/support/metric_value.hpp"

namespace wxpipe::support {

class RunningRole {
 public:
  // A role that listens reports its port here; other roles don't call it.
  using Listening = std::function<void(uint16_t port)>;
  using Make = std::function<std::unique_ptr<runtime::Role>(runtime::RoleContext, Listening)>;

  RunningRole(config::Settings settings, const Make& make)
      : settings_(std::move(settings)),
        role_(make({settings_, metrics_, readiness_}, [this](uint16_t port) { listening_.set_value(port); })),
        thread_([this](std::stop_token stop) {
          role_->run(stop);
          ended_ = true;
        }) {}
  ~RunningRole() { stop(); }
  RunningRole(const RunningRole&) = delete;
  RunningRole& operator=(const RunningRole&) = delete;

  void ask_to_stop() { thread_.request_stop(); }
  bool ended() const { return ended_; }
  void stop() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
  }

  // As runtime::Reload does with a changed configuration.
  void take(const config::Settings& fresh) { role_->prepare(fresh)(); }

  // Waits until the role listens.
  uint16_t port() const { return port_.get(); }
  bool ready() const { return readiness_.all_ready(); }
  std::string readiness() const { return readiness_.json(); }
  std::string metrics() const { return metrics_.exposition(); }
  double metric(const std::string& name) const { return metric_value(metrics(), name); }

 protected:
  telemetry::Metrics metrics_;
  telemetry::Readiness readiness_;

 private:
  const config::Settings settings_;
  std::promise<uint16_t> listening_;
  const std::shared_future<uint16_t> port_ = listening_.get_future().share();
  std::unique_ptr<runtime::Role> role_;
  std::atomic<bool> ended_ = false;
  std::jthread thread_;
};

}  // namespace wxpipe::support
