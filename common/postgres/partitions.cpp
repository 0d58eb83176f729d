#include "common/postgres/partitions.hpp"

#include <fmt/format.h>

namespace wxpipe::postgres {
namespace {
constexpr int64_t kLock = 0x777870617274;  // "wxpart": one partition is made at a time

std::string bound(Timestamp at) { return fmt::format("'{}'", to_iso8601(at)); }

std::string values_of(const PartitionRange& range) {
  return range.modulus > 0 ? fmt::format("with (modulus {}, remainder {})", range.modulus, range.remainder)
                           : fmt::format("from ({}) to ({})", bound(range.from), bound(range.to));
}

std::string meaning_of(const PartitionRange& range) {
  return range.modulus > 0 ? fmt::format("{}, part {} of {}", range.table, range.remainder + 1, range.modulus)
                           : fmt::format("{} from {} to {} (UTC, exclusive)", range.table,
                                         to_iso8601(range.from).substr(0, 10), to_iso8601(range.to).substr(0, 10));
}

// The unit's name for date_trunc.
std::string_view unit_of(By by) { return by == By::month ? "month" : by == By::day ? "day" : "week"; }
}  // namespace

std::set<std::string> existing_partitions(Connection& connection, std::span<const PartitionedTable> tables) {
  std::set<std::string> names;
  for (const auto& table : tables) {
    const auto rows = connection.execute(
        "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent "
        "where p.oid = to_regclass($1::text) and c.relname <> p.relname || '_default'",
        Parameters().text(table.name));
    const auto schema = table.name.substr(0, table.name.find('.') + 1);  // with its dot; empty: none is named
    for (size_t i = 0; i < rows.size(); ++i) names.insert(std::string(schema) + rows.text(i, 0));
  }
  return names;
}

MadePartition ensure_partition(Connection& connection, const PartitionRange& range) {
  const auto& table = range.table;
  const auto fallback = table + "_default";
  const auto where = fmt::format("{0} >= {1} and {0} < {2}", range.column, bound(range.from), bound(range.to));
  MadePartition made;

  Transaction transaction(connection);
  transaction.execute("set local lock_timeout = '3s'");
  // It holds up all who write to the table: if this process is frozen, not for long.
  transaction.execute("set local idle_in_transaction_session_timeout = '5s'");
  transaction.execute(fmt::format("select pg_advisory_xact_lock({})", kLock));
  // A table of that name that isn't attached: somebody has detached it, to archive it. Rows for it go to the default
  // partition.
  if (!transaction.execute(fmt::format("select to_regclass('{}')", range.name)).is_null(0, 0)) return made;

  const bool has_default = !transaction.execute(fmt::format("select to_regclass('{}')", fallback)).is_null(0, 0);
  transaction.execute(fmt::format("create table {} (like {} including all)", range.name, table));
  transaction.execute(fmt::format("lock table {} in share update exclusive mode", table));
  if (has_default) {
    // Nobody may add to the default partition between the moving and the attaching.
    transaction.execute(fmt::format("lock table {} in access exclusive mode", fallback));
    made.moved = static_cast<int64_t>(
        transaction
            .execute(
                fmt::format("with moved as (delete from {} where {} returning *) insert into {} select * from moved",
                            fallback, where, range.name))
            .affected());
  }
  transaction.execute(
      fmt::format("alter table {} attach partition {} for values {}", table, range.name, values_of(range)));
  transaction.execute(fmt::format("comment on table {} is '{}'", range.name, meaning_of(range)));
  transaction.commit();
  made.created = true;
  return made;
}

std::vector<TimedPartition> timed_partitions(Connection& connection, const PartitionedTable& table) {
  // The bounds are written in the session's time zone, and read back by it.
  const auto rows = connection.execute(
      "select name, (extract(epoch from bounds[1]::timestamptz) * 1000000)::int8, "
      "(extract(epoch from bounds[2]::timestamptz) * 1000000)::int8, pg_total_relation_size(oid) from (select c.oid, "
      "c.relname as name, regexp_match(pg_get_expr(c.relpartbound, c.oid), $b$^FOR VALUES FROM \\('([^']+)'\\) TO "
      "\\('([^']+)'\\)$$b$) as bounds from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = "
      "to_regclass($1::text)) p where bounds is not null order by bounds[1]::timestamptz",
      Parameters().text(table.name));
  const auto schema = table.name.substr(0, table.name.find('.') + 1);  // with its dot; empty: none is named
  std::vector<TimedPartition> partitions;
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto at = [&](size_t column) { return Timestamp(std::chrono::microseconds(rows.integer(i, column))); };
    partitions.push_back(
        {{std::string(table.name), std::string(schema) + rows.text(i, 0), at(1), at(2), table.partitioning.column},
         rows.integer(i, 3)});
  }
  return partitions;
}

void detach_partition(Transaction& transaction, const PartitionRange& range, std::chrono::milliseconds most) {
  transaction.execute(fmt::format("set local lock_timeout = '{}ms'", most.count()));
  transaction.execute(fmt::format("select pg_advisory_xact_lock({})", kLock));
  transaction.execute(fmt::format("alter table {} detach partition {}", range.table, range.name));
}

std::vector<StrayRows> stray_rows(Connection& connection, std::span<const PartitionedTable> tables) {
  std::vector<StrayRows> stray;
  for (const auto& table : tables) {
    if (table.partitioning.by == By::hash) continue;  // has no default partition
    const auto rows = connection.execute(
        fmt::format("select to_char(date_trunc('{}', {} at time zone 'UTC'), 'YYYY-MM-DD\"T00:00:00Z\"'), count(*) "
                    "from {}_default group by 1 order by 1",
                    unit_of(table.partitioning.by), table.partitioning.column, table.name));
    for (size_t i = 0; i < rows.size(); ++i) {
      Timestamp at;
      if (!parse_iso8601(rows.text(i, 0), at)) continue;  // before year 0 or after 9999: no partition has that name
      stray.push_back({partition_for(table, at), rows.integer(i, 1)});
    }
  }
  return stray;
}

}  // namespace wxpipe::postgres
