// Which faults happen, and when: made from a seed, the same on every machine. As text it has one line per fault, so the
// schedule of a failing run can be kept, read, shortened and replayed:
//
//   wxpipe chaos schedule
//   seed 7
//   length 240000ms
//   members 2 ingest 2 process 2 sink
//   3120ms kill ingest.1 for 412ms
//   5977ms delay sink.0-postgres by 140ms for 4100ms
//
// Pure. Whether a fault can really be carried out is decided by the Injector.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wxpipe::chaos {

using std::chrono::milliseconds;

enum class Actor { ingest, process, sink, kafka, postgres };
inline constexpr std::array kRoles{Actor::ingest, Actor::process, Actor::sink};

enum class FaultKind {
  kill,               // SIGKILL; started again after the time
  stop,               // SIGSTOP, and SIGCONT after the time
  stop_at_commit,     // the same to Kafka, when a transaction of `process` ends next
  terminate_backend,  // tells one Postgres backend to end
  kill_backend,       // SIGKILL to one backend: Postgres ends all others and recovers
  stop_backend,       // SIGSTOP to one backend, and SIGCONT after the time
  cut,                // resets connections and refuses new ones for the time
  freeze,             // nothing passes, and nobody is told
  lose_answers,       // the same, but only from the server to the role
  delay,              // amount: ms, in each direction
  slice,              // amount: bytes at a time
  half_close,         // ends the server's side of each connection
  withhold_end,       // the next end of a transaction of a `process` reaches Kafka only after the time, whatever comes
                      // meanwhile
  storm,              // amount: number of more members that come and go within the time
  disk_full,          // the spool's disk
  clock_jump          // amount: seconds, forwards or backwards
};

// A process ("sink.1"), a server ("kafka"), or the way from a process to a server ("sink.1-postgres"). A storm's target
// is a role ("sink.*"): its members get their numbers later.
struct Target {
  Actor actor{};
  int number = 0;               // of a process; kAnyNumber: the whole role
  std::optional<Actor> server;  // set for a way to a server
  auto operator<=>(const Target&) const = default;
};
inline constexpr int kAnyNumber = -1;

struct Fault {
  milliseconds at{0};  // since the load began
  FaultKind kind{};
  Target target;
  int64_t amount = 0;
  milliseconds lasts{0};
  bool operator==(const Fault&) const = default;
};

struct Members {
  int ingest = 2, process = 2, sink = 2;
  int of(Actor role) const { return role == Actor::ingest ? ingest : role == Actor::process ? process : sink; }
  bool operator==(const Members&) const = default;
};

struct Schedule {
  uint64_t seed = 0;
  milliseconds length{0};
  Members members;
  std::vector<Fault> faults;  // sorted by `at`
  bool operator==(const Schedule&) const = default;
};

struct Wishes {
  milliseconds every{2400};        // average time between two faults
  std::vector<FaultKind> without;  // kinds to leave out
};

// Kinds are drawn like cards from a deck that holds each in its share and is shuffled when it is used up. So even a
// short schedule has all the frequent kinds. A target is left alone after a fault until it can be back.
Schedule make_schedule(uint64_t seed, milliseconds length, const Members& members, const Wishes& wishes = {});

std::string to_text(const Schedule& schedule);
std::string to_text(const Fault& fault);
// Throws UsageError with the line that can't be read, and why.
Schedule parse_schedule(std::string_view text, std::string_view file_name);

std::string_view to_string(FaultKind kind);
std::optional<FaultKind> parse_fault_kind(std::string_view name);
std::string to_string(const Target& target);
std::string_view to_string(Actor actor);

}  // namespace wxpipe::chaos
