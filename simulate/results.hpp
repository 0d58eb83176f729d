// The results of a simulation, for people and for programs.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "common/report/report.hpp"
#include "simulate/fate.hpp"
#include "simulate/latencies.hpp"

namespace wxpipe::simulate {

struct Results {
  std::string url;
  bool open_loop = true;
  double planned_rate = 0;  // callbacks a second; open loop only
  double seconds = 0;
  uint64_t planned = 0, attempts = 0, reconnections = 0;
  std::array<uint64_t, kOutcomeCount> outcomes{};         // of callbacks, by their last attempt
  std::array<uint64_t, kOutcomeCount> failed_attempts{};  // attempts not acknowledged, without strangers
  std::map<unsigned, uint64_t> statuses;                  // of the last answers
  uint64_t acknowledged = 0, poison = 0;                  // poison: how many of the acknowledged
  uint64_t never_acknowledged = 0;                        // although all attempts were made; without strangers
  uint64_t not_sent = 0;                                  // the sender was stopped first
  uint64_t strangers = 0, strangers_let_in = 0;
  uint64_t repeated = 0, changed = 0;  // sent again after an acknowledgement; changed: those with other bytes
  uint64_t retries = 0;                // attempts after a failed one
  Latencies latencies;                 // of acknowledged callbacks

  double acknowledged_rate() const { return seconds > 0 ? static_cast<double>(acknowledged) / seconds : 0; }
  // True if everything authentic was acknowledged and no stranger was.
  bool is_fine() const { return never_acknowledged == 0 && strangers_let_in == 0; }
};

report::Report report_of(const Results& found);

}  // namespace wxpipe::simulate
