#include "sinks/batch_writer.hpp"

#include <fmt/format.h>

#include <optional>

#include "common/postgres/sqlstate.hpp"
#include "common/runtime/fault_point.hpp"
#include "sinks/bisect.hpp"
#include "sinks/timeless_ids.hpp"

namespace wxpipe::sinks {
namespace {
using postgres::SqlError;
using postgres::Verdict;

void merge(Written& sum, const Written& part) {
  sum.fresh += part.fresh;
  for (const auto& table : part.tables) {
    bool found = false;
    for (auto& known : sum.tables)
      if (known.table == table.table) {
        known.rows += table.rows;
        found = true;
      }
    if (!found) sum.tables.push_back(table);
  }
}
}  // namespace

BatchWriter::BatchWriter(Sink& sink, const OffsetStore& offsets, const config::SinkSettings& settings,
                         std::string writer, const Clock& clock)
    : sink_(sink),
      offsets_(offsets),
      settings_(settings),
      writer_(std::move(writer)),
      stage_(fmt::format("sink.{}", sink.family())),
      clock_(clock),
      brake_(settings) {}

void BatchWriter::write(postgres::Connection& connection, std::span<const InputRecord> records,
                        std::span<const Advance> advances, BatchOutcome& outcome) {
  read(records);
  partitions_.make_for(sink_, connection, clock_.now());
  auto mode = Mode::whole;
  for (bool partitions_renewed = false;;) {
    try {
      return write_once(connection, records, advances, mode, outcome);
    } catch (const SqlError& error) {
      const auto verdict = classify(error);
      // Every CHECK constraint shares 23514 with a missing partition, and the words are in the server's language.
      const bool maybe_partition = verdict == Verdict::missing_partition || error.sqlstate() == "23514";
      if (maybe_partition && !partitions_renewed) {
        partitions_renewed = true;
        if (partitions_.renew_for(sink_, connection, clock_.now()) > 0) continue;
      }
      // Try the whole batch first: only a poisoned one should pay for savepoints and halves.
      const bool of_a_row = verdict == Verdict::reject_row || verdict == Verdict::missing_partition;
      if (!of_a_row || mode == Mode::halves) throw;
      mode = Mode::halves;
    }
  }
}

void BatchWriter::read(std::span<const InputRecord> records) {
  sink_.clear();
  record_of_row_.clear();
  unreadable_.clear();
  for (size_t i = 0; i < records.size(); ++i) {
    const auto& value = records[i].value;
    const auto read =
        value ? sink_.add(*value) : Result<void>(Rejection{Reason::unreadable_record, "a record without a value"});
    if (read)
      record_of_row_.push_back(i);
    else
      unreadable_.push_back({i, read.error()});
  }
}

void BatchWriter::write_once(postgres::Connection& connection, std::span<const InputRecord> records,
                             std::span<const Advance> advances, Mode mode, BatchOutcome& outcome) {
  outcome = {};
  std::vector<bool> rejected(records.size());

  postgres::Transaction transaction(connection);
  offsets_.advance(transaction, advances);
  settle_timeless_rows(sink_, transaction, settings_.timeless_window);
  if (mode == Mode::halves)
    write_halves(transaction, records, outcome, rejected);
  else if (sink_.size() > 0)
    outcome.written = sink_.write(transaction, 0, sink_.size(), writer_);
  for (const auto& [record, why] : unreadable_) {
    outcome.dead_letters.push_back(dead_letter_of(records[record], stage_, why, {}, {}, clock_.now()));
    rejected[record] = true;
  }
  if (const auto why = brake_.try_outcomes(rejected)) {
    const auto& last = outcome.dead_letters.back();
    throw Braked(
        fmt::format("{}; the last for: {} {}{}. Nothing of this batch was stored: repair the cause, or raise the "
                    "limit if these records are to become dead letters, and restart",
                    *why, to_string(last.reason), last.sqlstate.empty() ? "" : last.sqlstate + " ", last.detail));
  }
  if (!outcome.dead_letters.empty()) dead_letters_.insert(transaction, outcome.dead_letters, sink_.family(), writer_);
  for (size_t row = 0; row < sink_.size(); ++row)
    if (!rejected[record_of_row_[row]]) outcome.received.push_back(sink_.head(row).received_at);
  WXPIPE_FAULT_POINT(sink_before_commit);
  transaction.commit();
  WXPIPE_FAULT_POINT(sink_after_commit);
  brake_.commit(rejected);
}

void BatchWriter::write_halves(postgres::Transaction& transaction, std::span<const InputRecord> records,
                               BatchOutcome& outcome, std::vector<bool>& rejected) {
  const auto attempt = [&](size_t first, size_t count) -> std::optional<SqlError> {
    transaction.execute("savepoint rows");
    try {
      const auto written = sink_.write(transaction, first, count, writer_);
      transaction.execute("release savepoint rows");
      merge(outcome.written, written);
      return std::nullopt;
    } catch (const SqlError& error) {
      const auto verdict = classify(error);
      if (verdict != Verdict::reject_row && verdict != Verdict::missing_partition) throw;
      transaction.execute("rollback to savepoint rows; release savepoint rows");
      return error;
    }
  };
  bisect(0, sink_.size(), attempt, [&](size_t row, const SqlError& error) {
    const auto record = record_of_row_[row];
    outcome.dead_letters.push_back(letter_of_row(records[record], row, error));
    rejected[record] = true;
  });
}

schemas::DeadLetter BatchWriter::letter_of_row(const InputRecord& record, size_t row, const SqlError& error) const {
  const auto head = sink_.head(row);
  const std::optional<Uuid> event_id = head.event_id == Uuid{} ? std::nullopt : std::optional(head.event_id);
  return dead_letter_of(record, stage_, {postgres::reason_of(error.sqlstate()), error.what()}, error.sqlstate(),
                        {event_id, head.occurred_at, head.account, head.receipt, head.trace_id}, clock_.now());
}

}  // namespace wxpipe::sinks
