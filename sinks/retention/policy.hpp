// How long each table's partitions are kept: [retention] keep, by table. Only tables that are partitioned by time can
// have a limit. Pure.
#pragma once

#include <vector>

#include "common/config/age.hpp"
#include "common/config/settings.hpp"
#include "common/postgres/partition_plan.hpp"
#include "schemas/registry.hpp"

namespace wxpipe::sinks {

struct TablePolicy {
  postgres::PartitionedTable table;
  config::Age keep;
  const schemas::FamilyInfo* family = nullptr;  // whose sink fills it; null: no sink does
};

// In the order of partitioned_tables(). A table's own limit counts before its family's. Throws UsageError: a name that
// is neither, a table or family without partitions by time, or no age.
std::vector<TablePolicy> table_policies(const config::RetentionSettings& settings);

// Whether all rows of the partition are older than they need be.
inline bool is_old(const postgres::PartitionRange& range, const config::Age& keep, Timestamp now) {
  return range.to <= config::before(now, keep);
}

}  // namespace wxpipe::sinks
