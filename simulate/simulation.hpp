// A whole simulation: makes callbacks, sends them as planned, writes the ledger, counts.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/config/settings.hpp"
#include "simulate/generator.hpp"
#include "simulate/results.hpp"
#include "simulate/sender.hpp"

namespace wxpipe::simulate {

struct SimulationOptions {
  GeneratorOptions content;
  SendingPlan sending;
  std::string url;        // http(s)://host[:port][/prefix]
  bool insecure = false;  // accept any certificate
  std::string ledger;     // a file; empty: no ledger
  size_t prepared = 0;    // callbacks signed and encrypted before the clock starts
  bool progress = false;
  std::chrono::milliseconds wait{0};  // how long to wait for the server to listen
};

// The URL of this configuration's callback server on this machine.
std::string default_url(const config::IngestSettings& settings);

class Simulation {
 public:
  // Throws UsageError for what the user can change, Unavailable when nobody listens at the URL.
  Simulation(const std::vector<config::AccountSettings>& accounts, const SimulationOptions& options);
  ~Simulation();

  Results run();
  void stop();  // any thread: ends the run early, still with results

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wxpipe::simulate
