#include "processors/enrich/enrich.hpp"

#include "processors/enrich/scene.hpp"

namespace wxpipe::processors {
namespace {
void add(schemas::Event& event, std::string_view name, std::string_view value) {
  if (!value.empty() && schemas::attribute(event.attributes, name).empty()) event.attributes.emplace_back(name, value);
}

std::string_view look_up(const std::map<std::string, std::string, std::less<>>& names, std::string_view key) {
  if (key.empty()) return {};
  const auto found = names.find(key);
  return found == names.end() ? std::string_view() : std::string_view(found->second);
}
}  // namespace

void enrich(schemas::Event& event, const Reference& reference) {
  const auto found = reference.find(event.account);
  if (found == reference.end()) return;
  const auto& [title, menu, channels] = found->second;
  add(event, "account_title", title);
  add(event, "menu_name", look_up(menu, schemas::attribute(event.attributes, "EventKey")));
  add(event, "channel", look_up(channels, scene_of(event)));
}

}  // namespace wxpipe::processors
