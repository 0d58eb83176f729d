#include "sinks/families.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "sinks/fact_sink.hpp"
#include "sinks/fact_sql.hpp"

namespace wxpipe::sinks {
namespace {
using schemas::FamilyInfo;

using Tables = std::vector<postgres::PartitionedTable>;

// A fact's tables: its own, and those that its family's merge fills.
template <class Fact>
void add_partitioned(Tables& tables) {
  const auto add = [&](const schemas::Table& table) {
    if (table.partitioning.by != postgres::By::nothing) tables.push_back({table.name, table.partitioning});
  };
  // Partitions are made on demand by the time of the row (partition_keeper.cpp).
  static_assert(Fact::kTable.partitioning.by == postgres::By::nothing ||
                Fact::kTable.partitioning.by == postgres::By::hash ||
                Fact::kTable.partitioning.column == "occurred_at");
  add(Fact::kTable);
  if constexpr (requires { Fact::kMergedTables; })
    for (const auto& table : Fact::kMergedTables) add(table);
}
}  // namespace

std::vector<const FamilyInfo*> all_families() {
  std::vector<const FamilyInfo*> families;
  schemas::for_each_family([&](const FamilyInfo& family) { families.push_back(&family); });
  return families;
}

std::vector<const FamilyInfo*> chosen_families(const config::SinkSettings& settings) {
  const auto all = all_families();
  if (settings.families.empty()) return all;
  std::vector<const FamilyInfo*> chosen;
  for (const std::string_view name : settings.families) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto* family) { return family->name == name; });
    if (found == all.end()) {
      std::vector<std::string_view> names;
      for (const auto* family : all) names.push_back(family->name);
      throw UsageError(fmt::format("sink.families: there is no '{}'; there are {}", name, fmt::join(names, ", ")));
    }
    if (std::find(chosen.begin(), chosen.end(), *found) != chosen.end())
      throw UsageError(fmt::format("sink.families: '{}' stands there twice", name));
    chosen.push_back(*found);
  }
  return chosen;
}

std::unique_ptr<Sink> make_sink(const FamilyInfo& wanted) {
  std::unique_ptr<Sink> sink;
  schemas::for_each_family([&]<class... Facts>(const schemas::Family<Facts...>& family) {
    if (family.name == wanted.name) sink = std::make_unique<FactSink<Facts...>>(family);
  });
  return sink;
}

BatchLimits batch_limits(const FamilyInfo& family, const config::SinkSettings& settings) {
  using schemas::Batches;
  return {static_cast<size_t>(family.batches == Batches::large ? settings.leads_batch_rows : settings.batch_rows),
          family.batches == Batches::prompt ? settings.batch_interval : settings.leads_batch_interval};
}

std::string group_id(std::string_view topic_prefix, const FamilyInfo& family) {
  return fmt::format("{}sink.{}", topic_prefix, family.name);
}

const FamilyInfo* family_of_table(std::string_view table) {
  const auto plain = [](std::string_view name) { return std::string(name.substr(name.rfind('.') + 1)); };
  static const auto families = [&] {
    std::map<std::string, const FamilyInfo*> all{{"ledger", nullptr}, {"audit_logs", nullptr}};
    schemas::for_each_fact([&]<class Fact>(const FamilyInfo& family) {
      all.emplace(plain(Fact::kTable.name), &family);
      if constexpr (requires { Fact::kMergedTables; })
        for (const auto& merged : Fact::kMergedTables) all.emplace(plain(merged.name), &family);
    });
    for (const auto* family : all_families())
      for (const auto& merged : tables_merged_by(family->name)) all.emplace(plain(merged), family);
    return all;
  }();
  const auto found = families.find(plain(table));
  return found == families.end() ? nullptr : found->second;
}

std::span<const postgres::PartitionedTable> partitioned_tables() {
  static const auto tables = [] {
    Tables all;
    schemas::for_each_fact([&]<class Fact>(const FamilyInfo&) { add_partitioned<Fact>(all); });
    all.push_back({"audit_logs", {.by = postgres::By::day}});  // commands write it; no fact, no topic
    return all;
  }();
  return tables;
}

std::span<const postgres::PartitionedTable> partitioned_tables(const FamilyInfo& family) {
  static const auto by_family = [] {
    std::map<std::string_view, Tables> all;
    schemas::for_each_fact([&]<class Fact>(const FamilyInfo& one) { add_partitioned<Fact>(all[one.name]); });
    return all;
  }();
  return by_family.at(family.name);
}

}  // namespace wxpipe::sinks
