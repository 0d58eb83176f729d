// Which partition a row belongs to, and which partitions should exist now. Pure. All times are UTC, from the platform's
// clock.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.hpp"

namespace wxpipe::postgres {

// How a table is partitioned: by the time in a column (then it has a partition <table>_default too), or by the hash of
// a column.
struct Partitioning {
  enum class By { nothing, month, day, iso_week, hash };
  By by = By::nothing;
  std::string_view column = "occurred_at";
  int parts = 0;  // of a hash
};
using By = Partitioning::By;

struct PartitionedTable {
  std::string_view name;
  Partitioning partitioning;
};

// One partition: a range of time, or a part of a hash.
struct PartitionRange {
  std::string table;
  std::string name;                         // messages_202611, system_logs_20261124, monitors_2026w48, contacts_p03
  Timestamp from, to;                       // [from, to); of a stretch of time
  std::string_view column = "occurred_at";  // the column with that time; a literal
  int modulus = 0, remainder = 0;           // of a hash; modulus 0: of time
  auto operator<=>(const PartitionRange&) const = default;
};

// By month, day or week.
PartitionRange partition_for(const PartitionedTable& table, Timestamp at);
// By hash: 0 <= remainder < parts.
PartitionRange partition_for(const PartitionedTable& table, int remainder);

// How far ahead partitions are made.
struct Horizon {
  int months_ahead = 2;
  int days_ahead = 7;
  int weeks_ahead = 4;
};

// Partitions to create: from the one of `now` to the horizon, and every part of a hash. Leaves out those that exist (by
// name).
std::vector<PartitionRange> missing_ahead(std::span<const PartitionedTable> tables,
                                          const std::set<std::string>& existing, Timestamp now, const Horizon& horizon);

// Whether a row of this time may get a new partition. Callbacks have times from 2011 to a day ahead (others are dead
// letters). Day and week partitions are made only for the last 400 days. Other rows go to the default partition, so one
// wrong clock can't create thousands of tables.
bool creatable(const PartitionedTable& table, Timestamp at, Timestamp now);

}  // namespace wxpipe::postgres
