#include "chaos/servers.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <fstream>
#include <random>
#include <sstream>

#include "common/result.hpp"
#include "rig/socket.hpp"

namespace wxpipe::chaos {
namespace {
using namespace std::chrono_literals;

constexpr auto kStartPatience = 120s;

// Direct children; none if the process is gone.
std::vector<pid_t> children_of(pid_t pid) {
  std::ifstream in(fmt::format("/proc/{0}/task/{0}/children", pid));
  std::vector<pid_t> children;
  for (pid_t child; in >> child;) children.push_back(child);
  return children;
}

// As dev/lib/process.sh writes it: pid and start time, so that a new program with the same pid isn't taken for ours.
pid_t pid_of(const std::filesystem::path& pid_file) {
  std::ifstream in(pid_file);
  pid_t pid = 0;
  std::string started;
  if (!(in >> pid >> started)) return 0;
  std::ifstream stat(fmt::format("/proc/{}/stat", pid));
  std::string text;
  std::getline(stat, text);
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(text.substr(name_end + 1));
  std::string field;
  for (int i = 0; i < 20; ++i) fields >> field;
  return field == started ? pid : 0;
}
}  // namespace

bool is_free(uint16_t port) {
  try {
    rig::bound(port);
    return true;
  } catch (const std::system_error&) {  // the port is taken
    return false;
  }
}

uint16_t free_port() {
  static std::minstd_rand random(std::random_device{}());
  for (int tries = 0; tries < 200; ++tries) {
    const auto port = static_cast<uint16_t>(12'000 + random() % 20'000);
    if (is_free(port)) return port;
  }
  throw Unavailable("no free port between 12000 and 32000");
}

Servers::Servers(std::filesystem::path script, std::filesystem::path folder)
    : script_(std::move(script)),
      folder_(std::move(folder)) {
  std::filesystem::create_directories(folder_.parent_path());
  run({"down", "--remove"}, 60s);
  std::filesystem::create_directories(folder_);
  kafka_port_ = free_port();
  controller_port_ = free_port();
  postgres_port_ = free_port();
  // dev/stack keeps the ports that it finds in this file.
  std::ofstream(folder_ / "ports") << fmt::format("KAFKA_PORT={}\nCONTROLLER_PORT={}\nPOSTGRES_PORT={}\n", kafka_port_,
                                                  controller_port_, postgres_port_);
}

Servers::~Servers() {
  if (leave_) return;
  try {
    for (auto& one : starters_) one.reset();
    for (const auto server : {Actor::kafka, Actor::postgres}) signal(server, SIGCONT);
    run({"down", "--remove"}, 60s);
  } catch (const std::exception& error) {
    fmt::print(stderr, "wxpipe chaos: the servers in {} could not be stopped: {}\n", folder_.string(), error.what());
  }
}

rig::Command Servers::stack(std::vector<std::string> arguments) const {
  rig::Command command{
      .program = script_.string(), .arguments = std::move(arguments), .log = folder_.string() + ".log"};
  command.arguments.insert(command.arguments.begin() + 1, {"--dir", folder_.string()});
  return command;
}

void Servers::run(std::vector<std::string> arguments, std::chrono::seconds patience) {
  const auto what = arguments.front();
  rig::Process process(stack(std::move(arguments)));
  const auto exit = process.wait(patience);
  if (exit != rig::Exit{})
    throw Unavailable(fmt::format("dev/stack {} {}; see {}.log", what,
                                  exit ? fmt::format("ended with code {}, signal {}", exit->code, exit->signal)
                                       : std::string("did not end in time"),
                                  folder_.string()));
}

void Servers::up(const std::vector<KafkaListener>& listeners) {
  std::string listen =
      fmt::format("listeners=PLAINTEXT://127.0.0.1:{},CONTROLLER://127.0.0.1:{}", kafka_port_, controller_port_);
  std::string advertise = fmt::format("advertised.listeners=PLAINTEXT://127.0.0.1:{}", kafka_port_);
  std::string protocols = "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT";
  for (size_t i = 0; i < listeners.size(); ++i) {
    listen += fmt::format(",GATE{}://127.0.0.1:{}", i, listeners[i].inside);
    advertise += fmt::format(",GATE{}://127.0.0.1:{}", i, listeners[i].advertised);
    protocols += fmt::format(",GATE{}:PLAINTEXT", i);
  }
  std::ofstream(folder_ / "kafka.properties") << listen << '\n'
                                              << advertise << '\n'
                                              << protocols << "\nnum.network.threads=1\n";
  run({"up"}, kStartPatience);
}

std::string Servers::kafka() const { return fmt::format("127.0.0.1:{}", kafka_port_); }

Secret Servers::database_url() const {
  return Secret(fmt::format("postgresql://wxpipe@127.0.0.1:{}/wxpipe", postgres_port_));
}

std::vector<pid_t> Servers::processes(Actor server) const {
  const auto pid = pid_of(folder_ / fmt::format("{}.pid", to_string(server)));
  if (pid == 0) return {};
  std::vector<pid_t> all{pid};
  for (const auto child : children_of(pid)) all.push_back(child);
  return all;
}

void Servers::signal(Actor server, int number) {
  for (const auto pid : processes(server)) ::kill(pid, number);
}

void Servers::kill(Actor server) {
  // Stop the parent first, so that it can't replace its children meanwhile.
  signal(server, SIGSTOP);
  signal(server, SIGKILL);
}

void Servers::start(Actor server) {
  starter(server) = std::make_unique<rig::Process>(stack({"up", std::string(to_string(server))}));
}

void Servers::stop(Actor server) { signal(server, SIGSTOP); }
void Servers::go_on(Actor server) { signal(server, SIGCONT); }

void Servers::tick() {
  for (const auto server : {Actor::kafka, Actor::postgres}) {
    auto& process = starter(server);
    if (!process) continue;
    const auto exit = process->wait(0ms);
    if (!exit) continue;
    process.reset();
    if (exit != rig::Exit{}) start(server);
  }
}

void Servers::wait_until_up() {
  for (auto& one : starters_) {
    if (one) one->wait(kStartPatience);
    one.reset();
  }
  run({"up"}, kStartPatience);
}

}  // namespace wxpipe::chaos
