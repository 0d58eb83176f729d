// Partitions as they are in the database: which exist, making one, moving rows out of the default partition. Making one
// locks the parent only against other schema changes: rows of other partitions keep flowing.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "common/postgres/connection.hpp"
#include "common/postgres/partition_plan.hpp"

namespace wxpipe::postgres {

// The names of all attached partitions of wxpipe's partitioned tables, without the default ones.
std::set<std::string> existing_partitions(Connection& connection);

struct MadePartition {
  bool created = false;  // false: it was there
  int64_t moved = 0;     // rows that waited for it in the default partition
};
// In a transaction of its own. Safe to do at once from several processes. Throws SqlError (55P03: somebody holds a lock
// for long, try later), Unavailable.
MadePartition ensure_partition(Connection& connection, const PartitionRange& range);

// Rows in a default partition, by the partition they should be in.
struct StrayRows {
  PartitionRange belongs_to;
  int64_t rows = 0;
};
std::vector<StrayRows> stray_rows(Connection& connection);

}  // namespace wxpipe::postgres
