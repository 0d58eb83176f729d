#include "processors/follower/change.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "processors/enrich/scene.hpp"

namespace wxpipe::processors {
namespace {
// Within one second: what leaves the state alone loses to joining, a half-made relation to a whole one, joining to leaving.
enum Rank { kNoted = 0, kPending = 10, kJoined = 20, kLeft = 30 };

struct Meaning {
  std::string_view type, change, state;
  Rank rank;
};
constexpr std::array kMeanings{
    Meaning{"follower.subscribed", "subscribed", "following", kJoined},
    Meaning{"follower.unsubscribed", "unsubscribed", "left", kLeft},
    Meaning{"follower.scanned", "scanned", "following", kJoined},  // only followers get a SCAN
};

std::string_view first_of(const schemas::Event& event, std::initializer_list<std::string_view> names) {
  for (const auto name : names)
    if (const auto value = schemas::attribute(event.attributes, name); !value.empty()) return value;
  return {};
}
}  // namespace

std::optional<schemas::FollowerChanged> follower_change(const schemas::Event& event) {
  if (event.subject.empty()) return std::nullopt;
  const auto* meaning =
      std::find_if(kMeanings.begin(), kMeanings.end(), [&](const Meaning& each) { return each.type == event.type; });
  if (meaning == kMeanings.end()) return std::nullopt;
  return schemas::FollowerChanged{schemas::origin_of(event),
                                  std::string(first_of(event, {"UserID"})),
                                  std::string(meaning->change),
                                  std::string(meaning->state),
                                  meaning->rank,
                                  std::string(scene_of(event)),
                                  std::string(schemas::attribute(event.attributes, "channel"))};
}

}  // namespace wxpipe::processors
