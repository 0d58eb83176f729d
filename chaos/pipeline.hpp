// The whole pipeline as processes on given servers: sets it up, watches it until it has come to rest, and judges it.
// Shared by chaos runs and their tests. One thread.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "chaos/fleet.hpp"
#include "chaos/oracle.hpp"
#include "chaos/world.hpp"
#include "common/config/settings.hpp"
#include "common/postgres/connection.hpp"

namespace wxpipe::chaos {

struct PipelinePlan {
  std::filesystem::path program;  // wxpipe
  std::filesystem::path folder;   // configuration, logs, spools, ledger; replaces what is there
  uint64_t seed = 1;              // for accounts and secrets
  std::chrono::milliseconds session{5'000};
  Members members;
  int guests = 0;
  std::string kafka;  // its address without gates
  bool kafka_gates = false;
  Secret database_url;
  std::string topic_prefix = "wxpipe.";
  std::string more_config;  // TOML tables, appended after the accounts
};

// The result of `wxpipe audit`.
struct Audit {
  uint64_t acknowledged = 0, unaccounted = 0, in_doubt = 0, in_flight = 0;
  int exit_code = 0;
  std::string text;  // the whole result as JSON
};

class Pipeline {
 public:
  explicit Pipeline(const PipelinePlan& plan);

  // Creates topics and tables. The servers must be up.
  void set_up();
  // Keeps the fleet running while it waits. Throws Unavailable when the members aren't ready in time.
  void wait_until_ready(std::chrono::seconds patience = std::chrono::seconds(60));

  Fleet& fleet() { return fleet_; }
  std::filesystem::path ledger() const { return plan_.folder / "ledger.jsonl"; }
  config::KafkaSettings kafka() const;
  std::unique_ptr<postgres::Connection> database() const;

  // A wxpipe command with this configuration, without gates.
  rig::Command wxpipe(std::vector<std::string> arguments) const;
  // `wxpipe simulate` against the ingest members, with a ledger. arguments: rate, duration and the like.
  rig::Command sender(std::vector<std::string> arguments) const;

  // What hasn't come to rest yet, as a text; empty: everything is stored. Call it after the sender has ended.
  std::string still_on_its_way();

  Verdict judge(bool once_on_topic = true) const;
  // Throws Unavailable when the audit could not tell.
  Audit audit() const;

 private:
  std::string must(std::vector<std::string> arguments) const;

  const PipelinePlan plan_;
  const World world_;
  Fleet fleet_;
};

}  // namespace wxpipe::chaos
