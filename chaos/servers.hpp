// A Kafka and a Postgres of our own, by dev/stack, that may be killed, frozen and started again at will. Kafka has a
// listener for each gate that asked for one, so that a client which came through the gate is told to stay there.
//
// One thread owns it: processes that it starts die with that thread. The servers themselves outlive everybody until
// down().
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "chaos/schedule.hpp"
#include "common/secret.hpp"
#include "rig/process.hpp"

namespace wxpipe::chaos {

// Below the range that the system gives to outgoing connections, so that nobody takes it while its server is down.
uint16_t free_port();
bool is_free(uint16_t port);  // now

// One way into Kafka: the broker listens on `inside` and tells its clients to come to `advertised`.
struct KafkaListener {
  uint16_t inside = 0, advertised = 0;
};

class Servers {
 public:
  // script: dev/stack. folder: for data, logs and pid files; what an earlier run left there is stopped and thrown away.
  // Ports are chosen, nothing is started. Throws Unavailable.
  Servers(std::filesystem::path script, std::filesystem::path folder);
  // Stops them and deletes their data.
  ~Servers();
  Servers(const Servers&) = delete;
  Servers& operator=(const Servers&) = delete;

  // Both, from nothing, with these listeners besides Kafka's own. Throws Unavailable with where the log is.
  void up(const std::vector<KafkaListener>& listeners);

  std::string kafka() const;  // host:port, past all gates
  Secret database_url() const;

  // Kills the server with all its processes. It comes back with start(). Not while it is starting.
  void kill(Actor server);
  // Begins to; tick() tells when it is done. A start that fails is tried again.
  void start(Actor server);
  bool starting(Actor server) const { return starter(server) != nullptr; }
  void stop(Actor server);  // SIGSTOP to all its processes
  void go_on(Actor server);
  void tick();
  // Blocks until both answer. Throws Unavailable.
  void wait_until_up();

  // They stay when we go: dev/stack down --remove --dir <folder> ends them.
  void leave() { leave_ = true; }

 private:
  std::unique_ptr<rig::Process>& starter(Actor server) { return starters_[server == Actor::kafka ? 0 : 1]; }
  const std::unique_ptr<rig::Process>& starter(Actor server) const { return starters_[server == Actor::kafka ? 0 : 1]; }
  rig::Command stack(std::vector<std::string> arguments) const;
  void run(std::vector<std::string> arguments, std::chrono::seconds patience);
  std::vector<pid_t> processes(Actor server) const;
  void signal(Actor server, int number);

  std::filesystem::path script_, folder_;
  uint16_t kafka_port_ = 0, controller_port_ = 0, postgres_port_ = 0;
  std::unique_ptr<rig::Process> starters_[2];
  bool leave_ = false;
};

}  // namespace wxpipe::chaos
