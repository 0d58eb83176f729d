// Creates partitions on demand, before rows for them are written. Remembers which exist; one thread.
#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/postgres/connection.hpp"
#include "common/postgres/partition_plan.hpp"
#include "sinks/sink.hpp"

namespace wxpipe::sinks {

class PartitionKeeper {
 public:
  // Creates the partitions that the sink's rows need, each in a transaction of its own. Rows with odd times go to the
  // default partition. So do rows of a partition that can't be created because of a lock; the autopilot moves these
  // later. A table by hash has no default partition: its rows must wait. Returns how many were created. Throws
  // Unavailable, and SqlError for anything but a lock, or for a lock that rows must wait for.
  int make_for(const Sink& sink, postgres::Connection& connection, Timestamp now);

  // The same, but checks the database again: for use after a statement failed because a partition is missing.
  int renew_for(const Sink& sink, postgres::Connection& connection, Timestamp now);

 private:
  bool is_postponed(const std::string& name, Timestamp now) const;
  std::vector<postgres::PartitionRange> unknown_of(const Sink& sink, Timestamp now) const;

  bool loaded_ = false;
  std::set<std::string> known_;
  std::map<std::string, Timestamp> postponed_;  // by name: don't try before this time
};

}  // namespace wxpipe::sinks
