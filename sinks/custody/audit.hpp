// Proves custody: looks for every acknowledged receipt, and names those that are found nowhere
// (docs/decisions/0004-custody-marks.md). `audit` is for people; `look_at_unsettled` is a cheap check for the metric.
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
  int64_t retired = 0;                  // left out, because retention has dropped their rows
  std::vector<MissingReceipt> missing;  // unaccounted
  std::vector<std::string> in_doubt;    // receipts after the last mark of a process that was killed
  std::vector<MarkGap> marks_missing;
  std::vector<std::string> waiting_for;  // reasons why receipts in flight may still come
  std::vector<Boot> boots;

  Tally total() const;
  bool fine() const { return missing.empty() && marks_missing.empty(); }
};

// Waits up to `patience` until everything in the topics has been taken, then looks for every row that should exist.
// Throws Unavailable (Kafka or Postgres is away) and SqlError.
AuditReport audit(postgres::Connection& connection, Drain& drain, const Wanted& wanted,
                  std::chrono::milliseconds patience);

struct Look {
  size_t marks = 0;                     // checked
  size_t settled = 0;                   // proven: never checked again
  std::vector<MissingReceipt> missing;  // unaccounted, of these marks
};
// Checks a few marks: the oldest ones that are older than `age` and not proven yet. Stores the result in
// wxpipe.custody_marks. While consumers are behind, nothing is called unaccounted.
Look look_at_unsettled(postgres::Connection& connection, Drain& drain, std::chrono::seconds age,
                       std::chrono::milliseconds patience, const std::stop_token& stop);

}  // namespace wxpipe::sinks
