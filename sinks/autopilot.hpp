// Creates the tables' partitions ahead of time, keeps the default partitions empty, and deletes timeless ids that are
// older than their window. Every sink process runs it; running it twice or at the same time is harmless.
#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "common/config/settings.hpp"
#include "common/postgres/partitions.hpp"

namespace wxpipe::sinks {

struct PartitionsToMake {
  std::vector<postgres::PartitionRange> create;      // ahead of time and for stray rows; sorted, each once
  std::vector<postgres::StrayRows> stray;            // these move when their partition is made
  std::vector<postgres::StrayRows> stay_in_default;  // rows with odd times get no partition of their own
};

inline postgres::Horizon horizon_of(const config::SinkSettings& settings) {
  return {settings.months_ahead, settings.days_ahead};
}

// Pure.
PartitionsToMake decide_partitions(std::span<const postgres::PartitionedTable> tables,
                                   const std::set<std::string>& existing,
                                   const std::vector<postgres::StrayRows>& strays, Timestamp now,
                                   const postgres::Horizon& horizon);
// The plan for the database as it is now. tables: those that get rows there (family_databases.hpp).
PartitionsToMake plan_partitions(postgres::Connection& connection, std::span<const postgres::PartitionedTable> tables,
                                 Timestamp now, const postgres::Horizon& horizon);

// Carries out the plan and logs it. A partition that can't be created because of a lock is left for the next time.
// Throws Unavailable and SqlError.
void keep_tables(postgres::Connection& connection, std::span<const postgres::PartitionedTable> tables, Timestamp now,
                 const config::SinkSettings& settings);

}  // namespace wxpipe::sinks
