// What to do about a refused statement (docs/guarantees.md law 6): bad data is rejected, other trouble is waited for.
// Pure.
#pragma once

#include <string_view>

#include "common/postgres/error.hpp"
#include "common/result.hpp"

namespace wxpipe::postgres {

enum class Verdict {
  retry,       // not the data's fault: connection, lock, memory, disk, shutdown. Wait, try again, never dead-letter
  reject_row,  // the data's fault: find the row, dead-letter it
  missing_partition,  // create it and try again
  fatal               // we: wrong SQL, wrong schema, no permission. Stop and say so
};

Verdict classify(std::string_view sqlstate, std::string_view message);
inline Verdict classify(const SqlError& error) { return classify(error.sqlstate(), error.what()); }

// Postgres ended the connection with this answer, so it can't be used again.
bool ends_connection(std::string_view sqlstate);

// The dead letter's reason for a rejected row.
Reason reason_of(std::string_view sqlstate);

}  // namespace wxpipe::postgres
