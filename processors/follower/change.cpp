#include "processors/follower/change.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "processors/enrich/scene.hpp"
#include "processors/text.hpp"

namespace wxpipe::processors {
namespace {
// Ranks within one second, lowest first: no change of state, a half-made relation, joining, leaving.
enum Rank { kNoted = 0, kPending = 10, kJoined = 20, kLeft = 30 };

struct Meaning {
  std::string_view type, change, state;
  Rank rank;
};
// contact.… are customers of a WeWork member; the platform or an instance's webhooks report them.
constexpr std::array kMeanings{
    Meaning{"follower.subscribed", "subscribed", "following", kJoined},
    Meaning{"follower.unsubscribed", "unsubscribed", "left", kLeft},
    Meaning{"follower.scanned", "scanned", "following", kJoined},  // only followers get a SCAN
    Meaning{"contact.added", "added", "following", kJoined},
    Meaning{"contact.half_added", "half_added", "pending", kPending},
    Meaning{"contact.edited", "edited", "", kNoted},
    Meaning{"contact.archive_approved", "archive_approved", "", kNoted},
    Meaning{"contact.transfer_failed", "transfer_failed", "", kNoted},
    Meaning{"contact.removed_by_member", "removed_by_member", "left", kLeft},
    Meaning{"contact.removed_by_customer", "removed_by_customer", "left", kLeft},
};

// The owner is part of a key. No real id is longer.
constexpr size_t kLongestOwner = 512;

// The member whose customer it is. An instance is a member's account: there the recipient is the member.
std::string_view owner_of(const schemas::Event& event) {
  return event.platform == "instance" ? std::string_view(event.recipient)
                                      : schemas::attribute(event.attributes, "UserID");
}

// The member who removes a customer because another one takes over.
bool handed_over(const schemas::Event& event) {
  return schemas::attribute(event.attributes, "Source") == "DELETE_BY_TRANSFER";
}
}  // namespace

std::optional<schemas::FollowerChanged> follower_change(const schemas::Event& event) {
  if (event.subject.empty()) return std::nullopt;
  const auto* meaning =
      std::find_if(kMeanings.begin(), kMeanings.end(), [&](const Meaning& each) { return each.type == event.type; });
  if (meaning == kMeanings.end()) return std::nullopt;
  const bool transfer = meaning->change == "removed_by_member" && handed_over(event);
  return schemas::FollowerChanged{schemas::origin_of(event),
                                  std::string(head(owner_of(event), kLongestOwner)),
                                  std::string(transfer ? "handed_over" : meaning->change),
                                  std::string(meaning->state),
                                  meaning->rank,
                                  std::string(scene_of(event)),
                                  std::string(schemas::attribute(event.attributes, "channel"))};
}

}  // namespace wxpipe::processors
