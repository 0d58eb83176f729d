#include "console/problems.hpp"

#include "common/postgres/error.hpp"
#include "common/telemetry/log.hpp"

namespace wxpipe::console {

Problem problem_of(const std::exception& error) {
  if (const auto* problem = dynamic_cast<const Problem*>(&error)) return *problem;
  if (dynamic_cast<const UsageError*>(&error)) return {400, "bad_request", error.what()};
  if (dynamic_cast<const Unavailable*>(&error))
    return {503, "server_away", error.what(), "`wxpipe doctor` says what is wrong."};
  if (const auto* sql = dynamic_cast<const postgres::SqlError*>(&error)) {
    constexpr std::string_view kCanceled = "57014";
    if (sql->sqlstate() == kCanceled)
      return {422, "too_much", "this takes longer than a question may", "Narrow it: a shorter time, one account."};
    constexpr std::string_view kNoPrivilege = "42501";
    if (sql->sqlstate() == kNoPrivilege)
      return {500, "internal", error.what(),
              "[console] postgres_url names a role that lacks a grant: docs/operations.md."};
  }
  telemetry::log_error("console_failed", {{"why", error.what()}});
  return {500, "internal", "the console made a mistake; its log has event=console_failed"};
}

}  // namespace wxpipe::console
