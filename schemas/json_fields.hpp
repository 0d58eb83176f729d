// What the fact codecs share: writing optional fields, reading typed ones. Private to schemas/.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "common/json/read.hpp"
#include "common/json/write.hpp"
#include "schemas/facts.hpp"

namespace wxpipe::schemas::fields {

// Writers: each puts a comma, the name and the value. `name` is a literal of plain ASCII.
inline void name(std::string& out, std::string_view field) {
  out += ",\"";
  out += field;
  out += "\":";
}
inline void text(std::string& out, std::string_view field, std::string_view value) {
  name(out, field);
  json::append_string(out, value);
}
inline void text_unless_empty(std::string& out, std::string_view field, std::string_view value) {
  if (!value.empty()) text(out, field, value);
}
// Text that needs no escaping and that nobody else can have written: names of enumerators, ids and times.
inline void word(std::string& out, std::string_view field, std::string_view value) {
  name(out, field);
  out += '"';
  out += value;
  out += '"';
}
inline void time(std::string& out, std::string_view field, Timestamp at) {
  name(out, field);
  out += '"';
  append_iso8601(out, at);
  out += '"';
}
inline void id(std::string& out, std::string_view field, const Uuid& value) {
  name(out, field);
  out += '"';
  append_uuid(out, value);
  out += '"';
}
inline void number(std::string& out, std::string_view field, int64_t value) {
  name(out, field);
  fmt::format_to(std::back_inserter(out), "{}", value);
}
void attributes(std::string& out, std::string_view field, const Attributes& value);
void begin(std::string& out, std::string_view schema);  // {"schema":"…"
void origin(std::string& out, const Origin& value);

// Readers: false when the value isn't of the type; the codec then rejects the record naming the field.
using Value = simdjson::simdjson_result<simdjson::ondemand::value>;
bool read(Value value, std::string& out);
bool read(Value value, bool& out);
bool read(Value value, int& out);
bool read(Value value, int64_t& out);
bool read(Value value, Timestamp& out);
bool read(Value value, Uuid& out);
bool read(Value value, Attributes& out);

// Origin's fields, for the facts that carry one. nullopt: not one of them.
std::optional<bool> read_origin(uint64_t field, Value value, Origin& origin);

// Runs `field(hash of the name, value) -> bool` over every field of the object; unknown fields are the codec's to skip
// (return true): newer writers may add some. Rejects what isn't an object, another schema, and fields that don't read.
template <class Field>
Result<void> read_object(std::string_view json, std::string_view schema, std::string_view other_schema, Field&& field) {
  const auto reject = [](std::string detail) {
    return Result<void>(Rejection{Reason::unreadable_record, std::move(detail)});
  };
  simdjson::ondemand::document document;
  if (const auto error = json::thread_reader().iterate(json).get(document))
    return reject(fmt::format("not JSON: {}", simdjson::error_message(error)));
  simdjson::ondemand::object object;
  if (document.get_object().get(object)) return reject("not a JSON object");
  bool schema_seen = false;
  for (auto member : object) {
    std::string_view member_name;
    if (const auto error = member.unescaped_key().get(member_name))
      return reject(fmt::format("broken JSON: {}", simdjson::error_message(error)));
    const auto hash = json::key(member_name);
    if (hash == json::key("schema")) {
      std::string_view found;
      if (member.value().get_string().get(found) || (found != schema && found != other_schema))
        return reject(fmt::format("schema is not {}", schema));
      schema_seen = true;
    } else {
      const std::string kept_name(member_name.substr(0, 64));
      if (!field(hash, member.value())) return reject(fmt::format("field '{}' can't be read", kept_name));
    }
  }
  if (!schema_seen) return reject(fmt::format("no schema field; expected {}", schema));
  const char* rest = nullptr;  // simdjson before 3.2 has no at_end
  if (!document.current_location().get(rest)) return reject("text after the JSON object");
  return {};
}

}  // namespace wxpipe::schemas::fields
