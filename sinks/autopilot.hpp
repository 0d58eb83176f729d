// Keeps the tables' partitions ahead of time and the default ones empty, and forgets timeless ids that are out of their
// window. Every sink process runs it; doing it at once or twice is harmless.
#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "common/config/settings.hpp"
#include "common/postgres/partitions.hpp"

namespace wxpipe::sinks {

struct PartitionsToMake {
  std::vector<postgres::PartitionRange> create;      // ahead of time, and for stray rows; each once, in order
  std::vector<postgres::StrayRows> stray;            // these move when their partition is made
  std::vector<postgres::StrayRows> stay_in_default;  // odd times have no partition of their own
};

inline postgres::Horizon horizon_of(const config::SinkSettings& settings) {
  return {settings.months_ahead, settings.days_ahead};
}

// Pure.
PartitionsToMake decide_partitions(std::span<const postgres::PartitionedTable> tables,
                                   const std::set<std::string>& existing,
                                   const std::vector<postgres::StrayRows>& strays, Timestamp now,
                                   const postgres::Horizon& horizon);
// With what is in the database.
PartitionsToMake plan_partitions(postgres::Connection& connection, Timestamp now, const postgres::Horizon& horizon);

// Does what is planned, and logs it. A partition that somebody's lock keeps from being made is left for the next time.
// Throws Unavailable and SqlError.
void keep_tables(postgres::Connection& connection, Timestamp now, const config::SinkSettings& settings);

}  // namespace wxpipe::sinks
