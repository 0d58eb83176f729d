// Rows of a fact's table, read as facts and written back, by the fact's declaration. For changes that sinks don't make.
// One thread.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/postgres/connection.hpp"
#include "common/postgres/sql_array.hpp"
#include "schemas/erasure.hpp"
#include "schemas/fact_json.hpp"
#include "sinks/fact_columns.hpp"

namespace wxpipe::operate {

// A row's primary key as texts, in the order of the table's key.
using RowKey = std::vector<std::string>;

namespace fact_rows {
template <class Fact>
std::vector<std::string_view> key_columns() {
  std::vector<std::string_view> columns;
  for (const auto name : Fact::kTable.key)
    if (!name.empty()) columns.push_back(name);
  return columns;
}

template <class Fact>
std::string_view type_of(std::string_view column) {
  for (const auto& one : sinks::kColumns<Fact>)
    if (one.name == column) switch (one.type) {
        case postgres::ElementType::uuid:
          return "uuid";
        case postgres::ElementType::timestamptz:
          return "timestamptz";
        default:
          return "text";
      }
  throw std::logic_error(fmt::format("{} has no column {}", Fact::kTable.name, column));
}

// A column as the fact's JSON has it.
inline std::string json_of(std::string_view column, postgres::ElementType type) {
  switch (type) {
    case postgres::ElementType::timestamptz:
      return fmt::format("to_char(t.{} at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')", column);
    case postgres::ElementType::bytea:
      return fmt::format("replace(encode(t.{}, 'base64'), E'\\n', '')", column);
    default:
      return fmt::format("t.{}", column);
  }
}

// A text parameter as the column's value.
template <class Fact, size_t I>
std::string value_of(size_t parameter) {
  constexpr auto type = sinks::element_type<Fact, I>();
  std::string value = fmt::format("${}::text", parameter);
  constexpr bool kNull = schemas::kField<Fact, I>.in_table == schemas::InTable::null_if_empty;
  if (kNull) value = fmt::format("nullif({}, '{}')", value, type == postgres::ElementType::jsonb ? "{}" : "");
  if (type == postgres::ElementType::jsonb) return value + "::jsonb";
  if (type == postgres::ElementType::bytea) return fmt::format("convert_to({}, 'UTF8')", value);
  return value;
}
}  // namespace fact_rows

// The table's key as texts: for queries that find rows.
template <class Fact>
std::string key_list(std::string_view of) {
  std::vector<std::string> list;
  for (const auto column : fact_rows::key_columns<Fact>()) list.push_back(fmt::format("{}.{}::text", of, column));
  return fmt::format("{}", fmt::join(list, ", "));
}

// Runs take(fact, key) for each of these rows that is there.
template <class Fact, class Take>
void read_facts(postgres::Transaction& transaction, std::span<const RowKey> keys, Take&& take) {
  constexpr size_t kAtOnce = 200;
  static const std::string sql = [] {
    // In two pieces, because a side schema's connection renames what begins with "wxpipe."
    // (common/postgres/schemas.hpp).
    constexpr std::string_view kOurs = "wxpipe";
    static_assert(Fact::kSchemas[0].starts_with(kOurs));
    std::string values = fmt::format("'schema', '{}' || '{}'", kOurs, Fact::kSchemas[0].substr(kOurs.size()));
    schemas::for_each_field<Fact>([&](auto i) {
      constexpr const auto& f = schemas::kField<Fact, i>;
      if constexpr (f.in_json != schemas::InJson::never && f.in_table != schemas::InTable::none &&
                    f.in_table != schemas::InTable::input)
        values += fmt::format(", '{}', {}", f.name, fact_rows::json_of(f.column(), sinks::element_type<Fact, i>()));
    });
    std::vector<std::string> wanted, equal;
    for (const auto column : fact_rows::key_columns<Fact>()) {
      const auto type = fact_rows::type_of<Fact>(column);
      wanted.push_back(fmt::format("unnest(${}::text[])::{} as {}", wanted.size() + 1, type, column));
      equal.push_back(fmt::format("t.{0} = k.{0}", column));
    }
    return fmt::format(
        "select jsonb_strip_nulls(jsonb_build_object({}))::text, {} from (select {}) k cross join lateral (select * from "
        "{} t where {} offset 0) t",
        values, key_list<Fact>("t"), fmt::join(wanted, ", "), Fact::kTable.name, fmt::join(equal, " and "));
  }();
  const auto width = fact_rows::key_columns<Fact>().size();
  for (size_t first = 0; first < keys.size(); first += kAtOnce) {
    std::vector<postgres::SqlArray> arrays(width, postgres::SqlArray(postgres::ElementType::text));
    for (const auto& key : keys.subspan(first, std::min(kAtOnce, keys.size() - first)))
      for (size_t i = 0; i < width; ++i) arrays[i].add_text(key[i]);
    postgres::Parameters parameters;
    for (auto& array : arrays) parameters.bytes(array.bytes());
    const auto rows = transaction.execute(sql, parameters);
    for (size_t row = 0; row < rows.size(); ++row) {
      auto fact = schemas::decode<Fact>(rows.text(row, 0));
      if (!fact)
        throw std::logic_error(fmt::format("a row of {} is no fact: {}", Fact::kTable.name, fact.error().detail));
      RowKey key;
      for (size_t i = 0; i < width; ++i) key.push_back(rows.text(row, i + 1));
      take(*fact, key);
    }
  }
}

// Writes what an erasure may change (schemas/erasure.hpp) into the row of this key.
template <class Fact>
void write_erased(postgres::Transaction& transaction, const Fact& fact, const RowKey& key) {
  struct Sql {
    std::string name, text;
  };
  static const Sql sql = [] {
    std::vector<std::string> set, equal;
    size_t parameter = 0;
    schemas::for_each_field<Fact>([&](auto i) {
      constexpr const auto& f = schemas::kField<Fact, i>;
      if constexpr (schemas::kErase<Fact, i> != schemas::Erase::nothing)
        set.push_back(fmt::format("{} = {}", f.column(), fact_rows::value_of<Fact, i>(++parameter)));
    });
    for (const auto column : fact_rows::key_columns<Fact>())
      equal.push_back(fmt::format("{} = ${}::text::{}", column, ++parameter, fact_rows::type_of<Fact>(column)));
    return Sql{
        fmt::format("erase_{}", Fact::kTable.name),
        fmt::format("update {} set {} where {}", Fact::kTable.name, fmt::join(set, ", "), fmt::join(equal, " and "))};
  }();
  std::vector<std::string> values;
  schemas::for_each_field<Fact>([&](auto i) {
    constexpr const auto& f = schemas::kField<Fact, i>;
    if constexpr (schemas::kErase<Fact, i> != schemas::Erase::nothing) {
      auto& value = values.emplace_back();
      if constexpr (sinks::element_type<Fact, i>() == postgres::ElementType::jsonb)
        schemas::append_json(value, f.of(fact));
      else
        value = f.of(fact);
    }
  });
  postgres::Parameters parameters;
  for (const auto& value : values) parameters.text(value);
  for (const auto& part : key) parameters.text(part);
  transaction.execute(postgres::Statement{sql.name.c_str(), sql.text.c_str()}, parameters);
}

}  // namespace wxpipe::operate
