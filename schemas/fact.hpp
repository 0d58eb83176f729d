// How a fact is declared: a struct, one list of its fields, and its table. Everything else is derived from these: JSON
// both ways (fact_json.hpp), the JSON Schema and the pages' tables (generate/), columns, COPY and inserts
// (sinks/fact_table.hpp), samples (fact_sample.hpp). All at compile time. Pure.
//
//   struct ContactChanged {
//     Origin origin;
//     std::string user_id, name;
//     static constexpr auto kFields = fields(origin_fields<&ContactChanged::origin>(),
//         field<&ContactChanged::user_id>("user_id", "WeWork member, as the corporation names them").required(),
//         field<&ContactChanged::name>("name", "As told by this change").optional());
//   };
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/clock.hpp"
#include "common/postgres/partition_plan.hpp"
#include "common/result.hpp"
#include "common/uuid.hpp"
#include "schemas/attribute_tree.hpp"

namespace wxpipe::schemas {

// Appends it as the JSON object for topics and jsonb columns.
void append_json(std::string& out, const Attributes& attributes);

// Makes text that JSON and Postgres can hold. UTF-8 without NUL stays as it is; else bytes outside of printable ASCII
// become \xNN. Keys, queries and details may be any bytes.
std::string printable(std::string_view text);

// A record as it came, kept beside the fields read from it. So fields that newer writers added are kept too.
struct Verbatim {
  std::string text;
  bool operator==(const Verbatim&) const { return true; }  // how it came is no part of what it is
};

// A field's type, in JSON and in Postgres.
enum class Type : uint8_t { text, bytes, boolean, int4, int8, time, uuid, attributes, reason, verbatim, other };

template <class Value>
struct TypeOf {
  static constexpr Type type =
      Type::other;  // has its own append_json and read_json beside it, and a schema in its field
};
template <class Value>
struct TypeOf<std::optional<Value>> : TypeOf<Value> {};
// clang-format off
template <> struct TypeOf<std::string> { static constexpr Type type = Type::text; };
template <> struct TypeOf<bool> { static constexpr Type type = Type::boolean; };
template <> struct TypeOf<int> { static constexpr Type type = Type::int4; };
template <> struct TypeOf<int64_t> { static constexpr Type type = Type::int8; };
template <> struct TypeOf<Timestamp> { static constexpr Type type = Type::time; };
template <> struct TypeOf<Uuid> { static constexpr Type type = Type::uuid; };
template <> struct TypeOf<Attributes> { static constexpr Type type = Type::attributes; };
template <> struct TypeOf<AttributeTree> { static constexpr Type type = Type::attributes; };
template <> struct TypeOf<Reason> { static constexpr Type type = Type::reason; };
template <> struct TypeOf<Verbatim> { static constexpr Type type = Type::verbatim; };
// clang-format on

template <class Value>
inline constexpr bool is_optional = false;
template <class Value>
inline constexpr bool is_optional<std::optional<Value>> = true;

// Whether a value is empty.
template <class Value>
bool says_nothing(const Value& value) {
  if constexpr (is_optional<Value>)
    return !value;
  else if constexpr (TypeOf<Value>::type == Type::text || TypeOf<Value>::type == Type::attributes)
    return value.empty();
  else if constexpr (TypeOf<Value>::type == Type::boolean || TypeOf<Value>::type == Type::time ||
                     TypeOf<Value>::type == Type::uuid)
    return value == Value{};
  else
    return false;
}

enum class InJson : uint8_t {
  always,        // written even if empty
  required,      // and a record without it, or with an empty one, is rejected
  unless_empty,  // left out if empty
  never
};
enum class InTable : uint8_t {
  not_null,
  null_if_empty,
  input,  // the merge sees it as a column, but the table doesn't have it
  none
};

// One field. Path: the member, or a member of a member.
template <auto... Path>
struct Field {
  std::string_view name;     // in JSON; also the column's, unless `column` has another
  std::string_view meaning;  // for people: the column's comment and the schema's description
  std::string_view column_name{};
  std::string_view words_allowed{};  // a closed list, separated by blanks
  std::string_view form{};           // a regular expression
  std::string_view json_schema{};    // of Type::other
  std::string_view sample{};
  int64_t least = INT64_MIN;
  InJson in_json = InJson::always;
  InTable in_table = InTable::not_null;
  bool is_base64 = false, is_printable = false;
  bool is_of_each = false;  // in a list of facts of one event (fact_list.hpp): differs from fact to fact

  template <class Fact>
  static constexpr decltype(auto) of(Fact& fact) {
    return (fact.*....*Path);
  }
  constexpr std::string_view column() const { return column_name.empty() ? name : column_name; }

  // For declarations. Each returns the field with one change.
  constexpr Field required() const {
    return with([](Field& f) { f.in_json = InJson::required; });
  }
  constexpr Field unless_empty() const {
    return with([](Field& f) { f.in_json = InJson::unless_empty; });
  }
  constexpr Field null_if_empty() const {
    return with([](Field& f) { f.in_table = InTable::null_if_empty; });
  }
  constexpr Field optional() const { return unless_empty().null_if_empty(); }
  constexpr Field as_column(std::string_view other) const {
    return with([&](Field& f) { f.column_name = other; });
  }
  constexpr Field no_column() const {
    return with([](Field& f) { f.in_table = InTable::none; });
  }
  constexpr Field for_merge() const {
    return with([](Field& f) { f.in_table = InTable::input; });
  }
  constexpr Field not_in_json() const {
    return with([](Field& f) { f.in_json = InJson::never; });
  }
  constexpr Field means(std::string_view other) const {
    return with([&](Field& f) { f.meaning = other; });
  }
  constexpr Field words(std::string_view list) const {
    return with([&](Field& f) { f.words_allowed = list; });
  }
  constexpr Field pattern(std::string_view regex) const {
    return with([&](Field& f) { f.form = regex; });
  }
  constexpr Field at_least(int64_t value) const {
    return with([&](Field& f) { f.least = value; });
  }
  constexpr Field schema(std::string_view json) const {
    return with([&](Field& f) { f.json_schema = json; });
  }
  constexpr Field like(std::string_view example) const {
    return with([&](Field& f) { f.sample = example; });
  }
  constexpr Field base64() const {
    return with([](Field& f) { f.is_base64 = true; });
  }  // any bytes
  constexpr Field printable() const {
    return with([](Field& f) { f.is_printable = true; });
  }  // printable() of any bytes
  constexpr Field of_each() const {
    return with([](Field& f) { f.is_of_each = true; });
  }

 private:
  template <class Change>
  constexpr Field with(Change&& change) const {
    Field changed = *this;
    change(changed);
    return changed;
  }
};

template <auto... Path>
constexpr Field<Path...> field(std::string_view name, std::string_view meaning) {
  return {name, meaning};
}

// A list of fields; the fields of a list inside it are added in its place.
template <auto... Path>
constexpr auto fields_of(const Field<Path...>& one) {
  return std::tuple(one);
}
template <class... Fields>
constexpr auto fields_of(const std::tuple<Fields...>& list) {
  return list;
}
template <class... Items>
constexpr auto fields(const Items&... items) {
  return std::tuple_cat(fields_of(items)...);
}

template <class Fact>
inline constexpr size_t kFieldCount = std::tuple_size_v<decltype(Fact::kFields)>;
template <class Fact, size_t I>
inline constexpr const auto& kField = std::get<I>(Fact::kFields);
template <class Fact, size_t I>
using FieldValue = std::remove_cvref_t<decltype(kField<Fact, I>.of(std::declval<Fact&>()))>;
template <class Fact, size_t I>
inline constexpr Type kFieldType = kField<Fact, I>.is_base64 ? Type::bytes : TypeOf<FieldValue<Fact, I>>::type;

// Runs visit(std::integral_constant<size_t, I>) for each field, in order.
template <class Fact, class Visit>
constexpr void for_each_field(Visit&& visit) {
  [&]<size_t... I>(std::index_sequence<I...>) { (visit(std::integral_constant<size_t, I>{}), ...); }
  (std::make_index_sequence<kFieldCount<Fact>>{});
}

inline constexpr size_t kNoField = SIZE_MAX;
// The index of the field with that column name.
template <class Fact>
constexpr size_t field_of_column(std::string_view name) {
  size_t found = kNoField;
  for_each_field<Fact>([&](auto i) {
    if (kField<Fact, i>.column() == name) found = i;
  });
  return found;
}

using postgres::By;

// How a fresh row counts in wxpipe.ledger: in which column, and by which time of the row.
struct LedgerCount {
  std::string_view column = "stored";
  std::string_view time = "received_at";
};

// The columns of a primary key; empty names fill the rest.
struct KeyColumns {
  static constexpr size_t kMost = 6;
  std::array<std::string_view, kMost> names{"", "", "", "", "", ""};  // all of them: g++ 12 fails otherwise

  template <class... Names>
  constexpr KeyColumns(const Names&... columns) {
    size_t next = 0;
    ((names[next++] = columns), ...);
  }
  constexpr auto begin() const { return names.begin(); }
  constexpr auto end() const { return names.end(); }
};

// Where a fact's rows go.
struct Table {
  std::string_view name;  // with its schema if that isn't public
  KeyColumns key;
  postgres::Partitioning partitioning{};
  LedgerCount ledger{};
  bool filled_by_merge = false;  // the family's .sql inserts the rows too
};

}  // namespace wxpipe::schemas
