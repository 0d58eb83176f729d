// The roles as processes of their own, each behind gates to its servers, started again when they end, as systemd would.
//
// Members of a role are numbered; those behind Members::of are guests of a rebalance storm, which come and go. All
// ingest members listen on one port, as behind a load balancer that doesn't look whether they are well.
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
#include "rig/process.hpp"
#include "rig/tcp_gate.hpp"

namespace wxpipe::chaos {

using SteadyTime = std::chrono::steady_clock::time_point;

struct FleetPlan {
  std::filesystem::path program;  // wxpipe
  std::filesystem::path config;
  std::filesystem::path folder;  // logs, spools, clocks
  Members members;
  int guests = 0;       // of process and sink, at most at once
  std::string kafka;    // where it is, without gates; empty: each member has a gate to it (listeners())
  Secret database_url;  // an IPv4 address and a port in it; members come to it through gates
  std::map<std::string, std::string> environment;  // for all
};

class Fleet {
 public:
  // Opens the gates. Nothing is started.
  explicit Fleet(FleetPlan plan);
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  // What Kafka has to have for the gates.
  std::vector<KafkaListener> listeners() const;
  uint16_t callback_port() const { return callback_port_; }

  // Every member but the guests.
  void start();
  // One; with this environment until its end, which then is no surprise.
  void start(Actor role, int number, const std::map<std::string, std::string>& environment = {});
  // Starts again what has ended. Kept up by calling it often.
  void tick();
  // SIGTERM to all, and the end within the 10 s that a role has; what takes longer is killed and noted.
  void stop();

  // SIGKILL; started again after so long.
  void kill(Actor role, int number, milliseconds down_for);
  // SIGTERM, and not started again.
  void dismiss(Actor role, int number);
  void signal(Actor role, int number, int number_of_signal);
  // The first guest that isn't there, or none.
  std::optional<int> free_guest(Actor role) const;

  bool running(Actor role, int number);
  pid_t pid(Actor role, int number) const;
  bool stopped(Actor role, int number) const;                        // by SIGSTOP
  const std::vector<rig::Exit>& ends(Actor role, int number) const;  // of its processes so far
  // Over the admin server; empty: it doesn't answer.
  std::string ask(Actor role, int number, const std::string& path) const;
  // Everything that should run answers that it is ready.
  bool all_ready();
  // Why not, for people.
  std::string not_ready();
  // Of one metric, summed over the role's members that answer, whatever its labels; `with`: a label that it must have.
  double metric(Actor role, const std::string& name, const std::string& with = {}) const;

  rig::TcpGate& gate(const Target& way);
  // The member's clock is wrong by so much from now on.
  void shift_clock(Actor role, int number, std::chrono::seconds by);
  std::filesystem::path spool_folder(int ingest_number) const;
  std::filesystem::path log(Actor role, int number) const;
  // All members' logs: how often an event is in them.
  size_t count_in_logs(Actor role, std::string_view event) const;

  // Ends that nobody ordered, and stops that took too long: "sink.1 ended by itself: signal 11; see …".
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
