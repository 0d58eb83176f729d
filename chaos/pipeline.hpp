// The whole pipeline as processes on given servers: set up, watched until it has come to rest, judged. What a chaos run
// and its tests have in common. One thread.
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
  std::filesystem::path folder;   // configuration, logs, spools, ledger; what is there is replaced
  uint64_t seed = 1;              // of accounts and secrets
  std::chrono::milliseconds session{5'000};
  Members members;
  int guests = 0;
  std::string kafka;  // past all gates
  bool kafka_gates = false;
  Secret database_url;
  std::string topic_prefix = "wxpipe.";
  std::string more_config;  // TOML tables, behind the accounts
};

// What `wxpipe audit` says.
struct Audit {
  uint64_t acknowledged = 0, unaccounted = 0, in_doubt = 0, in_flight = 0;
  int exit_code = 0;
  std::string text;  // all of it, as JSON
};

class Pipeline {
 public:
  explicit Pipeline(const PipelinePlan& plan);

  // Topics and tables. The servers are there by now.
  void set_up();
  // Kept up while waiting. Throws Unavailable when they aren't ready in time.
  void wait_until_ready(std::chrono::seconds patience = std::chrono::seconds(60));

  Fleet& fleet() { return fleet_; }
  std::filesystem::path ledger() const { return plan_.folder / "ledger.jsonl"; }
  config::KafkaSettings kafka() const;
  std::unique_ptr<postgres::Connection> database() const;

  // wxpipe with this configuration, past all gates.
  rig::Command wxpipe(std::vector<std::string> arguments) const;
  // `wxpipe simulate` against the ingest members, with a ledger; arguments: rate, duration and the like.
  rig::Command sender(std::vector<std::string> arguments) const;

  // What has not come to rest yet, for people; empty: everything is stored. The sender has ended.
  std::string still_on_its_way();

  Verdict judge(bool once_on_topic = true) const;
  // Throws Unavailable when it could not tell.
  Audit audit() const;

 private:
  std::string must(std::vector<std::string> arguments) const;

  const PipelinePlan plan_;
  const World world_;
  Fleet fleet_;
};

}  // namespace wxpipe::chaos
