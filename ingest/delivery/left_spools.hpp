// Finds spools in the folder that belong to no living process: of a host that was renamed, of a pod that came back
// under another name. Delivers what they hold, says to the audit that they are empty now, and removes them; those with
// copies only when the copies are old enough.
//
// A spool is taken only when nobody has held its lock for a while and the broker answers: its owner may just be
// starting again, and must not find it taken for long. Owns a thread.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "common/clock.hpp"
#include "common/config/settings.hpp"
#include "common/telemetry/metrics.hpp"
#include "ingest/delivery/hold.hpp"
#include "ingest/delivery/spool_files.hpp"
#include "ingest/delivery/spool_ledger.hpp"

namespace wxpipe::ingest {

class LeftSpools {
 public:
  struct Patience {
    std::chrono::milliseconds look_every{5'000}, unowned_for{30'000};
  };

  // Everything is borrowed and must outlive it. hold: null if there is none.
  LeftSpools(const config::Settings& settings, const Hold* hold, const Clock& clock, telemetry::Metrics& metrics,
             Patience patience);
  LeftSpools(const config::Settings& settings, const Hold* hold, const Clock& clock, telemetry::Metrics& metrics)
      : LeftSpools(settings, hold, clock, metrics, Patience()) {}

 private:
  void work(const std::stop_token& stop);
  void look();
  using Wanted = std::function<bool(const SpoolFiles& files, const SpoolLedger::Contents& ledger)>;
  std::vector<std::string> unowned(const Wanted& wanted) const;
  void deliver(const std::string& instance, const std::stop_token& stop);

  const config::Settings& settings_;
  const Hold* const hold_;
  const Clock& clock_;
  telemetry::Metrics& metrics_;
  const Patience patience_;
  std::map<std::string, std::chrono::steady_clock::time_point> seen_;  // unowned since then
  std::jthread thread_;  // last member: joined before the others are destroyed
};

}  // namespace wxpipe::ingest
