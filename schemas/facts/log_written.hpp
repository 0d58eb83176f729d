// LogWritten: something that operators may want to look up later: authorisations,
// audits, jobs, account health, collisions. A row of system_logs.
#pragma once

#include "schemas/facts/origin.hpp"

namespace wxpipe::schemas {

struct LogWritten {
  Origin origin;
  Uuid log_id;
  std::string level, service, module, action, message;
  Attributes context;
  bool operator==(const LogWritten&) const = default;

  static constexpr std::string_view kName = "log", kTitle = "LogWritten";
  static constexpr std::array<std::string_view, 1> kSchemas{"wxpipe.log.v1"};
  static constexpr std::string_view kMeaning = "Something operators should be able to look up later.";
  static constexpr auto kFields = fields(
      origin_fields<&LogWritten::origin>({.subject = "Whom it is about", .null_if_empty = true, .own_too = true}),
      field<&LogWritten::log_id>("log_id", "From the event: equal on every repetition")
          .like("01934f2a-7e48-8b22-9c13-7e4d5ba1c2d8"),
      field<&LogWritten::level>("level", "info, warn, error").words("info warn error").like("warn"),
      field<&LogWritten::service>("service", "The platform or role that speaks").like("wechat"),
      field<&LogWritten::module>("module", "authorization, audit, job, application, quota …").like("audit"),
      field<&LogWritten::action>("action", "The event's type, or the happening").like("audit.failed"),
      field<&LogWritten::message>("message", "For people").like("audit.failed (weapp_audit_fail): 类目不符"),
      field<&LogWritten::context>("context", "Details").unless_empty().like("Reason=类目不符"));
  static constexpr Table kTable{.name = "system_logs", .key = {"log_id", "occurred_at"}, .partitioning = {By::day}};
};

}  // namespace wxpipe::schemas
