#include "processors/follower/change.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "processors/enrich/scene.hpp"
#include "processors/text.hpp"

namespace wxpipe::processors {
namespace {
// Within one second: what leaves the state alone loses to joining, a half-made relation to a whole one, joining to leaving.
enum Rank { kNoted = 0, kPending = 10, kJoined = 20, kLeft = 30 };

struct Meaning {
  std::string_view name, change, state;
  Rank rank;
};
// By type.
constexpr std::array kTypes{
    Meaning{"follower.subscribed", "subscribed", "following", kJoined},
    Meaning{"follower.unsubscribed", "unsubscribed", "left", kLeft},
    Meaning{"follower.scanned", "scanned", "following", kJoined},  // only followers get a SCAN
};
// By ChangeType of WeWork's change_external_contact, in either of its forms.
constexpr std::array kContactChanges{
    Meaning{"add_external_contact", "added", "following", kJoined},
    Meaning{"add_half_external_contact", "half_added", "pending", kPending},
    Meaning{"edit_external_contact", "edited", "", kNoted},
    Meaning{"msg_audit_approved", "archive_approved", "", kNoted},
    Meaning{"transfer_fail", "transfer_failed", "", kNoted},
    Meaning{"del_external_contact", "removed_by_member", "left", kLeft},
    Meaning{"del_follow_user", "removed_by_customer", "left", kLeft},
};

const Meaning* meaning_of(const schemas::Event& event) {
  const auto find = [](const auto& meanings, std::string_view name) {
    const auto* found = std::find_if(meanings.begin(), meanings.end(), [&](const auto& each) { return each.name == name; });
    return found == meanings.end() ? nullptr : found;
  };
  return lower(event.event) == "change_external_contact" ? find(kContactChanges, lower(event.change_type))
                                                         : find(kTypes, event.type);
}

// The member who removes a customer because another one takes over.
bool handed_over(const schemas::Event& event) {
  return schemas::attribute(event.attributes, "Source") == "DELETE_BY_TRANSFER";
}
}  // namespace

std::optional<schemas::FollowerChanged> follower_change(const schemas::Event& event) {
  if (event.subject.empty()) return std::nullopt;
  const auto* meaning = meaning_of(event);
  if (!meaning) return std::nullopt;
  const bool transfer = meaning->change == "removed_by_member" && handed_over(event);
  return schemas::FollowerChanged{schemas::origin_of(event),
                                  std::string(schemas::attribute(event.attributes, "UserID")),
                                  std::string(transfer ? "handed_over" : meaning->change),
                                  std::string(meaning->state),
                                  meaning->rank,
                                  std::string(scene_of(event)),
                                  std::string(schemas::attribute(event.attributes, "channel"))};
}

}  // namespace wxpipe::processors
