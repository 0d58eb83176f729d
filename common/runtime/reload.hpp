// Takes a changed configuration while the roles of a process run: on SIGHUP, and when its source has changed. All of it
// is checked first, by its source and then by each role; if anything is wrong, the old one stays in use. What only a
// restart can change is named. One thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/config/changes.hpp"
#include "common/config/settings_file.hpp"
#include "common/runtime/role.hpp"

namespace wxpipe::runtime {

// Where the configuration comes from, to be looked at again and again. Outlives the roles.
class ConfigurationSource {
 public:
  virtual ~ConfigurationSource() = default;
  // The configuration, if it may have changed since the last look, with everything that is wrong about it; if
  // `whatever`, in any case. Throws nothing: a source that is away is one that hasn't changed.
  virtual std::optional<config::Loaded> look(bool whatever) = 0;
  // What was taken, for whoever asks later. May be written only at a later call, with nothing new; called at each look.
  virtual void record(std::vector<config::Change> taken) = 0;
  // From another thread, when the process stops: what waits for a server ends soon.
  virtual void interrupt() = 0;
};

class Reload {
 public:
  enum class Outcome { untouched, unchanged, taken, refused };

  // `started`: the configuration that the roles were made with.
  Reload(config::Settings started, ConfigurationSource& source, std::span<const std::unique_ptr<Role>> roles,
         telemetry::Metrics& metrics, const Clock& clock = system_clock());

  // asked: by a signal, so it says also that nothing has changed.
  Outcome look(bool asked);
  // At the end: what is not recorded yet.
  void finish() { source_.record({}); }

 private:
  Outcome take(const config::Loaded& loaded, bool asked);
  Outcome refuse(const std::vector<std::string>& errors);
  void name_what_needs_a_restart(const config::Settings& fresh);
  void taken_now();
  void count(std::string_view outcome) {
    metrics_.configuration_reloads.Add({{"outcome", std::string(outcome)}}).Increment();
  }

  const config::Settings started_;
  config::Settings serving_;
  ConfigurationSource& source_;
  const std::span<const std::unique_ptr<Role>> roles_;
  telemetry::Metrics& metrics_;
  const Clock& clock_;
  std::vector<config::Change> needing_a_restart_;  // as the log has them already
};

}  // namespace wxpipe::runtime
