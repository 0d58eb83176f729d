#include "common/postgres/sqlstate.hpp"

namespace wxpipe::postgres {

Verdict classify(std::string_view sqlstate, std::string_view message) {
  const auto is_class = [&](std::string_view word) { return sqlstate.starts_with(word); };
  // "no partition of relation … found for row" has the same code as a violated CHECK constraint. Only the texts differ,
  // and servers translate them. So on 23514 also look for missing partitions (sinks/batch_writer.cpp does).
  if (sqlstate == "23514" && message.find("no partition of relation") != std::string_view::npos)
    return Verdict::missing_partition;
  if (is_class("22") || is_class("23")) return Verdict::reject_row;
  if (is_class("54")) return Verdict::reject_row;       // program_limit_exceeded: a value too long for an index
  if (sqlstate == "P0001") return Verdict::reject_row;  // a trigger of the table's owner refused the row
  if (is_class("08") || is_class("40") || is_class("53") || is_class("55") || is_class("57") || is_class("58"))
    return Verdict::retry;
  if (sqlstate == "25P03" || sqlstate == "25P04" || sqlstate == "25006")
    return Verdict::retry;  // our transaction was idle or ran too long; or this server became a standby
  return Verdict::fatal;
}

bool ends_connection(std::string_view sqlstate) {
  return sqlstate.starts_with("08") || sqlstate == "57P01" || sqlstate == "57P02" || sqlstate == "57P03" ||
         sqlstate == "57P05" || sqlstate == "25P03" || sqlstate == "25P04" || sqlstate == "25006";
}

Reason reason_of(std::string_view sqlstate) {
  if (sqlstate.starts_with("54")) return Reason::too_large;
  if (sqlstate == "22021" || sqlstate == "22P05") return Reason::invalid_value;  // a character Postgres can't hold
  return sqlstate.starts_with("22") ? Reason::invalid_value : Reason::constraint_violation;
}

}  // namespace wxpipe::postgres
