#include "processors/json_members.hpp"

#include <algorithm>

#include "common/json/read.hpp"
#include "common/json/write.hpp"

namespace wxpipe::processors {
namespace {
namespace ondemand = simdjson::ondemand;

// A reader of its own: the thread's other one may be in the middle of a record.
json::Reader& reader() {
  thread_local json::Reader own;
  return own;
}
}  // namespace

Members members_of(std::string_view json) {
  Members members;
  ondemand::document document;
  ondemand::object object;
  if (json.empty() || reader().iterate(json).get(document) || document.get_object().get(object)) return {};
  for (auto member : object) {
    std::string_view name, value;
    if (member.unescaped_key().get(name)) return {};
    std::string kept(name);
    ondemand::value read;
    if (member.value().get(read) || simdjson::to_json_string(read).get(value)) return {};
    members.push_back({std::move(kept), std::string(value)});
  }
  return members;
}

std::vector<std::string> items_of(std::string_view json) {
  if (json.empty() || json == "null") return {};
  if (json.front() != '[') return {std::string(json)};
  std::vector<std::string> items;
  ondemand::document document;
  ondemand::array array;
  if (reader().iterate(json).get(document) || document.get_array().get(array)) return {};
  for (auto item : array) {
    ondemand::value read;
    std::string_view value;
    if (item.get(read) || simdjson::to_json_string(read).get(value)) return {};
    items.emplace_back(value);
  }
  return items;
}

std::string_view json_of(const Members& members, std::string_view name) {
  const auto found =
      std::find_if(members.begin(), members.end(), [&](const Member& each) { return each.name == name; });
  return found == members.end() ? std::string_view() : std::string_view(found->json);
}

std::string text_of(std::string_view json) {
  if (json.empty() || json.front() != '"') return {};
  ondemand::document document;
  std::string_view text;
  if (reader().iterate(json).get(document) || document.get_string().get(text)) return {};
  return std::string(text);
}

void set_text(Members& members, std::string_view name, std::string_view text) {
  std::string json;
  json::append_string(json, text);
  const auto found =
      std::find_if(members.begin(), members.end(), [&](const Member& each) { return each.name == name; });
  if (found == members.end())
    members.push_back({std::string(name), std::move(json)});
  else
    found->json = std::move(json);
}

schemas::AttributeTree tree_of(const Members& members) {
  std::string json = "{";
  for (const auto& [name, value] : members) {
    if (json.size() > 1) json += ',';
    json::append_string(json, name);
    json.append(1, ':').append(value);
  }
  json += '}';
  return schemas::AttributeTree::of_json(std::move(json));
}

}  // namespace wxpipe::processors
