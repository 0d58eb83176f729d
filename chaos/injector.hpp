// Begins the faults of a schedule at their times, and ends them when their time is over. One thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "chaos/fleet.hpp"
#include "chaos/schedule.hpp"
#include "chaos/servers.hpp"
#include "chaos/small_disk.hpp"

namespace wxpipe::chaos {

class Injector {
 public:
  // Makes the spools' disks, so build it before the fleet starts. servers and fleet are borrowed and must outlive it.
  Injector(const Schedule& schedule, Servers& servers, Fleet& fleet);

  // Does whatever is due now; times count from `began`.
  void tick(SteadyTime began, SteadyTime now);
  // Ends all faults: everything works again or is being started. Faults that haven't begun are dropped.
  void heal();

  struct Count {
    int done = 0, skipped = 0;
  };
  // By fault and role ("kill ingest"): how many were carried out. Skipped: the target was already down or starting.
  const std::map<std::string, Count>& counts() const { return counts_; }
  int done() const { return done_; }
  // The fault that began last, for the display.
  const std::string& last() const { return last_; }

 private:
  using Action = std::function<void()>;
  struct Later {
    SteadyTime at;
    Action act;
    bool heals;  // true if it ends a fault; false if it is a part of one
  };
  // Each returns whether the fault could begin, and puts what ends it into later_.
  bool begin(const Fault& fault, SteadyTime now);
  bool begin_with_role(const Fault& fault, SteadyTime now);
  bool begin_with_server(const Fault& fault, SteadyTime now);
  bool begin_with_backend(const Fault& fault, SteadyTime now);
  bool begin_on_way(const Fault& fault, SteadyTime now);
  bool begin_storm(const Fault& fault, SteadyTime now);
  void heal_at(SteadyTime at, Action act) { later_.push_back({at, std::move(act), true}); }

  Servers& servers_;
  Fleet& fleet_;
  std::deque<Fault> coming_;
  std::vector<Later> later_;
  std::set<Actor> hit_;                              // servers that are down or frozen
  std::map<int, std::unique_ptr<SmallDisk>> disks_;  // by ingest member
  std::map<std::string, Count> counts_;
  int done_ = 0;
  std::string last_;
};

}  // namespace wxpipe::chaos
