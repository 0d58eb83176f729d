#include "sinks/autopilot.hpp"

#include <algorithm>

#include "common/postgres/sqlstate.hpp"
#include "common/telemetry/log.hpp"
#include "sinks/timeless_ids.hpp"

namespace wxpipe::sinks {

PartitionsToMake decide_partitions(std::span<const postgres::PartitionedTable> tables,
                                   const std::set<std::string>& existing,
                                   const std::vector<postgres::StrayRows>& strays, Timestamp now,
                                   const postgres::Horizon& horizon) {
  PartitionsToMake plan;
  const auto ahead = postgres::missing_ahead(tables, existing, now, horizon);
  std::set<postgres::PartitionRange> create(ahead.begin(), ahead.end());
  for (const auto& stray : strays) {
    const auto& range = stray.belongs_to;
    const auto table =
        std::find_if(tables.begin(), tables.end(), [&](const auto& one) { return one.name == range.table; });
    const bool makes_sense = table != tables.end() && postgres::creatable(*table, range.from, now);
    (makes_sense ? plan.stray : plan.stay_in_default).push_back(stray);
    if (makes_sense) create.insert(range);
  }
  plan.create.assign(create.begin(), create.end());
  return plan;
}

PartitionsToMake plan_partitions(postgres::Connection& connection, std::span<const postgres::PartitionedTable> tables,
                                 Timestamp now, const postgres::Horizon& horizon) {
  return decide_partitions(tables, postgres::existing_partitions(connection, tables),
                           postgres::stray_rows(connection, tables), now, horizon);
}

void keep_tables(postgres::Connection& connection, std::span<const postgres::PartitionedTable> tables, Timestamp now,
                 const config::SinkSettings& settings) {
  const auto plan = plan_partitions(connection, tables, now, horizon_of(settings));
  for (const auto& range : plan.create) {
    try {
      const auto [created, moved] = postgres::ensure_partition(connection, range);
      if (created) telemetry::log_info("partition_created", {{"partition", range.name}, {"moved", moved}});
    } catch (const postgres::SqlError& error) {
      if (classify(error) != postgres::Verdict::retry) throw;
      telemetry::log_warn("partition_postponed", {{"partition", range.name}, {"why", error.what()}});
    }
  }
  for (const auto& stray : plan.stay_in_default)
    telemetry::log_warn(
        "rows_of_odd_time",
        {{"table", stray.belongs_to.table}, {"would_be_in", stray.belongs_to.name}, {"rows", stray.rows}});
  if (const auto forgotten = forget_timeless_ids(connection, settings.timeless_window); forgotten > 0)
    telemetry::log_info("timeless_ids_forgotten", {{"ids", forgotten}});
}

}  // namespace wxpipe::sinks
