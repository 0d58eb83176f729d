// Begins the faults of a schedule at their times, and ends them when their time is over. One thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
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
  // By fault and role ("kill ingest"): how many were carried out. Skipped: the target was already down or starting, or
  // what the fault waited for didn't come in its time.
  const std::map<std::string, Count>& counts() const { return counts_; }
  int done() const { return done_; }
  // Whether a fault has still to begin or to end.
  bool busy() const { return !coming_.empty() || !later_.empty(); }
  // The fault that began last, for the display.
  const std::string& last() const { return last_; }

 private:
  using Action = std::function<void()>;
  enum class Moment { before_it, with_it, after_it };  // the request that ends a transaction
  struct Later {
    SteadyTime at;
    Action act;
    bool heals;  // true if it ends a fault; false if it is a part of one
  };
  // Each returns whether the fault could begin, and puts what ends it into later_.
  bool begin(const Fault& fault, SteadyTime now);
  bool begin_with_role(const Fault& fault, SteadyTime now);
  bool begin_with_server(const Fault& fault, SteadyTime now);
  bool begin_at_commit(const Fault& fault, SteadyTime now);
  bool begin_withholding(const Fault& fault, SteadyTime now);
  bool begin_with_backend(const Fault& fault, SteadyTime now);
  bool begin_on_way(const Fault& fault, SteadyTime now);
  bool begin_storm(const Fault& fault, SteadyTime now);
  void stop_kafka_if_at_commit();
  void came_to_nothing(const Fault& fault);
  void heal_at(SteadyTime at, Action act) { later_.push_back({at, std::move(act), true}); }

  Servers& servers_;
  Fleet& fleet_;
  std::deque<Fault> coming_;
  std::vector<Later> later_;
  std::set<Actor> hit_;                              // servers that are down or frozen
  std::optional<Moment> at_commit_;                  // Kafka is to be stopped at the next end of a transaction
  std::map<int, std::unique_ptr<SmallDisk>> disks_;  // by ingest member
  std::map<std::string, Count> counts_;
  int done_ = 0;
  std::string last_;
};

}  // namespace wxpipe::chaos
