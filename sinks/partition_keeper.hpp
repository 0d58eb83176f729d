// Partitions on demand: before rows are written, the ones they belong to are there. Remembers which exist; one thread.
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
  // Makes what the sink's rows need and isn't known to exist, each in a transaction of its own. Rows of odd times, and
  // of a partition that somebody's lock keeps from being made, go to the default partition; the autopilot moves the
  // latter out later. Answers how many were made. Throws Unavailable, and SqlError when it isn't a lock.
  int make_for(const Sink& sink, postgres::Connection& connection, Timestamp now);

  // The same, after a statement said that a partition is missing: what is remembered may be wrong.
  int renew_for(const Sink& sink, postgres::Connection& connection, Timestamp now);

 private:
  bool is_postponed(const std::string& name, Timestamp now) const;
  std::vector<postgres::PartitionRange> unknown_of(const Sink& sink, Timestamp now) const;

  bool loaded_ = false;
  std::set<std::string> known_;
  std::map<std::string, Timestamp> postponed_;  // by name: not to be tried before
};

}  // namespace wxpipe::sinks
