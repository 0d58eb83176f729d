// LeadActivity: a lead did something that a scoring rule gives points for, or told its contact data (rule
// `contact_data`, no points). A row of lead_activities; sums by day, profile and score are merged from it.
#pragma once

#include "schemas/facts/origin.hpp"

namespace wxpipe::schemas {

struct LeadActivity {
  Origin origin;
  Uuid activity_id;  // derived_id(event, "rule:" + rule)
  std::string rule, dimension;
  int points = 0, daily_cap = 0, half_life_days = 0;
  std::string description;
  Attributes profile;
  bool operator==(const LeadActivity&) const = default;

  static constexpr std::string_view kName = "lead_activity", kTitle = "LeadActivity";
  static constexpr std::array<std::string_view, 1> kSchemas{"wxpipe.lead_activity.v1"};
  // One event mostly fires several rules: then one record has all of its activities.
  static constexpr std::string_view kListSchema = "wxpipe.lead_activities.v1", kListName = "activities",
                                    kListTitle = "LeadActivities";
  static constexpr std::string_view kMeaning = "A lead did something that a scoring rule gives points for.";
  static constexpr auto kFields = fields(
      origin_fields<&LeadActivity::origin>(
          {.subject = "The lead: openid, external user id, phone or whatever the channel identifies by",
           .newest_wins = true}),
      field<&LeadActivity::activity_id>("activity_id", "From the event and the rule: equal on every repetition")
          .of_each()
          .like("01934f2a-7e48-8a11-8f00-6d2c4a90b1c7"),
      field<&LeadActivity::rule>("rule", "The scoring rule's name").of_each().like("menu_price"),
      field<&LeadActivity::dimension>("dimension", "What the rule speaks of: interest, engagement, intent, profile …")
          .of_each()
          .like("interest"),
      field<&LeadActivity::points>("points", "What the rule gives for it; may be negative").of_each().like("15"),
      field<&LeadActivity::daily_cap>("daily_cap",
                                      "Most points (either way) this rule gives a lead on one day (UTC); 0: no cap")
          .of_each()
          .like("30"),
      field<&LeadActivity::half_life_days>("half_life_days",
                                           "After so many days half of the points are left; 0: they never fade")
          .at_least(0)
          .of_each()
          .like("30"),
      field<&LeadActivity::description>("description", "For people").optional().like("menu.clicked 价格表"),
      field<&LeadActivity::profile>("profile",
                                    "What a lead form told: contact_name, contact_phone, company_name, utm_source …")
          .optional()
          .like("contact_name=张三;contact_phone=13800000000"));
  static constexpr Table kTable{
      .name = "lead_activities", .key = {"activity_id", "occurred_at"}, .partitioning = {By::month}};
};

}  // namespace wxpipe::schemas
