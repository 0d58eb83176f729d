// Writes and reads a fact's JSON, from its list of fields. The contracts, schemas/kafka/*.schema.json, are made from
// the same lists. All text in a fact is valid UTF-8 without NUL (the normalisers make sure of it); the list marks
// fields that may hold other bytes.
//
// A field of Type::other brings its own pair beside its type, found by argument-dependent look-up:
//   void append_json(std::string& out, const Value&);  bool read_json(std::string_view json, Value&);
#pragma once

#include <array>
#include <initializer_list>
#include <string>
#include <string_view>

#include "common/json/read.hpp"
#include "common/json/write.hpp"
#include "schemas/fact.hpp"

namespace wxpipe::schemas {

template <class Fact>
concept Declared = requires {
  Fact::kFields;
};

namespace fact_json {
using json::Value;

// Append a value as JSON, in the form that the readers below accept.
void append(std::string& out, const std::string& text);
void append(std::string& out, bool value);
void append(std::string& out, int64_t value);
void append(std::string& out, Timestamp at);
void append(std::string& out, const Uuid& id);
void append(std::string& out, Reason reason);
void append(std::string& out, const Attributes& attributes);
inline void append(std::string& out, const AttributeTree& attributes) { append_json(out, attributes); }
inline void append(std::string& out, int value) { append(out, int64_t{value}); }

// False when the value isn't of the type.
bool read(Value value, std::string& out);
bool read(Value value, bool& out);
bool read(Value value, int& out);
bool read(Value value, int64_t& out);
bool read(Value value, Timestamp& out);
bool read(Value value, Uuid& out);
bool read(Value value, Reason& out);
bool read(Value value, Attributes& out);
bool read(Value value, AttributeTree& out);
bool read_base64(Value value, std::string& out);
template <class Read>
bool read_other(Value value, Read&& read) {
  std::string_view json;
  return !simdjson::to_json_string(value).get(json) && read(json);
}

// `,"name":` as one literal.
template <class Fact, size_t I>
inline constexpr auto kKey = [] {
  constexpr std::string_view name = kField<Fact, I>.name;
  std::array<char, name.size() + 4> text{};
  size_t end = 0;
  const auto put = [&](char c) { text[end++] = c; };
  put(','), put('"');
  for (const char c : name) put(c);
  put('"'), put(':');
  return text;
}();

template <class Fact, size_t I>
void append_value(std::string& out, const FieldValue<Fact, I>& value) {
  constexpr const auto& f = kField<Fact, I>;
  if constexpr (f.is_base64) {
    json::append_base64(out, value);
  } else if constexpr (f.is_printable && kFieldType<Fact, I> == Type::text) {
    append(out, printable(value));
  } else if constexpr (f.is_printable) {
    Attributes readable = value;
    for (auto& [name, text] : readable) text = printable(text);
    append(out, readable);
  } else if constexpr (kFieldType<Fact, I> == Type::other) {
    append_json(out, value);
  } else if constexpr (is_optional<FieldValue<Fact, I>>) {
    append(out, *value);
  } else {
    append(out, value);
  }
}

template <class Fact, size_t I>
void append_field(std::string& out, const Fact& fact) {
  constexpr const auto& f = kField<Fact, I>;
  if constexpr (f.in_json != InJson::never) {
    if constexpr (f.in_json == InJson::unless_empty)
      if (says_nothing(f.of(fact))) return;
    out.append(kKey<Fact, I>.data(), kKey<Fact, I>.size());
    append_value<Fact, I>(out, f.of(fact));
  }
}

template <class Fact, size_t I>
bool read_field(Value value, Fact& fact) {
  constexpr const auto& f = kField<Fact, I>;
  auto& member = f.of(fact);
  if constexpr (f.in_json == InJson::never)
    return true;
  else if constexpr (f.is_base64)
    return read_base64(value, member);
  else if constexpr (kFieldType<Fact, I> == Type::other)
    return read_other(value, [&](std::string_view json) { return read_json(json, member); });
  else if constexpr (is_optional<FieldValue<Fact, I>>)
    return read(value, member.emplace());
  else
    return read(value, member);
}

// What reading a fact needs to know about its type.
template <class Fact>
struct Reader {
  using Read = bool (*)(Value, Fact&);
  static constexpr auto indexes = std::make_index_sequence<kFieldCount<Fact>>{};
  static constexpr auto names = []<size_t... I>(std::index_sequence<I...>) {
    return std::array<std::string_view, sizeof...(I)>{kField<Fact, I>.name...};
  }
  (indexes);
  static constexpr auto readers = []<size_t... I>(std::index_sequence<I...>) {
    return std::array<Read, sizeof...(I)>{&read_field<Fact, I>...};
  }
  (indexes);

  // Fields mostly come in the list's order, so the search starts after the last one found.
  static size_t find(std::string_view name, size_t from) {
    for (size_t i = from; i < names.size(); ++i)
      if (names[i] == name) return i;
    for (size_t i = 0; i < from; ++i)
      if (names[i] == name) return i;
    return kNoField;
  }
};

// The first required field that is missing or empty; empty: none.
template <class Fact>
std::string_view missing_field(const Fact& fact, uint64_t seen) {
  std::string_view missing;
  for_each_field<Fact>([&](auto i) {
    constexpr const auto& f = kField<Fact, i>;
    if constexpr (f.in_json == InJson::required) {
      bool there = (seen & (uint64_t{1} << i)) != 0;
      if constexpr (!f.is_base64) there = there && !says_nothing(f.of(fact));
      if (!there && missing.empty()) missing = f.name;
    }
  });
  return missing;
}

Rejection unreadable(std::string_view what, std::string_view which = {}, std::string_view behind = {});

// Reads an object's members into the fact's fields. `seen`: gets the bits of those that were there. `unread`: fields
// that are left empty. `other(name, value)`: gets what is no field.
template <class Fact, class Other>
Result<void> read_members(simdjson::ondemand::object& object, Fact& fact, uint64_t& seen, uint64_t unread,
                          Other&& other) {
  static_assert(kFieldCount<Fact> <= 64);
  size_t next = 0;
  for (auto member : object) {
    std::string_view name;
    if (const auto error = member.unescaped_key().get(name))
      return unreadable("broken JSON: ", simdjson::error_message(error));
    const size_t which = Reader<Fact>::find(name, next);
    if (which == kNoField) {
      if (auto taken = other(name, member.value()); !taken) return taken;
      continue;
    }
    const uint64_t bit = uint64_t{1} << which;
    if ((unread & bit) == 0 && !Reader<Fact>::readers[which](member.value(), fact))
      return unreadable("field '", Reader<Fact>::names[which], "' can't be read");
    seen |= bit;
    next = which + 1;
  }
  return {};
}

inline bool begins_with_schema(std::string_view text, std::string_view schema) {
  constexpr std::string_view kBegin = "{\"schema\":\"";
  return text.starts_with(kBegin) && text.substr(kBegin.size()).starts_with(schema) &&
         text.substr(kBegin.size() + schema.size()).starts_with('"');
}
}  // namespace fact_json

// Appends. `schema`: one of the fact's schemas; events.v1 and messages.v1 differ only in it.
template <Declared Fact>
void encode(const Fact& fact, std::string_view schema, std::string& out) {
  size_t room = 24 * kFieldCount<Fact>;
  for_each_field<Fact>([&](auto i) {
    if constexpr (TypeOf<FieldValue<Fact, i>>::type == Type::text) room += kField<Fact, i>.of(fact).size();
  });
  out.reserve(out.size() + room + room / 4);
  out += "{\"schema\":\"";
  out += schema;
  out += '"';
  for_each_field<Fact>([&](auto i) { fact_json::append_field<Fact, i>(out, fact); });
  out += '}';
}
template <Declared Fact>
void encode(const Fact& fact, std::string& out) {
  encode(fact, Fact::kSchemas[0], out);
}

// The fields of these names, for decode.
template <Declared Fact>
constexpr uint64_t field_set(std::initializer_list<std::string_view> names) {
  uint64_t set = 0;
  for_each_field<Fact>([&](auto i) {
    for (const auto name : names)
      if (kField<Fact, i>.name == name) set |= uint64_t{1} << i;
  });
  return set;
}

// Rejects anything but an object of one of the fact's schemas, fields that can't be read, and empty required fields.
// Unknown fields are skipped: newer writers may add some. `unread`: fields that are left empty, whatever they hold.
template <Declared Fact>
Result<Fact> decode(std::string_view text, uint64_t unread = 0) {
  using fact_json::unreadable;
  simdjson::ondemand::document document;
  if (const auto error = json::thread_reader().iterate(text).get(document))
    return unreadable("not JSON: ", simdjson::error_message(error));
  simdjson::ondemand::object object;
  if (document.get_object().get(object)) return unreadable("not a JSON object");
  Fact fact;
  bool schema_seen = false;
  uint64_t seen = 0;
  const auto read = fact_json::read_members(object, fact, seen, unread, [&](std::string_view name, json::Value value) {
    if (schema_seen || name != "schema") return Result<void>();
    std::string_view found;
    if (value.get_string().get(found)) found = {};
    for (const auto schema : Fact::kSchemas) schema_seen = schema_seen || found == schema;
    return schema_seen ? Result<void>() : unreadable("schema is not ", Fact::kSchemas[0]);
  });
  if (!read) return read.error();
  if (!schema_seen) return unreadable("no schema field; expected ", Fact::kSchemas[0]);
  const char* rest = nullptr;  // simdjson before 3.2 has no at_end
  if (!document.current_location().get(rest)) return unreadable("text after the JSON object");
  if (const auto missing = fact_json::missing_field(fact, seen); !missing.empty())
    return unreadable("field '", missing, "' is missing or empty");
  if constexpr (requires { contradiction(fact); })
    if (const auto why = contradiction(fact); !why.empty()) return unreadable(why);
  for_each_field<Fact>([&](auto i) {
    if constexpr (kFieldType<Fact, i> == Type::verbatim) kField<Fact, i>.of(fact).text = text;
  });
  return fact;
}

// Whether a value is of the fact's first schema. It only compares the beginning with our encoder's; it doesn't parse.
template <Declared Fact>
bool begins_as(std::string_view text) {
  return fact_json::begins_with_schema(text, Fact::kSchemas[0]);
}
// The same of any JSON: it parses, as far as the schema's name.
template <Declared Fact>
bool is_named(std::string_view text) {
  simdjson::ondemand::document document;
  std::string_view schema;
  return !json::thread_reader().iterate(text).get(document) && !document["schema"].get_string().get(schema) &&
         schema == Fact::kSchemas[0];
}

}  // namespace wxpipe::schemas
