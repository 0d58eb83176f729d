// A fact built from the examples in its declaration: for schemas, pages, tests and fuzzing.
#pragma once

#include <charconv>
#include <stdexcept>

#include "schemas/registry.hpp"

namespace wxpipe::schemas {

// "follower" from wxpipe.follower.v1: the name of its schema file.
constexpr std::string_view schema_name(std::string_view schema) {
  const auto from = schema.find('.') + 1;
  return schema.substr(from, schema.rfind('.') - from);
}

namespace fact_sample {
template <class Number>
bool set_number(std::string_view text, Number& out) {
  return std::from_chars(text.data(), text.data() + text.size(), out).ptr == text.data() + text.size();
}

inline bool set_reason(std::string_view text, Reason& out) {
  for (int i = 0; i < kReasonCount; ++i)
    if (to_string(static_cast<Reason>(i)) == text) {
      out = static_cast<Reason>(i);
      return true;
    }
  return false;
}

// name=value;name=value
inline bool set_attributes(std::string_view text, Attributes& out) {
  while (!text.empty()) {
    const auto part = text.substr(0, text.find(';'));
    const auto equals = part.find('=');
    if (equals == std::string_view::npos) return false;
    out.emplace_back(part.substr(0, equals), part.substr(equals + 1));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
  }
  return true;
}

inline bool set_attributes(std::string_view text, AttributeTree& out) {
  Attributes texts;
  if (!set_attributes(text, texts)) return false;
  out = texts;
  return true;
}

template <class Fact, size_t I>
bool set(std::string_view text, FieldValue<Fact, I>& out) {
  constexpr auto type = kFieldType<Fact, I>;
  if constexpr (is_optional<FieldValue<Fact, I>>)
    return set_number(text, out.emplace());
  else if constexpr (type == Type::text || type == Type::bytes)
    return out = text, true;
  else if constexpr (type == Type::int4 || type == Type::int8)
    return set_number(text, out);
  else if constexpr (type == Type::boolean)
    return out = text == "true", out || text == "false";
  else if constexpr (type == Type::time)
    return parse_iso8601(text, out);
  else if constexpr (type == Type::uuid)
    return parse_uuid(text, out);
  else if constexpr (type == Type::attributes)
    return set_attributes(text, out);
  else if constexpr (type == Type::reason)
    return set_reason(text, out);
  else if constexpr (type == Type::other)
    return read_json(text, out);
  else
    return false;
}
}  // namespace fact_sample

// Fields without an example keep their default. Throws std::logic_error on an example that can't be read.
template <class Fact>
Fact sample() {
  Fact fact;
  for_each_field<Fact>([&](auto i) {
    constexpr const auto& f = kField<Fact, i>;
    if constexpr (!f.sample.empty())
      if (!fact_sample::set<Fact, i>(f.sample, f.of(fact)))
        throw std::logic_error(std::string(f.name).append(": no example of its type: ").append(f.sample));
  });
  return fact;
}

}  // namespace wxpipe::schemas
