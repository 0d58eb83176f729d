// A long-running part of the process: ingest, process or sink. `run` starts them together; each can run alone.
#pragma once

#include <memory>
#include <stop_token>
#include <string_view>

#include "common/config/settings.hpp"
#include "common/telemetry/metrics.hpp"
#include "common/telemetry/readiness.hpp"

namespace wxpipe::runtime {

// Outlives every role that was given it.
struct RoleContext {
  const config::Settings& settings;
  telemetry::Metrics& metrics;
  telemetry::Readiness& readiness;
};

class Role {
 public:
  virtual ~Role() = default;
  virtual std::string_view name() const = 0;
  // Blocks until stop is requested and everything in hand is finished or given back (within 10 s), or until something
  // can't go on: UsageError (configuration), Unavailable (a server it needs stays away beyond its patience), else a
  // bug. A role waits for servers that are away and says so in Readiness; it doesn't end because of them.
  virtual void run(std::stop_token stop) = 0;
};

}  // namespace wxpipe::runtime
