// A value of a type that no setting has keeps its TOML type name, for the error message.
#include "common/config/toml_value.hpp"

#include <fmt/format.h>

namespace wxpipe::config {
namespace {

std::optional<std::string> scalar_text(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return fmt::format("{}", number->get());
  if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  return std::nullopt;
}

bool flatten(const toml::table& table, const std::string& prefix, TextMap& map) {
  for (const auto& [name, node] : table) {
    const std::string full = prefix + std::string(name.str());
    if (const auto* inner = node.as_table()) {
      if (!flatten(*inner, full + ".", map)) return false;
    } else if (auto text = scalar_text(node)) {
      map.insert_or_assign(full, std::move(*text));
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string to_string(const Place& place) {
  return place.line == 0 ? place.source : fmt::format("{}:{}:{}", place.source, place.line, place.column);
}

Place place_of(const std::string& file, const toml::source_region& region) {
  return {file, region.begin.line, region.begin.column};
}

Value value_of(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return number->get();
  if (const auto* number = node.as_floating_point()) return number->get();
  if (const auto* flag = node.as_boolean()) return flag->get();
  if (const auto* array = node.as_array()) {
    Texts texts;
    for (const auto& element : *array) {
      auto text = scalar_text(element);
      if (!text) return Foreign{"an array of something else"};
      texts.push_back(std::move(*text));
    }
    return texts;
  }
  if (const auto* table = node.as_table()) {
    TextMap map;
    if (!flatten(*table, "", map)) return Foreign{"a table that holds more than texts"};
    return map;
  }
  return Foreign{"a date or time"};
}

}  // namespace wxpipe::config
