// Runs each role as a process of its own, behind gates to its servers, and restarts it when it ends, as systemd would.
//
// Members of a role are numbered. Numbers after those of Members::of are guests of a rebalance storm: they come and go.
// All ingest members listen on one port, as behind a load balancer without health checks.
//
// One thread owns it: processes die with the thread that started them.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "chaos/schedule.hpp"
#include "chaos/servers.hpp"
#include "common/secret.hpp"
#include "rig/kafka_gate.hpp"
#include "rig/process.hpp"
#include "rig/tcp_gate.hpp"

namespace wxpipe::chaos {

using SteadyTime = std::chrono::steady_clock::time_point;

struct FleetPlan {
  std::filesystem::path program;  // wxpipe
  std::filesystem::path config;
  std::filesystem::path folder;  // logs, spools, clocks
  Members members;
  int guests = 0;       // of process and sink; the most at one time
  std::string kafka;    // its address without gates; empty: each member gets a gate to it (listeners())
  Secret database_url;  // must hold an IPv4 address and a port; members reach it through gates
  std::map<std::string, std::string> environment;  // for all members
};

class Fleet {
 public:
  // Opens the gates, but starts nothing.
  explicit Fleet(FleetPlan plan);
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  // The listeners that Kafka needs for the gates.
  std::vector<KafkaListener> listeners() const;
  uint16_t callback_port() const { return callback_port_; }

  // Starts every member but the guests.
  void start();
  // Starts one member. A given environment holds until that process ends, and its end then counts as expected.
  void start(Actor role, int number, const std::map<std::string, std::string>& environment = {});
  // Restarts members that have ended. Call it often.
  void tick();
  // Sends SIGTERM to all. A role has 10 s to end; one that takes longer is killed and noted in complaints().
  void stop();

  // SIGKILL. The member is started again after `down_for`.
  void kill(Actor role, int number, milliseconds down_for);
  // SIGTERM. The member isn't started again.
  void dismiss(Actor role, int number);
  void signal(Actor role, int number, int number_of_signal);
  // The first guest that isn't running; none if all are.
  std::optional<int> free_guest(Actor role) const;

  bool running(Actor role, int number);
  pid_t pid(Actor role, int number) const;
  bool stopped(Actor role, int number) const;                        // by SIGSTOP
  const std::vector<rig::Exit>& ends(Actor role, int number) const;  // of its processes so far
  // Asks its admin server; empty: no answer.
  std::string ask(Actor role, int number, const std::string& path) const;
  // True if every member that should run says it is ready.
  bool all_ready();
  // Why not, as a text.
  std::string not_ready();
  // A metric, summed over all labels and all members of the role that answer. `with`: a label that a sample must have.
  double metric(Actor role, const std::string& name, const std::string& with = {}) const;

  rig::TcpGate& gate(const Target& way);
  // Those of all members of `process`, guests included: on their way to Kafka.
  std::vector<rig::KafkaGate*> transaction_gates() const;
  rig::KafkaGate& transaction_gate(int process_number) const;
  // Sets the member's clock wrong by this much from now on.
  void shift_clock(Actor role, int number, std::chrono::seconds by);
  std::filesystem::path spool_folder(int ingest_number) const;
  std::filesystem::path log(Actor role, int number) const;
  // How often an event stands in the logs of all members of the role.
  size_t count_in_logs(Actor role, std::string_view event) const;

  // Unexpected ends, and stops that took too long: "sink.1 ended by itself: signal 11; see …".
  const std::vector<std::string>& complaints() const { return complaints_; }

 private:
  struct Member;
  Member& member(Actor role, int number) const;
  void launch(Member& member, const std::map<std::string, std::string>& environment = {});
  int count(Actor role) const;

  FleetPlan plan_;
  uint16_t callback_port_;
  std::vector<std::unique_ptr<Member>> members_;
  std::vector<std::string> complaints_;
};

}  // namespace wxpipe::chaos
