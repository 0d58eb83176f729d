// The list of steps, in order. A new processor is a folder and one line in steps.cpp.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "common/config/settings.hpp"
#include "processors/step.hpp"

namespace wxpipe::processors {

// Copies what it needs of the settings. Any thread may apply the steps.
Steps make_steps(const config::Settings& settings);

// The steps in use, which a changed configuration replaces. A batch takes them once and keeps them to its end. Any
// thread.
class CurrentSteps {
 public:
  explicit CurrentSteps(Steps steps) { replace(std::move(steps)); }
  std::shared_ptr<const Steps> get() const {
    const std::lock_guard lock(mutex_);
    return steps_;
  }
  void replace(Steps steps) {
    auto fresh = std::make_shared<const Steps>(std::move(steps));
    const std::lock_guard lock(mutex_);
    steps_.swap(fresh);  // the old ones go after the lock
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Steps> steps_;
};

}  // namespace wxpipe::processors
