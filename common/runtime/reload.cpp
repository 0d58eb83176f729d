#include "common/runtime/reload.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "common/telemetry/log.hpp"

namespace wxpipe::runtime {
namespace {
std::vector<config::Change> those(std::vector<config::Change> changes, bool live) {
  std::erase_if(changes, [&](const auto& one) { return one.live != live; });
  return changes;
}
}  // namespace

Reload::Reload(config::Settings started, ConfigurationSource& source, std::span<const std::unique_ptr<Role>> roles,
               telemetry::Metrics& metrics, const Clock& clock)
    : started_(std::move(started)),
      serving_(started_),
      source_(source),
      roles_(roles),
      metrics_(metrics),
      clock_(clock) {
  taken_now();
}

Reload::Outcome Reload::look(bool asked) {
  const auto loaded = source_.look(asked);
  const auto outcome = loaded ? take(*loaded, asked) : Outcome::untouched;
  if (outcome != Outcome::taken) source_.record({});
  return outcome;
}

Reload::Outcome Reload::take(const config::Loaded& loaded, bool asked) {
  if (!loaded.errors.empty()) return refuse(loaded.errors);
  const auto& fresh = loaded.settings;
  const auto changed = those(config::changes(serving_, fresh), true);
  if (!changed.empty()) {
    std::vector<std::function<void()>> prepared;
    try {
      for (const auto& role : roles_) prepared.push_back(role->prepare(fresh));
    } catch (const std::exception& error) {
      return refuse({error.what()});
    }
    for (const auto& take_it : prepared) take_it();
    taken_now();
    telemetry::log_info("configuration_taken", {{"changed", config::in_words(changed)}});
  } else if (asked) {
    telemetry::log_info("configuration_unchanged");
  }
  serving_ = fresh;
  metrics_.configuration_refused.Set(0);
  name_what_needs_a_restart(fresh);
  count(changed.empty() ? "unchanged" : "taken");
  if (changed.empty()) return Outcome::unchanged;
  source_.record(changed);
  return Outcome::taken;
}

void Reload::taken_now() {
  metrics_.configuration_loaded_at.Set(std::chrono::duration<double>(clock_.now().time_since_epoch()).count());
}

Reload::Outcome Reload::refuse(const std::vector<std::string>& errors) {
  constexpr size_t kMostShown = 5;
  const std::span shown(errors.data(), std::min(errors.size(), kMostShown));
  metrics_.configuration_refused.Set(1);  // whoever reads the line finds it
  telemetry::log_error(
      "configuration_kept",
      {{"why", fmt::format("{}", fmt::join(shown, "; "))},
       {"errors", errors.size()},
       {"do", "correct it; the configuration from before stays in use. `wxpipe check-config` shows all"}});
  count("refused");
  return Outcome::refused;
}

// Said once for each set of settings, and again when one of them comes or goes.
void Reload::name_what_needs_a_restart(const config::Settings& fresh) {
  auto needing = those(config::changes(started_, fresh), false);
  if (needing != needing_a_restart_ && !needing.empty())
    telemetry::log_warn("configuration_needs_restart", {{"settings", config::in_words(needing)},
                                                        {"do", "restart; until then the old values are in use"}});
  needing_a_restart_ = std::move(needing);
}

}  // namespace wxpipe::runtime
