// A long-running part of the process: ingest, process or sink. `wxpipe run` runs all of them; each can also run alone.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string_view>

#include "common/config/settings.hpp"
#include "common/telemetry/admin_pages.hpp"
#include "common/telemetry/metrics.hpp"
#include "common/telemetry/readiness.hpp"

namespace wxpipe::runtime {

// Outlives every role that was given it.
struct RoleContext {
  const config::Settings& settings;
  telemetry::Metrics& metrics;
  telemetry::Readiness& readiness;
  telemetry::AdminPages* pages = nullptr;  // for pages of its own, while it is made; null: there is no admin server
};

class Role {
 public:
  virtual ~Role() = default;
  virtual std::string_view name() const = 0;
  // Blocks until stop is requested, and then until all work is finished or given back (within 10 s). Throws when the
  // role can't go on: UsageError (configuration), Unavailable (a server stays away longer than the role's patience),
  // anything else is a bug. Normally a role waits for servers that are away and says so in Readiness.
  virtual void run(std::stop_token stop) = 0;
  // The configuration has changed. Checks the part of it that this role takes while it runs, and returns what takes it;
  // it doesn't fail. Throws UsageError if it can't be taken: then nothing has changed. Called on another thread than
  // run, also before it; never twice at once. What `fresh` says is copied.
  virtual std::function<void()> prepare([[maybe_unused]] const config::Settings& fresh) {
    return [] {};
  }
};

}  // namespace wxpipe::runtime
