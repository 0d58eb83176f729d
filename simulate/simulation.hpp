// A whole simulation: the generator's callbacks, sent as planned, written to the ledger, counted.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/config/settings.hpp"
#include "simulate/generator.hpp"
#include "simulate/report.hpp"
#include "simulate/sender.hpp"

namespace wxpipe::simulate {

struct SimulationOptions {
  GeneratorOptions content;
  SendingPlan sending;
  std::string url;        // http(s)://host[:port][/prefix]
  bool insecure = false;  // any certificate will do
  std::string ledger;     // a file; empty: none
  size_t prepared = 0;    // callbacks that are signed and encrypted before the clock starts
  bool progress = false;
  std::chrono::milliseconds wait{0};  // for the server to be there
};

// The address of the callback server of this configuration, on this machine.
std::string default_url(const config::IngestSettings& settings);

class Simulation {
 public:
  // Throws UsageError for what the person can change, Unavailable when nobody listens at the URL.
  Simulation(const std::vector<config::AccountSettings>& accounts, const SimulationOptions& options);
  ~Simulation();

  Report run();
  void stop();  // any thread: ends early, with a report

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wxpipe::simulate
