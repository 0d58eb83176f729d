#include "sinks/retention/policy.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "common/result.hpp"
#include "sinks/families.hpp"

namespace wxpipe::sinks {
namespace {
bool by_time(const postgres::PartitionedTable& table) {
  return table.partitioning.by != postgres::By::nothing && table.partitioning.by != postgres::By::hash;
}

const schemas::FamilyInfo* family_named(std::string_view name) {
  for (const auto* family : all_families())
    if (family->name == name) return family;
  return nullptr;
}

const schemas::FamilyInfo* family_with(std::string_view table) {
  for (const auto* family : all_families())
    if (std::ranges::any_of(partitioned_tables(*family), [&](const auto& one) { return one.name == table; }))
      return family;
  return nullptr;
}

// What is wrong with this name; empty: nothing.
std::string complaint_about(std::string_view name) {
  std::vector<postgres::PartitionedTable> tables;
  if (const auto* family = family_named(name)) {
    const auto its = partitioned_tables(*family);
    tables.assign(its.begin(), its.end());
    if (tables.empty()) return "its tables have no partitions, so nothing of them can be dropped by age";
  } else {
    for (const auto& table : partitioned_tables())
      if (table.name == name) tables.push_back(table);
    if (tables.empty()) {
      std::vector<std::string_view> names;
      for (const auto& table : partitioned_tables())
        if (by_time(table)) names.push_back(table.name);
      return fmt::format("there is no family or table of this name that can have a limit; such tables are {}",
                         fmt::join(names, ", "));
    }
  }
  if (std::ranges::none_of(tables, by_time))
    return "its partitions go by hash and not by time, so nothing of it can be dropped by age";
  return {};
}
}  // namespace

std::vector<TablePolicy> table_policies(const config::RetentionSettings& settings) {
  for (const auto& [name, age] : settings.keep) {
    if (const auto complaint = complaint_about(name); !complaint.empty())
      throw UsageError(fmt::format("retention.keep: {}: {}", name, complaint));
    if (!config::parse_age(age)) throw UsageError(fmt::format("retention.keep: {}: '{}' is no age", name, age));
  }
  std::vector<TablePolicy> policies;
  for (const auto& table : partitioned_tables()) {
    if (!by_time(table)) continue;
    const auto* family = family_with(table.name);
    auto found = settings.keep.find(std::string(table.name));
    if (found == settings.keep.end() && family != nullptr) found = settings.keep.find(std::string(family->name));
    if (found != settings.keep.end()) policies.push_back({table, *config::parse_age(found->second), family});
  }
  return policies;
}

}  // namespace wxpipe::sinks
