// Partitions in the database: which exist, creating one, moving rows out of the default partition. Creating one locks
// the parent only against other schema changes; rows of other partitions can still be written.
#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "common/postgres/connection.hpp"
#include "common/postgres/partition_plan.hpp"

namespace wxpipe::postgres {

// The names of all attached partitions of these tables, without the default ones.
std::set<std::string> existing_partitions(Connection& connection, std::span<const PartitionedTable> tables);

struct MadePartition {
  bool created = false;  // false: it existed already
  int64_t moved = 0;     // rows that waited for it in the default partition
};
// In a transaction of its own. Safe to do at once from several processes. Throws
// SqlError (55P03: somebody holds a lock for long, try later), Unavailable.
MadePartition ensure_partition(Connection& connection, const PartitionRange& range);

// Rows in a default partition, by the partition they should be in.
struct StrayRows {
  PartitionRange belongs_to;
  int64_t rows = 0;
};
std::vector<StrayRows> stray_rows(Connection& connection, std::span<const PartitionedTable> tables);

}  // namespace wxpipe::postgres
