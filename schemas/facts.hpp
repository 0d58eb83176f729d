// Facts: what `process` concludes from an event, one type per topic. Each has a deterministic id and commutes: the
// tables are a function of the set of facts, whatever their order, batches and repetitions (docs/guarantees.md law 4).
// A message fact is the enriched Event itself (schemas/event.hpp). Field comments are the columns' comments.
#pragma once

#include <string>
#include <string_view>

#include "common/clock.hpp"
#include "common/result.hpp"
#include "common/uuid.hpp"
#include "schemas/event.hpp"

namespace wxpipe::schemas {

// What every fact carries of the event it came from.
struct Origin {
  Uuid event_id;
  std::string platform, account, tenant, subject;
  std::string event_type;
  Timestamp occurred_at, received_at;
  bool timeless = false;
  std::string receipt, trace_id;
  bool operator==(const Origin&) const = default;
};
Origin origin_of(const Event& event);

// A follower's relation changed. Merge: the greatest (occurred_at, rank, event_id) gives the state.
struct FollowerChanged {
  Origin origin;
  std::string owner;  // whose customer: WeWork's member (UserID), an instance's account; empty for official accounts
  std::string change;  // subscribed, unsubscribed, added, half_added, edited, removed_by_member, removed_by_customer, …
  std::string state;    // following | left | pending; empty: the change leaves the state alone
  int rank = 0;         // breaks ties within one second: leaving beats joining (docs/protocol.md §7)
  std::string scene;    // QR scene, State or other source as the platform gave it, prefix stripped
  std::string channel;  // what the account's configuration calls that scene
  bool operator==(const FollowerChanged&) const = default;
};
inline constexpr std::string_view kFollowerSchema = "wxpipe.follower.v1";

// A lead did something that a scoring rule gives points for.
struct LeadActivity {
  Origin origin;
  Uuid activity_id;  // derived_id(event, "rule:" + rule)
  std::string rule, dimension;
  int points = 0;
  int daily_cap = 0;        // 0: none
  int half_life_days = 0;   // 0: never fades
  std::string description;  // for people: "menu 价格" …
  Attributes profile;  // lead forms: contact_name, contact_phone, contact_wechat, contact_email, company_name, utm_* …
  bool operator==(const LeadActivity&) const = default;
};
inline constexpr std::string_view kLeadActivitySchema = "wxpipe.lead_activity.v1";

// Something the operators of an account or of wxpipe should be able to look up later: authorisations, audits, jobs,
// account health, collisions. Rows of system_logs.
struct LogWritten {
  Origin origin;
  Uuid log_id;
  std::string level;    // info, warn, error
  std::string service;  // platform or role that speaks
  std::string module;   // authorization, audit, job, application, quota, unknown …
  std::string action;   // the event type or the happening
  std::string message;  // for people
  Attributes context;
  bool operator==(const LogWritten&) const = default;
};
inline constexpr std::string_view kLogSchema = "wxpipe.log.v1";

// The event came before, within the dedupe window: its own row is the first one's, and this receipt ends here. Custody:
// travels on messages.v1 behind the event it repeats, under the same key, and is a row of wxpipe.duplicate_receipts
// where its receipt is another one than the row's.
struct DuplicateMet {
  Uuid event_id;
  std::string receipt;  // of this delivery
  std::string account;
  Timestamp received_at;
  Timestamp occurred_at;
  bool timeless = false;  // then occurred_at is this delivery's arrival, not the row's
  std::string trace_id;   // of this delivery
  bool operator==(const DuplicateMet&) const = default;
};
inline constexpr std::string_view kDuplicateSchema = "wxpipe.duplicate.v1";
DuplicateMet duplicate_of(const Event& event);

void encode(const FollowerChanged& fact, std::string& out);
void encode(const LeadActivity& fact, std::string& out);
void encode(const LogWritten& fact, std::string& out);
void encode(const DuplicateMet& fact, std::string& out);
Result<FollowerChanged> decode_follower(std::string_view json);
Result<LeadActivity> decode_lead_activity(std::string_view json);
Result<LogWritten> decode_log(std::string_view json);
Result<DuplicateMet> decode_duplicate(std::string_view json);
// Whether a value of messages.v1 is one of these rather than a message; a look at how our encoder begins, not a
// reading.
bool is_duplicate(std::string_view json);

}  // namespace wxpipe::schemas
