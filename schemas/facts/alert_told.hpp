// AlertTold: an instance raised an alert, or told that it is over. It is merged into `alert_records`, where the alerts
// of wxpipe's own rules are too (sinks/alerts). An alert that is over stays so, whatever comes first.
#pragma once

#include "schemas/facts/origin.hpp"

namespace wxpipe::schemas {

struct AlertTold {
  Origin origin;
  std::string alert_uuid;
  bool over = false;
  AttributeTree told;
  bool operator==(const AlertTold&) const = default;

  static constexpr std::string_view kName = "alert", kTitle = "AlertTold";
  static constexpr std::array<std::string_view, 1> kSchemas{"wxpipe.alert.v1"};
  static constexpr std::string_view kMeaning =
      "An instance raised an alert, or told that it is over. Of each field in told the newest value holds.";
  static constexpr auto kFields = fields(
      origin_fields<&AlertTold::origin>({.subject = "Nobody", .only_merged = true}),
      field<&AlertTold::alert_uuid>("alert_uuid", "The sender's id of the alert; of wxpipe's own rules alert_id")
          .required()
          .like("5f0c2a3e-7f1b-4a52-9c1e-3a4b5c6d7e8f"),
      field<&AlertTold::over>("over", "true: it is over; else it was raised").unless_empty().for_merge(),
      field<&AlertTold::told>("told", "title, message, level, metric_name, metric_value, threshold_value, account …")
          .unless_empty()
          .for_merge()
          .like("title=内存占用过高;level=WARNING;metric_value=93.1"));
  static constexpr Table kTable{
      .name = "alert_records", .key = {"alert_id"}, .ledger = {"", "received_at"}, .filled_by_merge = true};
};

}  // namespace wxpipe::schemas
