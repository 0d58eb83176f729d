#include "processors/enrich/scene.hpp"

namespace wxpipe::processors {

std::string_view scene_of(const schemas::Event& event) {
  // 公众号 following and scanning: the EventKey is the scene, with a prefix for those who weren't following yet. For
  // other events an EventKey is a menu's.
  if (event.type == "follower.subscribed" || event.type == "follower.scanned") {
    auto scene = schemas::attribute(event.attributes, "EventKey");
    constexpr std::string_view prefix = "qrscene_";
    if (scene.starts_with(prefix)) scene.remove_prefix(prefix.size());
    return scene;
  }
  // Contacts carry the State of the link or code they came through, those of instances where they were found; customer
  // service its scene.
  for (const auto name : {"State", "scene_param", "scene", "data.add_source"})
    if (const auto value = schemas::attribute(event.attributes, name); !value.empty()) return value;
  return {};
}

}  // namespace wxpipe::processors
