// What a simulation found out, for people and for programs.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "simulate/fate.hpp"
#include "simulate/latencies.hpp"

namespace wxpipe::simulate {

struct Report {
  std::string url;
  bool open_loop = true;
  double planned_rate = 0;  // open loop
  double seconds = 0;
  uint64_t planned = 0, attempts = 0, reconnections = 0;
  std::array<uint64_t, kOutcomeCount> outcomes{};         // of callbacks: their last attempt
  std::array<uint64_t, kOutcomeCount> failed_attempts{};  // that were not acknowledged; strangers aside
  std::map<unsigned, uint64_t> statuses;                  // of last answers
  uint64_t acknowledged = 0, poison = 0;                  // poison: of the acknowledged
  uint64_t never_acknowledged = 0;                        // although all attempts were made; strangers aside
  uint64_t not_sent = 0;                                  // the sender was stopped before
  uint64_t strangers = 0, strangers_let_in = 0;
  uint64_t repeated = 0, changed = 0;  // sent although acknowledged; changed: of them, with other bytes
  uint64_t retries = 0;                // attempts after a failed one
  Latencies latencies;                 // of what was acknowledged

  double acknowledged_rate() const { return seconds > 0 ? static_cast<double>(acknowledged) / seconds : 0; }
  // Everything authentic was acknowledged and no stranger was.
  bool is_fine() const { return never_acknowledged == 0 && strangers_let_in == 0; }
};

std::string to_text(const Report& report);
std::string to_json(const Report& report);

}  // namespace wxpipe::simulate
