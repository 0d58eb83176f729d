// Carries out the faults of a schedule when their time comes, and ends them when they have lasted. One thread.
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
  // The spools' disks are made now: before the fleet starts. Borrowed and outliving it: servers, fleet.
  Injector(const Schedule& schedule, Servers& servers, Fleet& fleet);

  // Whatever is due now, counted from `began`.
  void tick(SteadyTime began, SteadyTime now);
  // Everything works again, or is being started; what hasn't happened yet won't.
  void heal();

  struct Count {
    int done = 0, skipped = 0;
  };
  // "kill ingest" -> how many were carried out. Skipped: its target was already down or being started.
  const std::map<std::string, Count>& counts() const { return counts_; }
  int done() const { return done_; }
  // The last fault that was begun, for the display.
  const std::string& last() const { return last_; }

 private:
  using Action = std::function<void()>;
  struct Later {
    SteadyTime at;
    Action act;
    bool heals;  // it ends something, rather than being a part of it
  };
  // Each answers whether it could be done, and puts what ends it into later_.
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
