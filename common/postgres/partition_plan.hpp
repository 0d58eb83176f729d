// Which partition a time belongs to, and which ones should exist by now. Pure. All times are UTC, all partitions by the
// platform's time: a month each, or a day each.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.hpp"

namespace wxpipe::postgres {

enum class Interval { month, day };

struct PartitionedTable {
  std::string_view name;
  Interval interval;
};
// Every table that schemas/postgres partitions by time. Each also has <name>_default.
std::span<const PartitionedTable> partitioned_tables();
const PartitionedTable& partitioned_table(std::string_view name);  // throws std::out_of_range

struct PartitionRange {
  std::string table;
  std::string name;  // messages_202611, system_logs_20261124
  Timestamp from, to;
  auto operator<=>(const PartitionRange&) const = default;
};

PartitionRange partition_for(const PartitionedTable& table, Timestamp at);

// How far ahead partitions are made.
struct Horizon {
  int months_ahead = 2;
  int days_ahead = 7;
};

// From the interval of `now` to the horizon, without those that exist (by name).
std::vector<PartitionRange> missing_ahead(const std::set<std::string>& existing, Timestamp now, const Horizon& horizon);

// May a row of this time have its own partition made on demand? Callbacks reach from 2011 to a day ahead (earlier and
// later ones are dead letters); a day's partition is made for the last 400 days only. What is outside goes to the
// default partition, so that one odd clock can't make thousands of tables.
bool creatable(const PartitionedTable& table, Timestamp at, Timestamp now);

}  // namespace wxpipe::postgres
