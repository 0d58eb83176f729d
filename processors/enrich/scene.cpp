#include "processors/enrich/scene.hpp"

namespace wxpipe::processors {

std::string_view scene_of(const schemas::Event& event) {
  // Following and scanning of a 公众号: the EventKey is the scene, with a prefix for people who weren't followers yet.
  // In other events an EventKey belongs to a menu.
  if (event.type == "follower.subscribed" || event.type == "follower.scanned") {
    auto scene = schemas::attribute(event.attributes, "EventKey");
    constexpr std::string_view prefix = "qrscene_";
    if (scene.starts_with(prefix)) scene.remove_prefix(prefix.size());
    return scene;
  }
  // Contacts have the State of the link or code they came through. Contacts of instances have the place where they were
  // found. Customer service has its scene.
  for (const auto name : {"State", "scene_param", "scene", "data.add_source"})
    if (const auto value = schemas::attribute(event.attributes, name); !value.empty()) return value;
  return {};
}

}  // namespace wxpipe::processors
