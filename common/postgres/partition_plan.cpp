#include "common/postgres/partition_plan.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace wxpipe::postgres {
namespace {
using namespace std::chrono;

// The month, day or week around a time, and its name.
struct Stretch {
  sys_days from, to;
  std::string name;
};

Stretch month_of(sys_days day) {
  const year_month_day date{day};
  const auto month = date.year() / date.month();
  return {month / 1, (month + months{1}) / 1,
          fmt::format("{:04}{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()))};
}

Stretch day_of(sys_days day) {
  const year_month_day date{day};
  return {day, day + days{1},
          fmt::format("{:04}{:02}{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                      static_cast<unsigned>(date.day()))};
}

// ISO 8601: weeks begin on Monday and belong to the year of their Thursday.
Stretch week_of(sys_days day) {
  const auto monday = day - (weekday{day} - Monday);
  const auto year = year_month_day{monday + days{3}}.year();
  const auto first_thursday = sys_days{year / January / Thursday[1]};
  const auto number = (monday + days{3} - first_thursday).count() / 7 + 1;
  return {monday, monday + days{7}, fmt::format("{:04}w{:02}", static_cast<int>(year), number)};
}

Stretch stretch_of(By by, Timestamp at) {
  const auto day = floor<days>(at);
  switch (by) {
    case By::month:
      return month_of(day);
    case By::day:
      return day_of(day);
    case By::iso_week:
      return week_of(day);
    case By::hash:
    case By::nothing:
      break;
  }
  throw std::logic_error("a table that isn't partitioned by time");
}

int ahead(By by, const Horizon& horizon) {
  return by == By::month ? horizon.months_ahead : by == By::day ? horizon.days_ahead : horizon.weeks_ahead;
}
}  // namespace

PartitionRange partition_for(const PartitionedTable& table, Timestamp at) {
  const auto stretch = stretch_of(table.partitioning.by, at);
  return {std::string(table.name), fmt::format("{}_{}", table.name, stretch.name), stretch.from, stretch.to,
          table.partitioning.column};
}

PartitionRange partition_for(const PartitionedTable& table, int remainder) {
  return {std::string(table.name),
          fmt::format("{}_p{:02}", table.name, remainder),
          {},
          {},
          table.partitioning.column,
          table.partitioning.parts,
          remainder};
}

std::vector<PartitionRange> missing_ahead(std::span<const PartitionedTable> tables,
                                          const std::set<std::string>& existing, Timestamp now,
                                          const Horizon& horizon) {
  std::vector<PartitionRange> missing;
  const auto take = [&](PartitionRange range) {
    if (!existing.contains(range.name)) missing.push_back(std::move(range));
  };
  for (const auto& table : tables) {
    if (table.partitioning.by == By::hash) {
      for (int part = 0; part < table.partitioning.parts; ++part) take(partition_for(table, part));
      continue;
    }
    Timestamp at = now;
    for (int i = 0; i <= ahead(table.partitioning.by, horizon); ++i) {
      auto next = partition_for(table, at);
      at = next.to;
      take(std::move(next));
    }
  }
  return missing;
}

bool creatable(const PartitionedTable& table, Timestamp at, Timestamp now) {
  if (at > now + days{32}) return false;
  return table.partitioning.by == By::month ? at >= sys_days{year{2011} / 1 / 1} : at >= now - days{400};
}

}  // namespace wxpipe::postgres
