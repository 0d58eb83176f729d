// console/openapi.json and the routes say the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "console/api.hpp"

namespace wxpipe::console {
namespace {
std::string read(const std::string& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string text_of(simdjson::dom::element of, const char* name) {
  std::string_view text;
  return of[name].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

// The names of an object schema; those of an object in it as "filter.reason".
void add_properties(std::vector<std::string>& names, simdjson::dom::element whole, simdjson::dom::element schema,
                    const std::string& before) {
  simdjson::dom::object properties;
  if (schema["properties"].get(properties) != simdjson::SUCCESS) return;
  for (const auto& [name, property] : properties) {
    const auto reference = text_of(property, "$ref");
    if (reference.empty())
      names.push_back(before + std::string(name));
    else
      add_properties(names, whole, whole.at_pointer(reference.substr(1)), std::string(name) + ".");
  }
}

std::string line(std::string method, std::string_view path, std::string_view role, std::string_view right,
                 std::vector<std::string> names) {
  std::ranges::sort(names);
  std::ranges::transform(method, method.begin(), [](char c) { return static_cast<char>(std::toupper(c)); });
  return fmt::format("{} {} role={} right={} {}", method, path, role, right, fmt::join(names, ","));
}

TEST(OpenApi, HasEveryRouteWithItsRoleAndParametersAndNoOther) {
  const auto text = read("console/openapi.json");
  simdjson::dom::parser parser;
  const simdjson::dom::element whole = parser.parse(text);
  std::set<std::string> written;
  for (const auto& [path, operations] : simdjson::dom::object(whole["paths"]))
    for (const auto& [method, operation] : simdjson::dom::object(operations)) {
      std::vector<std::string> names;
      simdjson::dom::array parameters;
      if (operation["parameters"].get(parameters) == simdjson::SUCCESS)
        for (const auto parameter : parameters)
          if (text_of(parameter, "in") == "query") names.push_back(text_of(parameter, "name"));
      simdjson::dom::element schema;
      if (operation.at_pointer("/requestBody/content/application~1json/schema").get(schema) == simdjson::SUCCESS)
        add_properties(names, whole, schema, "");
      written.insert(
          line(std::string(method), path, text_of(operation, "x-role"), text_of(operation, "x-right"), names));
    }

  const config::Settings settings;
  Gate gate(settings.console, system_clock());
  Api api(settings, system_clock(), gate);
  std::set<std::string> made;
  for (const auto& route : api.routes())
    made.insert(line(std::string(route.method), route.path, to_string(route.least), to_string(route.right),
                     {route.parameters.begin(), route.parameters.end()}));
  EXPECT_EQ(made, written);
}

TEST(OpenApi, IsServedAsItIs) { EXPECT_EQ(openapi_file(), read("console/openapi.json")); }

}  // namespace
}  // namespace wxpipe::console
