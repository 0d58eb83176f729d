#include "sinks/fact_sql.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <stdexcept>

#include "common/postgres/embedded_sql.hpp"

namespace wxpipe::sinks {
namespace {
using postgres::ElementType;

std::string_view type_name(ElementType type) {
  switch (type) {
    case ElementType::boolean:
      return "boolean";
    case ElementType::bytea:
      return "bytea";
    case ElementType::int8:
      return "int8";
    case ElementType::int4:
      return "int4";
    case ElementType::text:
      return "text";
    case ElementType::timestamptz:
      return "timestamptz";
    case ElementType::uuid:
      return "uuid";
    case ElementType::jsonb:
      return "jsonb";
  }
  throw std::logic_error("an element type without a name");
}

void join(std::string& list, std::string_view item) {
  if (!list.empty()) list += ", ";
  list += item;
}

// The list of the table's columns, for the beginning of the statement.
std::string names(std::span<const ColumnInfo> columns) {
  std::string list;
  for (const auto& column : columns)
    if (column.in_table) join(list, column.name);
  return list;
}

bool in_key(const schemas::Table& table, const ColumnInfo& column) {
  return std::find(table.key.begin(), table.key.end(), column.name) != table.key.end();
}

std::string unnest(const ColumnInfo& column, size_t parameter) {
  return fmt::format("unnest(${}::{}[])", parameter, type_name(column.type));
}

std::string insert(const schemas::Table& table, std::span<const ColumnInfo> columns) {
  std::string values;
  size_t parameter = 0;
  for (const auto& column : columns)
    if (column.in_table) join(values, unnest(column, ++parameter));
  std::string key;
  for (const auto name : table.key)
    if (!name.empty()) join(key, name);
  return fmt::format("insert into {} ({}) select {} on conflict ({}) do nothing", table.name, names(columns), values,
                     key);
}

// Inserting and counting are one statement, so only inserted rows are counted. `insertion` ends where its `returning`
// would begin.
std::string counted(std::string_view insertion, std::string_view ctes, std::string_view ledger_column,
                    std::string_view time) {
  return fmt::format(
      "with {}fresh as ({} returning account, {}), "
      "counted as (insert into wxpipe.ledger as l (minute, account, family, writer, {}) "
      "select date_trunc('minute', f.{}), coalesce(f.account, ''), :family, :writer, count(*) from fresh f "
      "group by 1, 2 order by 1, 2 on conflict (minute, account, family, writer) do update set "
      "{} = l.{} + excluded.{}, updated_at = now()) select count(*) from fresh",
      ctes, insertion, time, ledger_column, time, ledger_column, ledger_column, ledger_column);
}

// Replaces the word by the next parameter. Returns whether the word was there.
bool take_parameter(std::string& sql, std::string_view word, size_t& parameters) {
  auto at = sql.find(word);
  if (at == std::string::npos) return false;
  const auto by = fmt::format("${}::text", ++parameters);
  for (; at != std::string::npos; at = sql.find(word, at + by.size())) sql.replace(at, word.size(), by);
  return true;
}
constexpr std::string_view kFamily = ":family", kWriter = ":writer";

bool is_word(char c) { return c == '_' || std::isalnum(static_cast<unsigned char>(c)); }

// As f.<column>, `facts` being called f.
bool names_column(std::string_view sql, std::string_view column) {
  const auto word = fmt::format("f.{}", column);
  for (auto at = sql.find(word); at != std::string_view::npos; at = sql.find(word, at + 1)) {
    const auto end = at + word.size();
    if ((at == 0 || !is_word(sql[at - 1])) && (end == sql.size() || !is_word(sql[end]))) return true;
  }
  return false;
}

std::string_view next_word(std::string_view& text) {
  const auto from = std::min(text.find_first_not_of(' '), text.size());
  const auto end = std::min(text.find(' ', from), text.size());
  const auto word = text.substr(from, end - from);
  text.remove_prefix(end);
  return word;
}

// The parts of the heading line before a statement.
struct Heading {
  std::string_view name, fact, over, table, ledger;
};

Heading read_heading(std::string_view line) {
  Heading heading;
  heading.name = next_word(line);
  for (auto word = next_word(line); !word.empty(); word = next_word(line)) {
    const auto value = next_word(line);
    auto* const said = word == "of"       ? &heading.fact
                       : word == "over"   ? &heading.over
                       : word == "counts" ? &heading.table
                       : word == "ledger" ? &heading.ledger
                                          : nullptr;
    if (said == nullptr || value.empty())
      throw std::logic_error(fmt::format("merge {}: what is '{} {}'?", heading.name, word, value));
    *said = value;
  }
  if (heading.over != "fresh" && heading.over != "repeated" && heading.over != "all")
    throw std::logic_error(fmt::format("merge {}: say over fresh, over repeated or over all", heading.name));
  return heading;
}

std::string without_comments(std::string_view sql) {
  std::string out;
  while (!sql.empty()) {
    const auto end = std::min(sql.find('\n'), sql.size());
    auto line = sql.substr(0, end);
    line = line.substr(0, line.find("--"));
    while (!line.empty() && line.back() == ' ') line.remove_suffix(1);
    if (!line.empty()) out.append(line).append(1, '\n');
    sql.remove_prefix(std::min(end + 1, sql.size()));
  }
  if (!out.empty()) out.pop_back();
  return out;
}

// @first_and_last(k, first_seen_at, last_seen_at): what a row k that is met again keeps of its first and its last fact.
// Of two at the same moment, the trace id decides, so that any order ends the same.
std::string with_first_and_last(std::string sql) {
  constexpr std::string_view kCall = "@first_and_last(", kBetween = ", ";
  for (auto at = sql.find(kCall); at != std::string::npos; at = sql.find(kCall)) {
    auto rest = std::string_view(sql).substr(at + kCall.size());
    rest = rest.substr(0, rest.find(')'));
    const auto size = kCall.size() + rest.size() + 1;
    const auto next = [&] {
      const auto word = rest.substr(0, rest.find(kBetween));
      rest.remove_prefix(std::min(word.size() + kBetween.size(), rest.size()));
      return std::string(word);
    };
    const auto row = next(), first = next(), last = next();
    if (row.empty() || first.empty() || last.empty() || !rest.empty())
      throw std::logic_error(fmt::format("{} takes a row, its first and its last moment", kCall));
    const auto trace = [&](std::string_view id, std::string_view moment, char side) {
      return fmt::format(
          "{1} = case when (excluded.{2}, coalesce(excluded.{1}, '') collate \"C\") {3} ({0}.{2}, coalesce({0}.{1}, '')) "
          "then excluded.{1} else {0}.{1} end",
          row, id, moment, side);
    };
    sql.replace(at, size,
                fmt::format("{3}, {4}, {1} = least({0}.{1}, excluded.{1}), {2} = greatest({0}.{2}, excluded.{2})", row,
                            first, last, trace("created_trace_id", first, '<'), trace("updated_trace_id", last, '>')));
  }
  return sql;
}

MergeStatement read_statement(const Heading& heading, std::string_view text, std::span<const ColumnInfo> columns) {
  MergeStatement merge;
  merge.name = heading.name;
  merge.fact = heading.fact;
  merge.table = heading.table;
  merge.over = heading.over == "fresh"      ? MergeStatement::Over::fresh
               : heading.over == "repeated" ? MergeStatement::Over::repeated
                                            : MergeStatement::Over::all;
  auto body = with_first_and_last(without_comments(text));
  std::string facts;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (!names_column(body, columns[i].name)) continue;
    merge.columns.push_back(i);
    join(facts, fmt::format("{}{} as {}", unnest(columns[i], merge.columns.size()),
                            columns[i].type == ElementType::text ? " collate \"C\"" : "", columns[i].name));
  }
  facts = fmt::format("facts as (select {})", facts);
  constexpr std::string_view kWith = "with ";
  if (!heading.ledger.empty())
    merge.sql = counted(body, facts + ", ", heading.ledger, "received_at");
  else if (body.starts_with(kWith))
    merge.sql = fmt::format("with {}, {}", facts, body.substr(kWith.size()));
  else
    merge.sql = fmt::format("with {} {}", facts, body);
  size_t parameters = merge.columns.size();
  merge.says_family = take_parameter(merge.sql, kFamily, parameters);
  merge.says_writer = take_parameter(merge.sql, kWriter, parameters);
  return merge;
}
}  // namespace

std::vector<MergeStatement> merges_of(std::string_view family, std::string_view fact,
                                      std::span<const ColumnInfo> columns) {
  constexpr std::string_view kMark = "--@ ";
  std::vector<MergeStatement> merges;
  for (const auto& file : postgres::embedded_merge_files()) {
    if (file.folder != family) continue;
    auto rest = file.sql;
    for (auto at = rest.find(kMark); at != std::string_view::npos; at = rest.find(kMark)) {
      rest.remove_prefix(at + kMark.size());
      const auto line = rest.substr(0, rest.find('\n'));
      const auto text = rest.substr(line.size(), rest.find(kMark) - line.size());
      const auto heading = read_heading(line);
      if (heading.fact == fact) merges.push_back(read_statement(heading, text, columns));
    }
  }
  return merges;
}

std::vector<std::string> tables_merged_by(std::string_view family) {
  constexpr std::string_view kMark = "--@ ", kInto = "insert into ";
  std::vector<std::string> tables;
  for (const auto& file : postgres::embedded_merge_files()) {
    if (file.folder != family) continue;
    for (auto at = file.sql.find(kMark); at != std::string_view::npos; at = file.sql.find(kMark, at + 1)) {
      const auto line = file.sql.substr(at + kMark.size());
      if (const auto table = read_heading(line.substr(0, line.find('\n'))).table; !table.empty())
        tables.emplace_back(table);
    }
    for (auto at = file.sql.find(kInto); at != std::string_view::npos; at = file.sql.find(kInto, at + 1)) {
      const auto name = file.sql.substr(at + kInto.size());
      tables.emplace_back(name.substr(0, name.find_first_of(" \n")));
    }
  }
  return tables;
}

std::string copy_statement(const schemas::Table& table, std::span<const ColumnInfo> columns) {
  return fmt::format("copy {} ({}) from stdin (format binary)", table.name, names(columns));
}

NamedSql find_statement(const schemas::Table& table, std::span<const ColumnInfo> columns) {
  std::string arrays, names, same;
  size_t parameters = 0;
  for (const auto& column : columns) {
    if (!in_key(table, column)) continue;
    join(arrays, fmt::format("${}::{}[]", ++parameters, type_name(column.type)));
    join(names, column.name);
    if (!same.empty()) same += " and ";
    same += fmt::format("t.{} = f.{}{}", column.name, column.name,
                        column.type == ElementType::text ? " collate \"C\"" : "");
  }
  return {fmt::format("{}_find", table.name),
          fmt::format("select f.number from unnest({}) with ordinality as f({}, number) "
                      "cross join lateral (select from {} t where {} offset 0) there",
                      arrays, names, table.name, same)};
}

NamedSql insert_statement(const schemas::Table& table, std::span<const ColumnInfo> columns) {
  std::string keys;
  for (const auto name : table.key)
    for (const auto& column : columns)
      if (column.name == name)
        join(keys, column.type == ElementType::timestamptz
                       ? fmt::format("(extract(epoch from {}) * 1000000)::int8", name)
                       : std::string(name));
  return {fmt::format("{}_insert", table.name), fmt::format("{} returning {}", insert(table, columns), keys)};
}

}  // namespace wxpipe::sinks
