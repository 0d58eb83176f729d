// FollowerChanged: a follower's or customer's relation changed. A row of follower_history. `followers` is merged from
// these rows: the one with the greatest (told_at, rank, event_id) gives the state. told_at: the platform's time, else
// the sender's (wxpipe.told_at).
#pragma once

#include "schemas/facts/origin.hpp"

namespace wxpipe::schemas {

struct FollowerChanged {
  Origin origin;
  std::string owner, change, state;
  int rank = 0;
  std::string scene, channel;
  bool operator==(const FollowerChanged&) const = default;

  static constexpr std::string_view kName = "follower", kTitle = "FollowerChanged";
  static constexpr std::array<std::string_view, 1> kSchemas{"wxpipe.follower.v1"};
  static constexpr std::string_view kMeaning =
      "A follower's or customer's relation changed. The greatest (time, rank, event_id) gives the state; the time is "
      "occurred_at, or stated_at for timeless ones.";
  static constexpr auto kFields = fields(
      origin_fields<&FollowerChanged::origin>(
          {.subject = "The follower: openid, or external user id",
           .occurred_at = "When, by the platform's clock (whole seconds); for instances when it was first received",
           .newest_wins = true}),
      field<&FollowerChanged::owner>(
          "owner",
          "Whose customer: WeWork's member (UserID), or the account that an instance is logged "
          "in with; empty for official accounts")
          .unless_empty(),
      field<&FollowerChanged::change>(
          "change",
          "subscribed, unsubscribed, scanned, added, half_added, edited, removed_by_member, "
          "removed_by_customer, handed_over …")
          .like("subscribed"),
      field<&FollowerChanged::state>("state", "following, left or pending after it; null: it leaves the state alone")
          .optional()
          .words("following left pending")
          .like("following"),
      field<&FollowerChanged::rank>("rank", "Breaks ties of equal times: the greater wins, leaving beats joining")
          .like("20"),
      field<&FollowerChanged::scene>("scene", "QR scene, State or other source, as the platform gave it")
          .optional()
          .like("poster_2024"),
      field<&FollowerChanged::channel>("channel", "What the account's configuration calls that scene")
          .optional()
          .like("线下海报"));
  static constexpr Table kTable{.name = "follower_history",
                                .key = {"account", "tenant", "subject", "owner", "event_id", "change"}};
};

}  // namespace wxpipe::schemas
