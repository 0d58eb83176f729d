#include "chaos/fleet.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <system_error>

#include "common/http/client.hpp"
#include "common/result.hpp"
#include "rig/temporary_folder.hpp"

namespace wxpipe::chaos {
namespace {
using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr size_t kShownOfLog = 6'000;          // characters: a sanitizer's report
constexpr milliseconds kRestartAfter = 500ms;  // restart delay of a process that ended by itself
constexpr milliseconds kStopPatience = 12s;    // a role has 10 s
constexpr milliseconds kAskPatience = 1s;

// From a line's beginning on.
std::string end_of(const std::string& log) {
  if (log.size() <= kShownOfLog) return log;
  const auto begin = log.find('\n', log.size() - kShownOfLog);
  return begin == std::string::npos ? log : log.substr(begin + 1);
}

// Finds the server's address in "postgresql://wxpipe@127.0.0.1:5432/wxpipe".
struct ServerInUrl {
  size_t at = 0, size = 0;
  std::string host;
  uint16_t port = 0;
};
ServerInUrl server_in(const std::string& url) {
  const auto scheme = url.find("://"), user = url.find('@');
  const auto at = user == std::string::npos ? scheme + 3 : user + 1;
  const auto end = std::min(url.find_first_of("/?", at), url.size());
  const auto colon = url.find(':', at);
  if (scheme == std::string::npos || colon == std::string::npos || colon > end)
    throw UsageError("chaos needs a database URL with host and port: postgresql://user@127.0.0.1:5432/name");
  return {at, end - at, url.substr(at, colon - at),
          static_cast<uint16_t>(std::stoi(url.substr(colon + 1, end - colon - 1)))};
}

// Sends one request to a member's admin port.
http::Response ask_admin(uint16_t port, const std::string& path) {
  return http::Client(*http::parse_url(fmt::format("http://127.0.0.1:{}", port)), {.request = kAskPatience}).get(path);
}

// The 8 bytes of shared memory that WXPIPE_CLOCK_SHIFT names: microseconds, read by the process.
class SharedShift {
 public:
  explicit SharedShift(const std::filesystem::path& file) {
    const int handle = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (handle < 0 || ::ftruncate(handle, sizeof *value_) != 0)
      throw std::system_error(errno, std::generic_category(), "open " + file.string());
    void* memory = ::mmap(nullptr, sizeof *value_, PROT_READ | PROT_WRITE, MAP_SHARED, handle, 0);
    ::close(handle);
    if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap " + file.string());
    value_ = static_cast<volatile int64_t*>(memory);
    set(0s);
  }
  ~SharedShift() { ::munmap(const_cast<int64_t*>(value_), sizeof *value_); }
  SharedShift(const SharedShift&) = delete;
  SharedShift& operator=(const SharedShift&) = delete;

  void set(std::chrono::seconds by) { *value_ = std::chrono::microseconds(by).count(); }

 private:
  volatile int64_t* value_ = nullptr;
};
}  // namespace

struct Fleet::Member {
  Actor role;
  int number;
  std::string name, instance;
  uint16_t admin_port;
  KafkaListener listener;
  std::unique_ptr<rig::TcpGate> kafka, postgres;
  std::unique_ptr<rig::KafkaGate> transactions;  // of `process`, instead of `kafka`
  std::unique_ptr<SharedShift> clock;

  std::unique_ptr<rig::Process> process;
  std::vector<rig::Exit> ends;
  bool wanted = false;    // it should be running
  bool killed = false;    // we killed it, so its end is expected
  SteadyTime start_at{};  // when to start it, if it isn't running

  rig::TcpGate* gate_to_kafka() const { return transactions ? &transactions->gate() : kafka.get(); }
};

Fleet::Fleet(FleetPlan plan) : plan_(std::move(plan)), callback_port_(free_port()) {
  std::filesystem::create_directories(plan_.folder / "logs");
  std::filesystem::create_directories(plan_.folder / "clocks");
  for (const auto role : kRoles) {
    const int guests = role == Actor::ingest ? 0 : plan_.guests;
    for (int number = 0; number < plan_.members.of(role) + guests; ++number) {
      auto& member = *members_.emplace_back(std::make_unique<Member>());
      member.role = role;
      member.number = number;
      member.name = to_string(Target{role, number, {}});
      member.instance = fmt::format("{}-{}", to_string(role), number);
      member.admin_port = free_port();
      if (plan_.kafka.empty()) {
        member.listener.inside = free_port();
        if (role == Actor::process)
          member.transactions = std::make_unique<rig::KafkaGate>(fmt::format("127.0.0.1:{}", member.listener.inside));
        else
          member.kafka = std::make_unique<rig::TcpGate>("127.0.0.1", member.listener.inside);
        member.listener.advertised = member.gate_to_kafka()->port();
      }
      if (role == Actor::sink) {
        const auto place = server_in(plan_.database_url.reveal());
        member.postgres = std::make_unique<rig::TcpGate>(place.host, place.port);
      }
      member.clock = std::make_unique<SharedShift>(plan_.folder / "clocks" / member.name);
    }
  }
}

Fleet::~Fleet() = default;

int Fleet::count(Actor role) const {
  return static_cast<int>(
      std::count_if(members_.begin(), members_.end(), [&](const auto& one) { return one->role == role; }));
}

Fleet::Member& Fleet::member(Actor role, int number) const {
  for (const auto& one : members_)
    if (one->role == role && one->number == number) return *one;
  throw std::logic_error(fmt::format("there is no {}", to_string(Target{role, number, {}})));
}

std::vector<KafkaListener> Fleet::listeners() const {
  std::vector<KafkaListener> all;
  for (const auto& one : members_)
    if (one->gate_to_kafka() != nullptr) all.push_back(one->listener);
  return all;
}

void Fleet::launch(Member& member, const std::map<std::string, std::string>& environment) {
  rig::Command command{.program = plan_.program.string(),
                       .arguments = {std::string(to_string(member.role)), "--config", plan_.config.string()},
                       .environment = plan_.environment,
                       .folder = plan_.folder,
                       .log = log(member.role, member.number)};
  // The port was chosen when the fleet was made; another program may have taken it since.
  if (!is_free(member.admin_port)) member.admin_port = free_port();
  auto& variables = command.environment;
  variables["WXPIPE_INSTANCE"] = member.instance;
  variables["WXPIPE_ADMIN__LISTEN"] = fmt::format("127.0.0.1:{}", member.admin_port);
  variables["KAFKA_BOOTSTRAP"] = plan_.kafka.empty() ? member.gate_to_kafka()->address() : plan_.kafka;
  if (member.postgres) {
    auto url = plan_.database_url.reveal();
    const auto place = server_in(url);
    variables["DATABASE_URL"] = url.replace(place.at, place.size, member.postgres->address());
  }
  variables["WXPIPE_CLOCK_SHIFT"] = (plan_.folder / "clocks" / member.name).string();
  if (member.role == Actor::ingest) {
    variables["WXPIPE_INGEST__LISTEN"] = fmt::format("127.0.0.1:{}", callback_port_);
    std::filesystem::create_directories(spool_folder(member.number));
    variables["WXPIPE_SPOOL__DIRECTORY"] = spool_folder(member.number).string();
  }
  for (const auto& [name, value] : environment) variables[name] = value;
  member.process.reset();
  member.process = std::make_unique<rig::Process>(command);
  member.killed = !environment.empty();
  member.wanted = true;
}

void Fleet::start() {
  for (const auto& one : members_)
    if (one->number < plan_.members.of(one->role)) launch(*one);
}

void Fleet::start(Actor role, int number, const std::map<std::string, std::string>& environment) {
  launch(member(role, number), environment);
}

void Fleet::tick() {
  const auto now = steady_clock::now();
  for (const auto& one : members_) {
    auto& member = *one;
    if (member.process && !member.process->running()) {
      const auto exit = member.process->wait(0ms);
      member.ends.push_back(*exit);
      if (!member.killed && member.wanted) {
        const auto path = log(member.role, member.number);
        complaints_.push_back(fmt::format(
            "{} ended by itself: {}; see {}, which ends so:\n{}", member.name,
            exit->signal != 0 ? fmt::format("signal {}", exit->signal) : fmt::format("exit code {}", exit->code),
            path.string(), end_of(rig::read_file(path))));
        member.start_at = now + kRestartAfter;
      }
      member.process.reset();
    }
    if (!member.process && member.wanted && now >= member.start_at) launch(member);
  }
}

void Fleet::stop() {
  for (const auto& one : members_) {
    one->wanted = false;
    if (one->process) one->process->signal(SIGCONT);
    if (one->process) one->process->signal(SIGTERM);
  }
  const auto deadline = steady_clock::now() + kStopPatience;
  for (const auto& one : members_) {
    if (!one->process) continue;
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
    const auto exit = one->process->wait(std::max(left, 0ms));
    if (!exit)
      complaints_.push_back(fmt::format("{} did not stop within {} s of SIGTERM", one->name, kStopPatience / 1s));
    else if (!one->killed && *exit != rig::Exit{})
      complaints_.push_back(fmt::format("{} was told to stop and ended with {} {}", one->name,
                                        exit->signal != 0 ? "signal" : "exit code",
                                        exit->signal != 0 ? exit->signal : exit->code));
    one->process.reset();
  }
}

void Fleet::kill(Actor role, int number, milliseconds down_for) {
  auto& victim = member(role, number);
  victim.killed = true;
  victim.start_at = steady_clock::now() + down_for;
  if (victim.process) victim.process->signal(SIGKILL);
}

void Fleet::dismiss(Actor role, int number) {
  auto& guest = member(role, number);
  guest.wanted = false;
  if (guest.process) guest.process->signal(SIGTERM);
}

void Fleet::signal(Actor role, int number, int number_of_signal) {
  auto& one = member(role, number);
  if (one.process) one.process->signal(number_of_signal);
}

std::optional<int> Fleet::free_guest(Actor role) const {
  for (const auto& one : members_)
    if (one->role == role && one->number >= plan_.members.of(role) && !one->process) return one->number;
  return std::nullopt;
}

bool Fleet::running(Actor role, int number) {
  auto& one = member(role, number);
  return one.process && one.process->running();
}

pid_t Fleet::pid(Actor role, int number) const {
  const auto& one = member(role, number);
  return one.process ? one.process->pid() : 0;
}

const std::vector<rig::Exit>& Fleet::ends(Actor role, int number) const { return member(role, number).ends; }

bool Fleet::stopped(Actor role, int number) const {
  std::ifstream in(fmt::format("/proc/{}/stat", pid(role, number)));
  std::string text;
  std::getline(in, text);
  const auto name_end = text.rfind(") ");
  return name_end != std::string::npos && text.substr(name_end + 2, 1) == "T";
}

std::string Fleet::ask(Actor role, int number, const std::string& path) const {
  try {
    return ask_admin(member(role, number).admin_port, path).body;
  } catch (const std::exception&) {  // it is down, frozen or starting: no answer is fine
    return {};
  }
}

bool Fleet::all_ready() { return not_ready().empty(); }

std::string Fleet::not_ready() {
  for (const auto& one : members_) {
    if (!one->wanted) continue;
    if (!one->process) return one->name + " is not running";
    try {
      if (const auto reply = ask_admin(one->admin_port, "/readyz"); reply.status != 200)
        return fmt::format("{}: {}", one->name, reply.body);
    } catch (const std::exception& error) {
      return fmt::format("{} does not answer: {}", one->name, error.what());
    }
  }
  return {};
}

double Fleet::metric(Actor role, const std::string& name, const std::string& with) const {
  double sum = 0;
  for (const auto& one : members_) {
    if (one->role != role || !one->process) continue;
    const auto text = ask(role, one->number, "/metrics");
    for (size_t at = 0; at < text.size();) {
      const auto end = std::min(text.find('\n', at), text.size());
      const std::string_view line(text.data() + at, end - at);
      at = end + 1;
      const bool named =
          line.starts_with(name) && line.size() > name.size() && (line[name.size()] == '{' || line[name.size()] == ' ');
      if (named && line.find(with) != std::string_view::npos)
        sum += std::stod(std::string(line.substr(line.rfind(' ') + 1)));
    }
  }
  return sum;
}

rig::TcpGate& Fleet::gate(const Target& way) {
  const auto& one = member(way.actor, way.number);
  auto* gate = way.server == Actor::postgres ? one.postgres.get() : one.gate_to_kafka();
  if (gate == nullptr) throw std::logic_error(fmt::format("there is no gate on {}", to_string(way)));
  return *gate;
}

std::vector<rig::KafkaGate*> Fleet::transaction_gates() const {
  std::vector<rig::KafkaGate*> all;
  for (const auto& one : members_)
    if (one->transactions) all.push_back(one->transactions.get());
  return all;
}

rig::KafkaGate& Fleet::transaction_gate(int process_number) const {
  const auto& one = member(Actor::process, process_number);
  if (!one.transactions) throw std::logic_error(fmt::format("there is no gate on {}-kafka", one.name));
  return *one.transactions;
}

void Fleet::shift_clock(Actor role, int number, std::chrono::seconds by) { member(role, number).clock->set(by); }

std::filesystem::path Fleet::spool_folder(int ingest_number) const {
  return plan_.folder / "spool" / fmt::format("ingest.{}", ingest_number);
}

std::filesystem::path Fleet::log(Actor role, int number) const {
  return plan_.folder / "logs" / (to_string(Target{role, number, {}}) + ".log");
}

size_t Fleet::count_in_logs(Actor role, std::string_view event) const {
  const auto wanted = fmt::format("event={} ", event);
  size_t found = 0;
  for (int number = 0; number < count(role); ++number) {
    std::ifstream in(log(role, number));
    for (std::string line; std::getline(in, line);)
      if ((line + ' ').find(wanted) != std::string::npos) ++found;
  }
  return found;
}

}  // namespace wxpipe::chaos
