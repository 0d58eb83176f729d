// What the registry (schemas/registry.hpp) means for sinks: a sink, a consumer group and batches for each family, and
// the tables that are cut into partitions.
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

// All families; those that [sink] families asks for, all where it names none. Throws UsageError, naming the families
// there are, on one that doesn't exist or stands there twice.
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

// Of all families; of one.
std::span<const postgres::PartitionedTable> partitioned_tables();
std::span<const postgres::PartitionedTable> partitioned_tables(const schemas::FamilyInfo& family);

}  // namespace wxpipe::sinks
