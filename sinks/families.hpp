// What sinks take from the registry (schemas/registry.hpp): for each family a sink, a consumer group and batch limits;
// also the partitioned tables.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/settings.hpp"
#include "common/postgres/partition_plan.hpp"
#include "sinks/sink.hpp"

namespace wxpipe::sinks {

// All families; and those that [sink] families names (all if it names none). Throws UsageError for an unknown name or
// one that is there twice; it lists the known ones.
std::vector<const schemas::FamilyInfo*> all_families();
std::vector<const schemas::FamilyInfo*> chosen_families(const config::SinkSettings& settings);

std::unique_ptr<Sink> make_sink(const schemas::FamilyInfo& family);

// When a family's batch is full.
struct BatchLimits {
  size_t rows;
  std::chrono::milliseconds interval;  // since its first record
};
BatchLimits batch_limits(const schemas::FamilyInfo& family, const config::SinkSettings& settings);

// The consumer group of a family, which is also its key in wxpipe.sink_offsets.
std::string group_id(std::string_view topic_prefix, const schemas::FamilyInfo& family);

// The family whose sink writes this table ("messages", "public.messages", "wxpipe.lead_daily"): by its facts and its
// .sql file. Null: no family, or what every sink keeps (the ledger, audit_logs).
const schemas::FamilyInfo* family_of_table(std::string_view table);

// The partitioned tables of all families, or of one.
std::span<const postgres::PartitionedTable> partitioned_tables();
std::span<const postgres::PartitionedTable> partitioned_tables(const schemas::FamilyInfo& family);

}  // namespace wxpipe::sinks
