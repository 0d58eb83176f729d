// Partitions in the database: which exist, creating one, moving rows out of the default partition. Creating one locks
// the parent only against other schema changes; rows of other partitions can still be written.
#pragma once

#include <chrono>
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

// The partitions of a table that is partitioned by time, oldest first, without the default one. PartitionRange::from
// and to are those of the database.
struct TimedPartition {
  PartitionRange range;
  int64_t bytes = 0;  // with its indexes
};
std::vector<TimedPartition> timed_partitions(Connection& connection, const PartitionedTable& table);

// Takes a partition out of its table; it stays as a table of its own. With a default partition beside it, Postgres
// can't do this concurrently: it needs the whole table for a moment, and whoever comes meanwhile waits. So it waits for
// locks no longer than `most`; then it throws SqlError (55P03), and the transaction can only be rolled back.
void detach_partition(Transaction& transaction, const PartitionRange& range, std::chrono::milliseconds most);

// Rows in a default partition, by the partition they should be in.
struct StrayRows {
  PartitionRange belongs_to;
  int64_t rows = 0;
};
std::vector<StrayRows> stray_rows(Connection& connection, std::span<const PartitionedTable> tables);

}  // namespace wxpipe::postgres
