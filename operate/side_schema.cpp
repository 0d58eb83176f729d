#include "operate/side_schema.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "common/postgres/migrations.hpp"
#include "common/result.hpp"
#include "operate/erase.hpp"
#include "sinks/families.hpp"

namespace wxpipe::operate {
namespace {
using postgres::Connection, postgres::Parameters, postgres::Schemas;

constexpr size_t kLongestName = 40;

bool exists(Connection& connection, const std::string& schema) {
  return !connection.execute("select to_regnamespace($1::text)", Parameters().text(schema)).is_null(0, 0);
}

bool is_ours(Connection& connection, const Schemas& side) {
  return !connection.execute("select to_regclass($1::text)", Parameters().text(side.own + ".schema_version"))
              .is_null(0, 0);
}

// What a table's rows come from, where that isn't events: if nothing of it was replayed, there is nothing to compare.
struct Source {
  std::string_view table, topic;
};
constexpr std::array kSources{Source{"dead_letters", "dead_letters"}, Source{"account_health", "custody"},
                              Source{"api_calls", "calls"}, Source{"ai_calls", "calls"}};

struct TableToCompare {
  std::string schema, name, in_production;
  std::vector<std::string> key, columns;
};

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find(' ', at), text.size());
    if (end > at) parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

// Every table of the business, and what leads are computed from. Not audit_logs: commands write it.
std::vector<TableToCompare> tables_of(Connection& connection, const Schemas& side) {
  const auto rows = connection.execute(
      "select n.nspname, c.relname, (select string_agg(a.attname, ' ' order by a.attnum) from pg_index i join pg_attribute a on "
      "a.attrelid = i.indrelid and a.attnum = any (i.indkey) where i.indrelid = c.oid and i.indisprimary), (select "
      "string_agg(a.attname, ' ' order by a.attnum) from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not "
      "a.attisdropped) from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p') and not "
      "c.relispartition and ((n.nspname = $1::text and c.relname <> 'audit_logs') or (n.nspname = $2::text and c.relname in "
      "('lead_daily', 'lead_profiles', 'identity_values'))) order by n.nspname, c.relname",
      Parameters().text(side.business).text(side.own));
  std::vector<TableToCompare> tables;
  for (size_t i = 0; i < rows.size(); ++i) {
    const bool own = rows.text(i, 0) == side.own;
    tables.push_back({rows.text(i, 0), rows.text(i, 1), (own ? "wxpipe." : "public.") + rows.text(i, 1),
                      split(rows.text(i, 2)), split(rows.text(i, 3))});
  }
  return tables;
}

bool has(const std::vector<std::string>& list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

// One pass over both tables; only rows that differ are kept.
TableDiff compare(Connection& connection, const TableToCompare& table, const DiffBounds& bounds) {
  std::string where = "true";
  Parameters parameters;
  std::vector<std::string> values;
  values.reserve(3);
  const auto bound = [&](std::string_view condition, std::string value, std::string_view type) {
    values.push_back(std::move(value));
    where += fmt::format(" and {} ${}::text::{}", condition, values.size(), type);
  };
  if (!bounds.account.empty()) bound("account =", bounds.account, "text");
  if (bounds.from) bound("occurred_at >=", to_iso8601(*bounds.from), "timestamptz");
  if (bounds.to) bound("occurred_at <", to_iso8601(*bounds.to), "timestamptz");
  if (table.name == "system_logs") where += " and platform <> 'wxpipe'";  // our own lines come from no event
  for (const auto& value : values) parameters.text(value);
  if (table.name == "alert_records") where += " and rule is null";  // wxpipe's own rules watch production alone

  std::vector<std::string> without{"'created_at'", "'updated_at'"}, joined, key;
  for (const auto& column : bounds.ignored) {
    if (column.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != column.npos)
      throw UsageError(fmt::format("--ignore: '{}' is no column's name", column));
    without.push_back(fmt::format("'{}'", column));
  }
  for (const auto& column : table.key) {
    joined.push_back(fmt::format("s.{0} = p.{0}", column));
    key.push_back(fmt::format("'{0}', coalesce(s.{0}, p.{0})", column));
  }
  const auto side_of = [&](const std::string& name) {
    return fmt::format("(select {}, to_jsonb(t) - array[{}]::text[] as whole from {} t where {})",
                       fmt::join(table.key, ", "), fmt::join(without, ", "), name, where);
  };
  const auto rows = connection.execute(
      fmt::format(
          "with d as materialized (select case when p.whole is null then 'added' when s.whole is null then 'missing' else "
          "'changed' end as kind, jsonb_build_object({}) as key, p.whole as before, s.whole as now from {} s full join {} p on "
          "{} where s.whole is distinct from p.whole), "
          "c as (select d.kind, d.key, coalesce(b.key, n.key) as name, b.value as before, n.value as now from d, lateral "
          "jsonb_each(d.before) b full join jsonb_each(d.now) n on n.key = b.key where d.kind = 'changed' and b.value is "
          "distinct from n.value) "
          "(select 'rows', kind, null::text, null::text, null::text, count(*) from d group by kind) union all "
          "(select 'column', name, null, null, null, count(*) from c group by name) union all "
          "(select 'changed', name, key::text, before::text, now::text, 0 from c order by key::text, name limit {}) union all "
          "(select kind, '', key::text, null, null, 0 from (select *, row_number() over (partition by kind order by key::text) "
          "as place from d where kind <> 'changed') e where place <= {} order by kind, place)",
          fmt::join(key, ", "), side_of(table.schema + "." + table.name), side_of(table.in_production),
          fmt::join(joined, " and "), bounds.samples, bounds.samples),
      parameters);
  TableDiff diff;
  diff.table = table.name;
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto& what = rows.text(i, 0);
    const auto& name = rows.text(i, 1);
    const auto count = rows.integer(i, 5);
    if (what == "rows")
      (name == "added" ? diff.added : name == "missing" ? diff.missing : diff.changed) = count;
    else if (what == "column")
      diff.by_column[name] = count;
    else
      diff.samples.push_back({what, rows.text(i, 2), name, rows.text(i, 3), rows.text(i, 4)});
  }
  return diff;
}
}  // namespace

Schemas named_side_schema(std::string_view name) {
  const auto legal = [](char c) { return ('a' <= c && c <= 'z') || ('0' <= c && c <= '9') || c == '_'; };
  const bool plain = !name.empty() && name.size() <= kLongestName && 'a' <= name.front() && name.front() <= 'z' &&
                     std::ranges::all_of(name, legal);
  if (!plain || name == "public" || name == "wxpipe" || name == "information_schema" || name.starts_with("pg_"))
    throw UsageError(
        fmt::format("a side schema can't be called '{}'; take a name of its own, of a-z, 0-9 and _, that begins with a "
                    "letter and has at most {} characters",
                    name, kLongestName));
  return postgres::side_schemas(name);
}

std::vector<postgres::Migration> side_migrations() {
  std::vector<postgres::Migration> of_tables;
  for (const auto& migration : postgres::embedded_migrations())
    if (migration.sql.find("create schema") == std::string_view::npos) of_tables.push_back(migration);
  return of_tables;
}

void make_side_schema(const config::Settings& settings, const Schemas& side) {
  std::vector<std::unique_ptr<Connection>> connections;
  for (const auto& database : sinks::family_databases(settings)) {
    auto connection = sinks::connect(database, "wxpipe replay", postgres::Purpose::administration, side);
    if (!is_ours(*connection, side))
      for (const auto& schema : {side.business, side.own})
        if (exists(*connection, schema))
          throw UsageError(fmt::format(
              "the schema {} is there already and isn't a side schema of wxpipe; take another name", schema));
    connection->execute(fmt::format(
        "create schema if not exists {0}; comment on schema {0} is 'A side schema of wxpipe replay; drop it when "
        "you have seen enough, with {1}'",
        side.business, side.own));
    postgres::migrate(*connection, side_migrations());
    connections.push_back(sinks::open(database, "wxpipe replay"));  // first: its key counts
    connections.push_back(std::move(connection));
  }
  // Whoever was erased from production stays so here.
  std::vector<Connection*> all;
  for (const auto& connection : connections) all.push_back(connection.get());
  share_erasures(all);
}

Diff diff(sinks::FamilyConnections& databases, const Schemas& side, const DiffBounds& bounds) {
  if (!is_ours(databases.main(), side))
    throw UsageError(
        fmt::format("there is no side schema {0}; `wxpipe replay --into schema:{0}` makes one", side.business));
  const auto replayed = databases.main().execute(fmt::format("select distinct topic from {}.replays", side.own));
  const auto was_replayed = [&](std::string_view topic) {
    for (size_t i = 0; i < replayed.size(); ++i)
      if (replayed.text(i, 0).find(fmt::format("{}.v", topic)) != std::string::npos) return true;
    return false;
  };
  Diff all;
  const auto unfinished = databases.main().execute(
      fmt::format("select distinct topic from {}.replays where next_offset < end_offset order by 1", side.own));
  for (size_t i = 0; i < unfinished.size(); ++i) all.unfinished.push_back(unfinished.text(i, 0));
  for (const auto& database : databases.databases())
    for (const auto& table : tables_of(databases.to(database), side)) {
      const auto* const family = sinks::family_of_table(table.in_production);
      if (family != nullptr && !database.has(*family)) continue;
      const auto source = std::ranges::find(kSources, std::string_view(table.name), &Source::table);
      if (source != kSources.end() && !was_replayed(source->topic))
        all.left_out.push_back(fmt::format("{}: nothing of the topic {} was replayed", table.name, source->topic));
      else if ((bounds.from || bounds.to) && !has(table.columns, "occurred_at"))
        all.left_out.push_back(fmt::format("{}: its rows have no occurred_at to go by", table.name));
      else if (!bounds.account.empty() && !has(table.columns, "account"))
        all.left_out.push_back(fmt::format("{}: its rows belong to no account", table.name));
      else
        all.tables.push_back(compare(databases.to(database), table, bounds));
    }
  return all;
}

}  // namespace wxpipe::operate
