#include "sinks/partition_keeper.hpp"

#include "common/postgres/partitions.hpp"
#include "common/postgres/sqlstate.hpp"
#include "common/telemetry/log.hpp"
#include "sinks/families.hpp"

namespace wxpipe::sinks {
namespace {
using namespace std::chrono_literals;
constexpr auto kTryLockedAgainAfter = 60s;
}  // namespace

int PartitionKeeper::make_for(const Sink& sink, postgres::Connection& connection, Timestamp now) {
  if (!loaded_) known_ = postgres::existing_partitions(connection, partitioned_tables(sink.family()));
  loaded_ = true;
  int made = 0;
  std::string locked;  // a table: another part of it would wait for the same lock
  for (const auto& range : unknown_of(sink, now)) {
    if (range.table == locked) {
      postponed_[range.name] = now + kTryLockedAgainAfter;
      continue;
    }
    try {
      const auto [created, moved] = postgres::ensure_partition(connection, range);
      known_.insert(range.name);
      postponed_.erase(range.name);
      if (!created) continue;
      ++made;
      telemetry::log_info("partition_created", {{"partition", range.name}, {"moved", moved}});
    } catch (const postgres::SqlError& error) {
      const bool has_default = range.modulus == 0;
      if (classify(error) != postgres::Verdict::retry || !has_default) throw;
      postponed_[range.name] = now + kTryLockedAgainAfter;
      locked = range.table;
      telemetry::log_warn("partition_postponed", {{"partition", range.name}, {"why", error.what()}});
    }
  }
  return made;
}

int PartitionKeeper::renew_for(const Sink& sink, postgres::Connection& connection, Timestamp now) {
  loaded_ = false;
  postponed_.clear();
  return make_for(sink, connection, now);
}

bool PartitionKeeper::is_postponed(const std::string& name, Timestamp now) const {
  const auto postponed = postponed_.find(name);
  return postponed != postponed_.end() && now < postponed->second;
}

std::vector<postgres::PartitionRange> PartitionKeeper::unknown_of(const Sink& sink, Timestamp now) const {
  std::set<postgres::PartitionRange> unknown;
  for (const auto& table : partitioned_tables(sink.family())) {
    if (table.partitioning.by == postgres::By::hash) {  // a row may belong to any part, so all parts are needed
      for (const auto& part : postgres::missing_ahead({&table, 1}, known_, now, {}))
        if (!is_postponed(part.name, now)) unknown.insert(part);
      continue;
    }
    postgres::PartitionRange last;  // mostly, the next row is of the same month
    for (size_t row = 0; row < sink.size(); ++row) {
      const auto at = sink.head(row).occurred_at;
      if (last.from <= at && at < last.to) continue;
      last = postgres::partition_for(table, at);
      if (known_.contains(last.name) || !postgres::creatable(table, at, now)) continue;
      if (is_postponed(last.name, now)) continue;
      unknown.insert(last);
    }
  }
  return {unknown.begin(), unknown.end()};
}

}  // namespace wxpipe::sinks
