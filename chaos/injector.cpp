#include "chaos/injector.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>

#include "common/postgres/connection.hpp"
#include "common/result.hpp"

namespace wxpipe::chaos {
namespace {
using namespace std::chrono_literals;

std::string name_of(const Fault& fault) {
  auto name = fmt::format("{} {}", to_string(fault.kind), to_string(fault.target.actor));
  if (fault.target.server) name += fmt::format("-{}", to_string(*fault.target.server));
  return name;
}
}  // namespace

Injector::Injector(const Schedule& schedule, Servers& servers, Fleet& fleet)
    : servers_(servers),
      fleet_(fleet),
      coming_(schedule.faults.begin(), schedule.faults.end()) {
  for (const auto& fault : schedule.faults)
    if (const int number = fault.target.number; fault.kind == FaultKind::disk_full && !disks_.contains(number))
      disks_[number] = std::make_unique<SmallDisk>(fleet.spool_folder(number));
}

void Injector::tick(SteadyTime began, SteadyTime now) {
  // A fault that begins here may add to the list.
  for (size_t i = 0; i < later_.size();) {
    if (later_[i].at > now) {
      ++i;
      continue;
    }
    const auto act = std::move(later_[i].act);
    later_.erase(later_.begin() + static_cast<std::ptrdiff_t>(i));
    act();
  }
  while (!coming_.empty() && began + coming_.front().at <= now) {
    const auto fault = coming_.front();
    coming_.pop_front();
    auto& count = counts_[name_of(fault)];
    if (begin(fault, now)) {
      ++count.done;
      ++done_;
      last_ = to_text(fault);
    } else {
      ++count.skipped;
    }
  }
  stop_kafka_if_at_commit();
}

void Injector::heal() {
  coming_.clear();
  for (auto later = std::move(later_); const auto& one : later)
    if (one.heals) one.act();
}

bool Injector::begin(const Fault& fault, SteadyTime now) {
  switch (fault.kind) {
    case FaultKind::kill:
    case FaultKind::stop:
      return fault.target.actor <= Actor::sink ? begin_with_role(fault, now) : begin_with_server(fault, now);
    case FaultKind::stop_at_commit:
      return begin_at_commit(fault, now);
    case FaultKind::withhold_end:
      return begin_withholding(fault, now);
    case FaultKind::terminate_backend:
    case FaultKind::kill_backend:
    case FaultKind::stop_backend:
      return begin_with_backend(fault, now);
    case FaultKind::storm:
      return begin_storm(fault, now);
    case FaultKind::disk_full: {
      const auto [role, number, server] = fault.target;
      auto& disk = *disks_.at(number);
      disk.fill(fleet_.pid(role, number));
      heal_at(now + fault.lasts, [this, &disk, n = number] { disk.empty(fleet_.pid(Actor::ingest, n)); });
      return true;
    }
    case FaultKind::clock_jump: {
      const auto target = fault.target;
      fleet_.shift_clock(target.actor, target.number, std::chrono::seconds(fault.amount));
      heal_at(now + fault.lasts, [this, target] { fleet_.shift_clock(target.actor, target.number, 0s); });
      return true;
    }
    default:
      return begin_on_way(fault, now);
  }
}

bool Injector::begin_with_role(const Fault& fault, SteadyTime now) {
  const auto target = fault.target;
  if (!fleet_.running(target.actor, target.number)) return false;
  if (fault.kind == FaultKind::kill) {
    fleet_.kill(target.actor, target.number, fault.lasts);
  } else {
    fleet_.signal(target.actor, target.number, SIGSTOP);
    heal_at(now + fault.lasts, [this, target] { fleet_.signal(target.actor, target.number, SIGCONT); });
  }
  return true;
}

bool Injector::begin_with_server(const Fault& fault, SteadyTime now) {
  const auto server = fault.target.actor;
  if (servers_.starting(server) || !hit_.insert(server).second) return false;
  if (fault.kind == FaultKind::kill)
    servers_.kill(server);
  else
    servers_.stop(server);
  heal_at(now + fault.lasts, [this, server, killed = fault.kind == FaultKind::kill] {
    hit_.erase(server);
    killed ? servers_.start(server) : servers_.go_on(server);
  });
  return true;
}

// The request that ends a transaction waits at its gate, so that Kafka can be stopped at this moment: before it gets
// the request, while it gets it, or a tick later, when it may have begun or answered. In turn, by the fault's length.
bool Injector::begin_at_commit(const Fault& fault, SteadyTime now) {
  if (servers_.starting(Actor::kafka) || !hit_.insert(Actor::kafka).second) return false;
  at_commit_ = static_cast<Moment>(fault.lasts.count() % 3);
  for (auto* gate : fleet_.transaction_gates()) gate->hold(rig::Request::end_transaction);
  heal_at(now + fault.lasts, [this, fault] {
    if (std::exchange(at_commit_, {})) {
      for (auto* gate : fleet_.transaction_gates()) gate->let_go();
      came_to_nothing(fault);
    }
    hit_.erase(Actor::kafka);
    servers_.go_on(Actor::kafka);
  });
  return true;
}

void Injector::stop_kafka_if_at_commit() {
  if (!at_commit_) return;
  const auto gates = fleet_.transaction_gates();
  const bool at_commit = std::any_of(gates.begin(), gates.end(), [](const auto* gate) { return gate->holds(); });
  if (!at_commit) return;
  const auto moment = *std::exchange(at_commit_, {});
  if (moment == Moment::before_it) servers_.stop(Actor::kafka);
  for (auto* gate : gates) gate->let_go();
  if (moment == Moment::with_it) servers_.stop(Actor::kafka);
  if (moment != Moment::after_it) return;
  const auto stop = [this] {
    if (hit_.contains(Actor::kafka)) servers_.stop(Actor::kafka);
  };
  later_.push_back({SteadyTime{}, stop, false});
}

bool Injector::begin_withholding(const Fault& fault, SteadyTime now) {
  auto& gate = fleet_.transaction_gate(fault.target.number);
  gate.withhold(rig::Request::end_transaction);
  heal_at(now + fault.lasts, [this, fault, &gate] {
    if (!gate.release()) came_to_nothing(fault);
  });
  return true;
}

void Injector::came_to_nothing(const Fault& fault) {
  auto& count = counts_[name_of(fault)];
  --count.done;
  --done_;
  ++count.skipped;
}

// Takes any backend. The choice needn't repeat: what Postgres is doing differs from run to run anyway.
bool Injector::begin_with_backend(const Fault& fault, SteadyTime now) {
  if (servers_.starting(Actor::postgres) || hit_.contains(Actor::postgres)) return false;
  try {
    postgres::Connection connection(servers_.database_url(), "wxpipe chaos", postgres::Purpose::administration);
    const auto backends = connection.execute(
        "select pid from pg_stat_activity where application_name like 'wxpipe sink%' order by random() limit 1");
    if (backends.empty()) return false;
    const auto pid = static_cast<pid_t>(backends.integer(0, 0));
    if (fault.kind == FaultKind::terminate_backend) {
      connection.execute(fmt::format("select pg_terminate_backend({})", pid));
    } else if (fault.kind == FaultKind::kill_backend) {
      ::kill(pid, SIGKILL);
    } else {
      ::kill(pid, SIGSTOP);
      // The pid can't belong to another process by then: a stopped process can end only by SIGKILL, and then Postgres
      // restarts all its backends.
      heal_at(now + fault.lasts, [pid] { ::kill(pid, SIGCONT); });
    }
    return true;
  } catch (const Unavailable&) {  // Postgres still recovers from an earlier fault
    return false;
  }
}

bool Injector::begin_on_way(const Fault& fault, SteadyTime now) {
  auto& gate = fleet_.gate(fault.target);
  switch (fault.kind) {
    case FaultKind::cut:
      gate.refuse();
      gate.cut();
      break;
    case FaultKind::freeze:
      gate.freeze();
      break;
    case FaultKind::lose_answers:
      gate.freeze(rig::Toward::client);
      break;
    case FaultKind::delay:
      gate.delay(milliseconds(fault.amount));
      break;
    case FaultKind::slice:
      gate.slice(static_cast<size_t>(fault.amount));
      break;
    default:  // half_close: nothing to heal
      gate.half_close(rig::Toward::client);
      return true;
  }
  // What a silent connection held back arrives late; every second time it is lost with the connection instead.
  const bool silent = fault.kind == FaultKind::freeze || fault.kind == FaultKind::lose_answers;
  heal_at(now + fault.lasts, [&gate, drop = silent && fault.lasts.count() % 2 == 0] {
    if (drop) gate.cut();
    gate.heal();
  });
  return true;
}

// Guests come one by one in the first half of the time and go in the second: by SIGTERM and SIGKILL in turn.
bool Injector::begin_storm(const Fault& fault, SteadyTime now) {
  const auto role = fault.target.actor;
  const auto step = fault.lasts / (2 * std::max<int64_t>(1, fault.amount));
  for (int64_t i = 0; i < fault.amount; ++i) {
    later_.push_back({now + i * step,
                      [this, role, polite = i % 2 == 0, end = now + fault.lasts / 2 + (i + 1) * step] {
                        const auto guest = fleet_.free_guest(role);
                        if (!guest) return;
                        fleet_.start(role, *guest);
                        heal_at(end, [this, role, number = *guest, polite] {
                          fleet_.dismiss(role, number);
                          if (!polite) fleet_.signal(role, number, SIGKILL);
                        });
                      },
                      false});
  }
  return true;
}

}  // namespace wxpipe::chaos
