#include "chaos/run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "chaos/fleet.hpp"
#include "common/result.hpp"
#include "rig/eventually.hpp"

namespace wxpipe::chaos {
namespace {
using namespace std::chrono_literals;
using std::chrono::duration_cast;
using std::chrono::steady_clock;

constexpr auto kStep = 10ms;
constexpr auto kDrainPatience = 180s;
constexpr milliseconds kSession = 5s;          // processes are stopped for shorter and for longer than this
constexpr std::chrono::seconds kFarJump{300};  // half of the dedupe window
constexpr int kGuests = 3;

volatile std::sig_atomic_t told_to_end = 0;
void go_on_unless_told_to_end() {
  if (told_to_end != 0) throw Unavailable("stopped by a signal");
}

struct Happening {
  Actor role;
  const char* event;
};
constexpr Happening kHappenings[] = {
    {Actor::ingest, "spool_found"},         {Actor::ingest, "spool_write_failed"},
    {Actor::ingest, "producer_replaced"},   {Actor::process, "transaction_aborted"},
    {Actor::process, "worker_fenced"},      {Actor::process, "producer_renewed"},
    {Actor::process, "partitions_revoked"}, {Actor::sink, "sink_fenced"},
    {Actor::sink, "doubt_settled"},         {Actor::sink, "partitions_revoked"},
};

// The progress line: rewritten in place on a terminal, else a line now and then.
class Display {
 public:
  explicit Display(bool wanted) : wanted_(wanted), terminal_(::isatty(STDERR_FILENO) == 1) {}
  ~Display() { end(); }

  void show(const std::string& line, SteadyTime now) {
    if (!wanted_ || now < next_) return;
    next_ = now + (terminal_ ? milliseconds(500) : milliseconds(10'000));
    if (terminal_)
      fmt::print(stderr, "\r\x1b[K{}", line);
    else
      fmt::print(stderr, "{}\n", line);
    open_ = terminal_;
  }
  void say(const std::string& line) {
    if (!wanted_) return;
    end();
    fmt::print(stderr, "{}\n", line);
  }

 private:
  void end() {
    if (std::exchange(open_, false)) fmt::print(stderr, "\n");
  }
  const bool wanted_, terminal_;
  bool open_ = false;
  SteadyTime next_{};
};

class Run {
 public:
  explicit Run(const RunPlan& plan)
      : plan_(plan),
        display_(plan.progress),
        servers_(plan.stack, plan.folder / "servers"),
        pipeline_({.program = plan.program,
                   .folder = plan.folder,
                   .seed = plan.schedule.seed,
                   .session = kSession,
                   .members = plan.schedule.members,
                   .guests = kGuests,
                   .kafka = servers_.kafka(),
                   .kafka_gates = true,
                   .database_url = servers_.database_url(),
                   .topic_prefix = "wxpipe.",
                   .more_config = {}}),
        fleet_(pipeline_.fleet()),
        injector_(plan.schedule, servers_, fleet_) {}

  RunReport carry_out() {
    set_up();
    load();
    heal_and_drain();
    judge();
    fleet_.stop();
    report_.complaints.insert(report_.complaints.end(), fleet_.complaints().begin(), fleet_.complaints().end());
    if (plan_.keep_servers && !report_.fine()) servers_.leave();
    for (const auto& [role, event] : kHappenings)
      report_.happenings[fmt::format("{} {}", to_string(role), event)] = fleet_.count_in_logs(role, event);
    // What Kafka answered to ends of transactions that came late.
    for (const auto* gate : fleet_.transaction_gates())
      for (const auto error : gate->answers())
        ++report_.happenings[error == 0 ? "kafka late_end_taken" : "kafka late_end_refused"];
    return std::move(report_);
  }

 private:
  void set_up() {
    std::ofstream(plan_.folder / "schedule.txt") << to_text(plan_.schedule);
    const auto& [ingest, process, sink] = plan_.schedule.members;
    display_.say(fmt::format("starting Kafka, Postgres and {} processes in {} …", ingest + process + sink,
                             plan_.folder.string()));
    servers_.up(fleet_.listeners());
    pipeline_.set_up();
    fleet_.start();
    pipeline_.wait_until_ready();
  }

  void load() {
    const auto& schedule = plan_.schedule;
    const auto command = pipeline_.sender(
        {"--seed", fmt::format("{}", schedule.seed), "--rate", fmt::format("{}", plan_.rate), "--duration",
         fmt::format("{}ms", schedule.length.count()), "--resend", fmt::format("{}", plan_.resend), "--resend-changed",
         fmt::format("{}", plan_.resend_changed), "--poison", fmt::format("{}", plan_.poison)});
    rig::Process sender(command);
    const auto began = steady_clock::now();
    // The last callbacks may need three attempts.
    const auto latest = began + schedule.length + 60s;
    for (auto now = began; sender.running() && now < latest; now = steady_clock::now()) {
      injector_.tick(began, now);
      keep_up();
      display_.show(fmt::format("{:>4} s of {}  {} faults, the last: {}", (now - began) / 1s, schedule.length / 1s,
                                injector_.done(), injector_.last()),
                    now);
      std::this_thread::sleep_for(kStep);
    }
    report_.load = duration_cast<milliseconds>(steady_clock::now() - began);
    if (sender.running()) report_.complaints.push_back("the sender did not end");
    // Exit code 1: some callbacks were never acknowledged. That is expected here.
    if (const auto exit = sender.wait(0ms); exit && *exit != rig::Exit{} && *exit != rig::Exit{.code = 1, .signal = 0})
      report_.complaints.push_back(fmt::format("the sender failed with exit code {}, signal {}: see {}", exit->code,
                                               exit->signal, command.log.string()));
    report_.faults = injector_.counts();
  }

  void keep_up() {
    go_on_unless_told_to_end();
    servers_.tick();
    fleet_.tick();
  }

  void heal_and_drain() {
    display_.say(fmt::format("{} faults are over; healing and draining …", injector_.done()));
    const auto began = steady_clock::now();
    injector_.heal();
    servers_.wait_until_up();
    std::string left = "nobody has looked yet";
    const bool drained = rig::eventually(
        [&] {
          keep_up();
          left = pipeline_.still_on_its_way();
          display_.show("waiting: " + left, steady_clock::now());
          return left.empty();
        },
        kDrainPatience);
    if (!drained) report_.complaints.push_back("not drained: " + left);
    report_.drained_after = duration_cast<milliseconds>(steady_clock::now() - began);
  }

  void judge() {
    display_.say("judging …");
    // The dedupe window goes by the times of receipt, so a clock that jumps beyond it makes it forget.
    bool jumped_far = false;
    for (const auto& fault : plan_.schedule.faults)
      jumped_far |= fault.kind == FaultKind::clock_jump && std::abs(fault.amount) > kFarJump.count();
    report_.verdict = pipeline_.judge(!jumped_far);
    try {
      report_.audit = pipeline_.audit();
      if (report_.audit->exit_code != 0)
        report_.complaints.push_back("wxpipe audit found something wrong: " + report_.audit->text);
    } catch (const Unavailable& error) {
      report_.complaints.push_back(error.what());
    }
  }

  const RunPlan& plan_;
  RunReport report_;
  Display display_;
  Servers servers_;
  Pipeline pipeline_;
  Fleet& fleet_;
  Injector injector_;
};
}  // namespace

bool RunReport::fine() const { return verdict.fine() && complaints.empty() && audit && audit->unaccounted == 0; }

RunReport run(const RunPlan& plan) {
  ::signal(SIGPIPE, SIG_IGN);
  for (const int number : {SIGINT, SIGTERM}) ::signal(number, [](int) { told_to_end = 1; });
  keep_mounts_to_ourselves();
  return Run(plan).carry_out();
}

}  // namespace wxpipe::chaos
