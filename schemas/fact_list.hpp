// Several facts of one kind that follow from one event, as one JSON value: what they share once, and behind it a list
// with what differs (the fields marked of_each). It costs the topics one record instead of several. A fact has such a
// form if it declares kListSchema and kListName; its single form stays readable.
//
//   {"schema":"wxpipe.lead_activities.v1","event_id":…,"account":…,"activities":[{"activity_id":…,"rule":…},…]}
#pragma once

#include <span>
#include <vector>

#include "schemas/fact_json.hpp"

namespace wxpipe::schemas {

template <class Fact>
concept Listed = Declared<Fact> && requires {
  Fact::kListSchema;
  Fact::kListName;
};

// Appends. `facts`: at least one, all with the same values in the fields that they share.
template <Listed Fact>
void encode_list(std::span<const Fact> facts, std::string& out) {
  out.append("{\"schema\":\"").append(Fact::kListSchema).append(1, '"');
  for_each_field<Fact>([&](auto i) {
    if constexpr (!kField<Fact, i>.is_of_each) fact_json::append_field<Fact, i>(out, facts.front());
  });
  out.append(",\"").append(Fact::kListName).append("\":[");
  for (const auto& fact : facts) {
    if (&fact != &facts.front()) out += ',';
    const auto begin = out.size();
    for_each_field<Fact>([&](auto i) {
      // The first one is always written: its comma becomes the brace.
      static_assert(!kField<Fact, i>.is_of_each || kField<Fact, i>.in_json != InJson::unless_empty);
      if constexpr (kField<Fact, i>.is_of_each) fact_json::append_field<Fact, i>(out, fact);
    });
    out[begin] = '{';
    out += '}';
  }
  out += "]}";
}

// Whether a value is a list of these facts. It only compares the beginning with our encoder's; it doesn't parse.
template <Listed Fact>
bool begins_as_list(std::string_view text) {
  return fact_json::begins_with_schema(text, Fact::kListSchema);
}

// Rejects what decode rejects, and a list with nothing in it.
template <Listed Fact>
Result<std::vector<Fact>> decode_list(std::string_view text) {
  using fact_json::unreadable;
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  if (json::thread_reader().iterate(text).get(document) || document.get_object().get(object))
    return unreadable("not a JSON object");
  Fact shared;
  uint64_t seen = 0;
  std::vector<Fact> facts;
  std::vector<uint64_t> seen_in;  // by fact
  const auto read_list = [&](simdjson::ondemand::array list) -> Result<void> {
    for (auto item : list) {
      simdjson::ondemand::object one;
      if (item.get_object().get(one)) return unreadable("no object in '", Fact::kListName, "'");
      auto& fact = facts.emplace_back();
      auto& seen_here = seen_in.emplace_back(0);
      const auto skip = [](std::string_view, json::Value) { return Result<void>(); };
      if (auto read = fact_json::read_members(one, fact, seen_here, 0, skip); !read) return read;
    }
    return {};
  };
  bool schema_seen = false;
  auto read = fact_json::read_members(object, shared, seen, 0, [&](std::string_view name, json::Value value) {
    if (name == "schema") {
      std::string_view found;
      schema_seen = !value.get_string().get(found) && found == Fact::kListSchema;
      return schema_seen ? Result<void>() : unreadable("schema is not ", Fact::kListSchema);
    }
    if (name != Fact::kListName) return Result<void>();
    simdjson::ondemand::array list;
    if (value.get_array().get(list)) return Result<void>(unreadable("field '", Fact::kListName, "' can't be read"));
    return read_list(list);
  });
  if (!read) return read.error();
  if (!schema_seen) return unreadable("no schema field; expected ", Fact::kListSchema);
  if (const char* rest = nullptr; !document.current_location().get(rest))
    return unreadable("text after the JSON object");
  if (facts.empty()) return unreadable("field '", Fact::kListName, "' is missing or empty");
  for (size_t k = 0; k < facts.size(); ++k) {
    for_each_field<Fact>([&](auto i) {
      constexpr const auto& f = kField<Fact, i>;
      if constexpr (!f.is_of_each && f.in_json != InJson::never) f.of(facts[k]) = f.of(shared);
    });
    if (const auto missing = fact_json::missing_field(facts[k], seen | seen_in[k]); !missing.empty())
      return unreadable("field '", missing, "' is missing or empty");
  }
  return facts;
}

}  // namespace wxpipe::schemas
