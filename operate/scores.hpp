// Scores for people who set the rules: what each activity adds to a lead's score, and which leads other rules would
// move. Nothing is written. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.hpp"
#include "common/postgres/connection.hpp"
#include "operate/replay.hpp"

namespace wxpipe::operate {

struct LeadKey {
  std::string account, tenant, subject;
  bool operator==(const LeadKey&) const = default;
};

// The leads with this subject; empty account: of every account.
std::vector<LeadKey> find_leads(postgres::Connection& connection, std::string_view subject, std::string_view account);

struct ScorePart {
  Timestamp occurred_at;
  std::string event_id, event_type, rule, dimension, description;
  int64_t points = 0;  // what the rule gave
  double counted = 0;  // what the rule's daily cap left of it
  double now = 0;      // what is left of that on the day asked for
};

struct ExplainedScore {
  std::string on;                // the day (UTC)
  std::vector<ScorePart> parts;  // the newest first
  double sum = 0;                // of all parts, before the limits of 0 and 100
  int64_t score = 0;
  int64_t by_sums = 0;  // the same from wxpipe.lead_daily: equal, unless activities were dropped with their month
};
// on: YYYY-MM-DD; empty: the lead's last day of activity. Throws UsageError: no such day.
ExplainedScore explain_score(postgres::Connection& connection, const LeadKey& lead, const std::string& on);

struct MovedLead {
  LeadKey lead;
  std::string name;
  int64_t before = 0, after = 0;
};

struct MovedScores {
  int64_t events = 0, leads = 0;        // replayed; with activities of them, by the old or the new rules
  int64_t up = 0, down = 0, fresh = 0;  // fresh: no lead before
  std::vector<MovedLead> moved;         // those that move most
};

// Takes a replay by new rules and holds it against the tables: of the events that it gets, the activities of the new
// rules stand in the place of those that are stored. All other activities stay as they are.
class ScoreTrial final : public ReplayTarget {
 public:
  // The connection must outlive it; it keeps temporary tables there.
  explicit ScoreTrial(postgres::Connection& connection);
  void take(std::span<const Made> records) override;
  // Scores as of each lead's last day of activity, by the old or the new rules.
  MovedScores result(size_t most);

 private:
  postgres::Connection& connection_;
};

}  // namespace wxpipe::operate
