// Does an answer of the console have the shape that console/openapi.json promises? Only what that file uses of JSON
// Schema is known: $ref, type, nullable, enum, properties, required, items.
#pragma once

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace wxpipe::whole_path {

class OpenApiShape {
 public:
  explicit OpenApiShape(const std::string& file) : whole_(parser_.load(file)) {}

  // What doesn't fit; empty: it fits. path: without its query.
  std::vector<std::string> misfits(std::string_view path, const char* status, const std::string& json) {
    simdjson::dom::parser parser;
    const simdjson::dom::element value = parser.parse(json);
    problems_.clear();
    for (const auto& [pattern, operations] : simdjson::dom::object(whole_["paths"])) {
      if (!is_path(pattern, path)) continue;
      simdjson::dom::element schema;
      if (operations.at_pointer(fmt::format("/get/responses/{}/content/application~1json/schema", status))
              .get(schema) == simdjson::SUCCESS) {
        check(schema, value, "");
        return problems_;
      }
    }
    return {fmt::format("no address {} with JSON", path)};
  }

 private:
  static bool is_path(std::string_view pattern, std::string_view path) {
    const auto brace = pattern.find('{');
    if (brace == pattern.npos) return pattern == path;
    const auto rest = pattern.substr(pattern.find('}') + 1);
    if (path.size() <= brace + rest.size() || path.substr(0, brace) != pattern.substr(0, brace) ||
        !path.ends_with(rest))
      return false;
    return path.substr(brace, path.size() - brace - rest.size()).find('/') == path.npos &&
           path.find("/export") == path.npos;
  }

  static std::string text(simdjson::dom::element of, const char* name) {
    std::string_view found;
    return of[name].get(found) == simdjson::SUCCESS ? std::string(found) : std::string();
  }

  void check(simdjson::dom::element schema, simdjson::dom::element value, const std::string& at) {
    if (const auto reference = text(schema, "$ref"); !reference.empty())
      return check(whole_.at_pointer(reference.substr(1)), value, at);
    bool nullable = false;
    if (value.is_null()) {
      if (schema["nullable"].get(nullable) != simdjson::SUCCESS) problems_.push_back(at + " is null");
      return;
    }
    const auto type = text(schema, "type");
    const bool right = type == "object"    ? value.is_object()
                       : type == "array"   ? value.is_array()
                       : type == "string"  ? value.is_string()
                       : type == "boolean" ? value.is_bool()
                       : type == "integer" ? value.is_int64() || value.is_uint64()
                       : type == "number"  ? value.is_number()
                                           : true;
    if (!right) return problems_.push_back(fmt::format("{} is no {}", at, type));
    simdjson::dom::array words;
    if (value.is_string() && schema["enum"].get(words) == simdjson::SUCCESS &&
        std::ranges::none_of(words, [&](auto word) { return std::string_view(word) == std::string_view(value); }))
      problems_.push_back(fmt::format("{} is {}, which isn't listed", at, std::string_view(value)));
    simdjson::dom::array needed;
    if (schema["required"].get(needed) == simdjson::SUCCESS)
      for (const auto name : needed) {
        simdjson::dom::element found;
        if (value[std::string_view(name)].get(found) != simdjson::SUCCESS)
          problems_.push_back(fmt::format("{}/{} is missing", at, std::string_view(name)));
      }
    simdjson::dom::object properties;
    if (schema["properties"].get(properties) == simdjson::SUCCESS)
      for (const auto& [name, property] : properties) {
        simdjson::dom::element found;
        if (value[name].get(found) == simdjson::SUCCESS) check(property, found, fmt::format("{}/{}", at, name));
      }
    simdjson::dom::element items;
    if (value.is_array() && schema["items"].get(items) == simdjson::SUCCESS)
      for (const auto one : simdjson::dom::array(value)) check(items, one, at + "[]");
  }

  simdjson::dom::parser parser_;
  simdjson::dom::element whole_;
  std::vector<std::string> problems_;
};

}  // namespace wxpipe::whole_path
