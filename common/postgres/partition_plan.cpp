#include "common/postgres/partition_plan.hpp"

#include <fmt/format.h>

#include <array>
#include <stdexcept>

namespace wxpipe::postgres {
namespace {
using namespace std::chrono;

constexpr std::array<PartitionedTable, 3> kTables{
    {{"messages", Interval::month}, {"lead_activities", Interval::month}, {"system_logs", Interval::day}}};

PartitionRange range(const PartitionedTable& table, sys_days from, sys_days to) {
  const year_month_day date{from};
  auto name =
      fmt::format("{}_{:04}{:02}", table.name, static_cast<int>(date.year()), static_cast<unsigned>(date.month()));
  if (table.interval == Interval::day) name += fmt::format("{:02}", static_cast<unsigned>(date.day()));
  return {std::string(table.name), std::move(name), from, to};
}
}  // namespace

std::span<const PartitionedTable> partitioned_tables() { return kTables; }

const PartitionedTable& partitioned_table(std::string_view name) {
  for (const auto& table : kTables)
    if (table.name == name) return table;
  throw std::out_of_range(fmt::format("{} is not partitioned by time", name));
}

PartitionRange partition_for(const PartitionedTable& table, Timestamp at) {
  const auto day = floor<days>(at);
  if (table.interval == Interval::day) return range(table, day, day + days{1});
  const year_month_day date{day};
  const auto month = date.year() / date.month();
  return range(table, sys_days{month / 1}, sys_days{(month + months{1}) / 1});
}

std::vector<PartitionRange> missing_ahead(const std::set<std::string>& existing, Timestamp now,
                                          const Horizon& horizon) {
  std::vector<PartitionRange> missing;
  for (const auto& table : kTables) {
    const int ahead = table.interval == Interval::month ? horizon.months_ahead : horizon.days_ahead;
    Timestamp at = now;
    for (int i = 0; i <= ahead; ++i) {
      auto next = partition_for(table, at);
      at = next.to;
      if (!existing.contains(next.name)) missing.push_back(std::move(next));
    }
  }
  return missing;
}

bool creatable(const PartitionedTable& table, Timestamp at, Timestamp now) {
  if (at > now + days{32}) return false;
  return table.interval == Interval::month ? at >= sys_days{year{2011} / 1 / 1} : at >= now - days{400};
}

}  // namespace wxpipe::postgres
