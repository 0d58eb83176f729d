// Custody, proven: every acknowledged receipt is looked for, and those that are nowhere are named
// (docs/decisions/0004-custody-marks.md). `audit` answers people; `look_at_unsettled` is its cheap companion for the
// metric.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

#include "common/postgres/connection.hpp"
#include "sinks/custody/custody_store.hpp"
#include "sinks/custody/drain.hpp"
#include "sinks/custody/reconcile.hpp"

namespace wxpipe::sinks {

struct AuditReport {
  Wanted wanted;
  Tallies tallies;
  int64_t voided = 0;
  std::vector<MissingReceipt> missing;  // unaccounted
  std::vector<std::string> in_doubt;    // receipts behind the last mark of a process that was killed
  std::vector<MarkGap> marks_missing;
  std::vector<std::string> waiting_for;  // why what is in flight may still come
  std::vector<Boot> boots;

  Tally total() const;
  bool fine() const { return missing.empty() && marks_missing.empty(); }
};

// Waits up to `patience` for what is in the topics to be taken, then looks at every row there should be. Throws
// Unavailable (Kafka or Postgres is away) and SqlError.
AuditReport audit(postgres::Connection& connection, Drain& drain, const Wanted& wanted,
                  std::chrono::milliseconds patience);

struct Look {
  size_t marks = 0;                     // looked at
  size_t settled = 0;                   // proven: not to be looked at again
  std::vector<MissingReceipt> missing;  // unaccounted, of these marks
};
// The oldest marks that aren't proven yet and older than `age`, a few at a time; what is found out is remembered in
// wxpipe.custody_marks. While consumers are behind, nothing is called unaccounted.
Look look_at_unsettled(postgres::Connection& connection, Drain& drain, std::chrono::seconds age,
                       std::chrono::milliseconds patience, const std::stop_token& stop);

}  // namespace wxpipe::sinks
