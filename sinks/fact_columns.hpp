// A fact's columns, from its list of fields: their types, and their values in Postgres's binary form.
#pragma once

#include <array>
#include <string>

#include "common/postgres/sql_array.hpp"
#include "schemas/fact.hpp"
#include "sinks/fact_sql.hpp"

namespace wxpipe::sinks {

template <class Fact, size_t I>
inline constexpr bool kIsColumn = schemas::kField<Fact, I>.in_table != schemas::InTable::none;

template <class Fact, size_t I>
constexpr postgres::ElementType element_type() {
  using postgres::ElementType;
  using schemas::Type;
  switch (schemas::kFieldType<Fact, I>) {
    case Type::bytes:
      return ElementType::bytea;
    case Type::boolean:
      return ElementType::boolean;
    case Type::int4:
      return ElementType::int4;
    case Type::int8:
      return ElementType::int8;
    case Type::time:
      return ElementType::timestamptz;
    case Type::uuid:
      return ElementType::uuid;
    case Type::attributes:
    case Type::verbatim:
      return ElementType::jsonb;
    case Type::text:
    case Type::reason:
    case Type::other:
      break;
  }
  return ElementType::text;
}

// The fields that have a column, in the list's order.
template <class Fact>
inline constexpr auto kColumns = [] {
  constexpr size_t kCount = [] {
    size_t count = 0;
    schemas::for_each_field<Fact>([&](auto i) { count += kIsColumn<Fact, i> ? 1 : 0; });
    return count;
  }();
  std::array<ColumnInfo, kCount> columns{};
  size_t next = 0;
  schemas::for_each_field<Fact>([&](auto i) {
    constexpr const auto& f = schemas::kField<Fact, i>;
    if constexpr (kIsColumn<Fact, i>)
      columns[next++] = {f.column(), element_type<Fact, i>(), f.in_table != schemas::InTable::input};
  });
  return columns;
}();

inline constexpr char kKeyPartEnd = '\x1f';

inline void add_value(postgres::BinaryValues& out, const std::string& text) { out.add_text(text); }
inline void add_value(postgres::BinaryValues& out, bool value) { out.add_boolean(value); }
inline void add_value(postgres::BinaryValues& out, int value) { out.add_int4(value); }
inline void add_value(postgres::BinaryValues& out, int64_t value) { out.add_int8(value); }
inline void add_value(postgres::BinaryValues& out, Timestamp at) { out.add_time(at); }
inline void add_value(postgres::BinaryValues& out, const Uuid& id) { out.add_uuid(id); }
inline void add_value(postgres::BinaryValues& out, Reason reason) { out.add_text(to_string(reason)); }
inline void add_value(postgres::BinaryValues& out, const schemas::Verbatim& record) { out.add_jsonb(record.text); }

// Field I of the fact. `scratch`: a reused buffer for JSON.
template <class Fact, size_t I>
void add_field(postgres::BinaryValues& out, const Fact& fact, std::string& scratch) {
  constexpr const auto& f = schemas::kField<Fact, I>;
  const auto& value = f.of(fact);
  if constexpr (f.in_table == schemas::InTable::null_if_empty)
    if (schemas::says_nothing(value)) return out.add_null();
  if constexpr (schemas::kFieldType<Fact, I> == schemas::Type::attributes) {
    scratch.clear();
    schemas::append_json(scratch, value);
    out.add_jsonb(scratch);
  } else if constexpr (schemas::is_optional<schemas::FieldValue<Fact, I>>) {
    add_value(out, *value);
  } else {
    add_value(out, value);
  }
}

// Adds each of the fact's columns to the target that `next` returns: one array after the other, or always the same row.
// `wanted(i)`: whether to add column i.
template <class Fact, class Wanted, class Next>
void add_columns(const Fact& fact, std::string& scratch, Wanted&& wanted, Next&& next) {
  size_t column = 0;
  schemas::for_each_field<Fact>([&](auto i) {
    if constexpr (kIsColumn<Fact, i>) {
      if (wanted(column)) add_field<Fact, i>(next(column), fact, scratch);
      ++column;
    }
  });
}

// The fields of the primary key; kNoField fills the rest.
template <class Fact>
inline constexpr auto kKeyFields = []<size_t... K>(std::index_sequence<K...>) {
  return std::array<size_t, sizeof...(K)>{schemas::field_of_column<Fact>(Fact::kTable.key.names[K])...};
}
(std::make_index_sequence<schemas::KeyColumns::kMost>{});

template <class Fact, size_t I>
void append_key_part(std::string& out, const Fact& fact) {
  if constexpr (I != schemas::kNoField) {
    const auto& value = schemas::kField<Fact, I>.of(fact);
    constexpr auto type = schemas::kFieldType<Fact, I>;
    if constexpr (type == schemas::Type::uuid)
      append_uuid(out, value);
    else if constexpr (type == schemas::Type::time)
      out += std::to_string(value.time_since_epoch().count());
    else if constexpr (type == schemas::Type::text)
      out += value;
    else
      out += std::to_string(value);
    out += kKeyPartEnd;
  }
}

// A row's key as text, in the form that insert_statement returns, with a separator after each part.
template <class Fact>
void append_key(std::string& out, const Fact& fact) {
  [&]<size_t... K>(std::index_sequence<K...>) { (append_key_part<Fact, kKeyFields<Fact>[K]>(out, fact), ...); }
  (std::make_index_sequence<kKeyFields<Fact>.size()>{});
}

}  // namespace wxpipe::sinks
