// A private Kafka and Postgres, started by dev/stack, that may be killed, frozen and restarted at will. Kafka has a
// listener for each gate that asked for one, so that a client which came through the gate is told to stay on it.
//
// One thread owns it: processes that it starts die with that thread. The servers themselves run until down().
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

// A port below the range for outgoing connections, so that nobody takes it while its server is down.
uint16_t free_port();
bool is_free(uint16_t port);  // at this moment

// A Kafka listener: the broker listens on `inside` and tells its clients to use `advertised`.
struct KafkaListener {
  uint16_t inside = 0, advertised = 0;
};

class Servers {
 public:
  // script: dev/stack. folder: for data, logs and pid files; servers of an earlier run there are stopped and their data
  // deleted. Chooses ports, starts nothing. Throws Unavailable.
  Servers(std::filesystem::path script, std::filesystem::path folder);
  // Stops the servers and deletes their data.
  ~Servers();
  Servers(const Servers&) = delete;
  Servers& operator=(const Servers&) = delete;

  // Starts both with empty data, and with these listeners besides Kafka's own. Throws Unavailable with the log's path.
  void up(const std::vector<KafkaListener>& listeners);

  std::string kafka() const;  // host:port, without gates
  Secret database_url() const;

  // Kills the server with all its processes. start() brings it back. Don't call it while the server starts.
  void kill(Actor server);
  // Only begins; tick() finishes it and tries a failed start again.
  void start(Actor server);
  bool starting(Actor server) const { return starter(server) != nullptr; }
  void stop(Actor server);  // SIGSTOP to all its processes
  void go_on(Actor server);
  void tick();
  // Blocks until both answer. Throws Unavailable.
  void wait_until_up();

  // The destructor then leaves the servers running: dev/stack down --remove --dir <folder> ends them.
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
