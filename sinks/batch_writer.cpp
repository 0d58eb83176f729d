#include "sinks/batch_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "common/postgres/sqlstate.hpp"
#include "common/runtime/fault_point.hpp"
#include "sinks/bisect.hpp"
#include "sinks/timeless_ids.hpp"

namespace wxpipe::sinks {
namespace {
using postgres::SqlError;
using postgres::Verdict;

constexpr std::string_view kUniqueViolation = "23505";
constexpr size_t kMostKnownChecks = 64;
constexpr size_t kMostPieces = 64;  // the most pieces of a batch that is probably poisoned

// While it lives, errors have the detail that names the refused row.
class AskForDetails {
 public:
  explicit AskForDetails(postgres::Connection& connection) : connection_(connection) {
    connection_.ask_for_details(true);
  }
  ~AskForDetails() { connection_.ask_for_details(false); }
  AskForDetails(const AskForDetails&) = delete;
  AskForDetails& operator=(const AskForDetails&) = delete;

 private:
  postgres::Connection& connection_;
};

// "Failing row contains (019ab…, 2026-…": the server quotes the row that violates a constraint. The words depend on the
// server's language, but the columns come in their order. If the first value is the id of one of our rows, that row is
// the culprit.
std::optional<size_t> culprit(const Sink& rows, const SqlError& error, size_t first, size_t count) {
  constexpr size_t kIdLength = 36;
  const std::string_view detail = error.detail();
  const auto begin = detail.find('(');
  Uuid id;
  if (!error.sqlstate().starts_with("23") || begin == std::string_view::npos ||
      !parse_uuid(detail.substr(begin + 1, kIdLength), id))
    return std::nullopt;
  for (size_t row = first; row < first + count; ++row)
    if (rows.head(row).id == id) return row;
  return std::nullopt;
}

void keep(BatchOutcome& outcome, const InputRecord& record, schemas::DeadLetter&& letter) {
  if (outcome.dead_letters.empty() && record.header)
    outcome.first_letters_span = schemas::span_id_in(record.header(schemas::kTraceparentHeader));
  outcome.dead_letters.push_back(std::move(letter));
}

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

BatchWriter::BatchWriter(const schemas::FamilyInfo& family, const OffsetStore& offsets,
                         const config::SinkSettings& settings, std::string writer, const Clock& clock, Refused refused)
    : offsets_(offsets),
      settings_(settings),
      family_(family),
      writer_(std::move(writer)),
      stage_(fmt::format("sink.{}", family.name)),
      clock_(clock),
      refused_(refused),
      brake_(settings),
      dead_letters_(schemas::family_of<schemas::DeadLetter>().name, "") {}

void BatchWriter::write(postgres::Connection& connection, ReadBatch& batch, std::span<const Advance> advances,
                        BatchOutcome& outcome) {
  partitions_.make_for(batch.rows(), connection, clock_.now());
  // Try the whole batch first, without savepoints and without looking for existing rows. Only a poisoned batch pays for
  // savepoints and halving, only a repeated one for the look-up. Such batches seldom come alone, so the last batch
  // decides how this one begins.
  auto mode = bad_lately_ > 0 ? Mode::halves : met_again_lately_ ? Mode::looked_up : Mode::fresh;
  partitions_renewed_ = false;
  for (;;) {
    try {
      if (!batch.complete()) batch.read_again();
      return write_once(connection, batch, advances, mode, outcome);
    } catch (const SqlError& error) {
      const auto verdict = classify(error);
      const bool of_a_row = verdict == Verdict::reject_row || verdict == Verdict::missing_partition;
      if (may_miss_partition(error)) {
        partitions_renewed_ = true;
        const bool made = partitions_.renew_for(batch.rows(), connection, clock_.now()) > 0;
        if (!made && verdict != Verdict::missing_partition && known_checks_.size() < kMostKnownChecks)
          known_checks_.insert(error.what());
        if (!made) mode = Mode::halves;
        continue;
      }
      if (!of_a_row || mode == Mode::halves) throw;
      if (error.sqlstate() != kUniqueViolation)
        mode = Mode::halves;
      else
        mode = mode == Mode::fresh ? Mode::looked_up : mode == Mode::looked_up ? Mode::inserted : Mode::halves;
    }
  }
}

// A violated CHECK constraint and a missing partition have the same code (23514), and the text is in the server's
// language. So partitions are checked once for each batch, unless the same text came from a constraint before.
bool BatchWriter::may_miss_partition(const SqlError& error) const {
  if (partitions_renewed_) return false;
  return classify(error) == Verdict::missing_partition ||
         (error.sqlstate() == "23514" && !known_checks_.contains(error.what()));
}

void BatchWriter::write_once(postgres::Connection& connection, ReadBatch& batch, std::span<const Advance> advances,
                             Mode mode, BatchOutcome& outcome) {
  outcome = {};
  const auto records = batch.records();
  auto& rows = batch.rows();
  std::vector<bool> rejected(records.size());

  postgres::Transaction transaction(connection);
  offsets_.advance(transaction, advances);
  if (rows.says_of_people()) {
    erased_people_.hold(transaction);
    outcome.erased = erased_people_.erase_from(batch, transaction);
  }
  settle_timeless_rows(rows, transaction, settings_.timeless_window);
  size_t bad = 0;
  if (mode == Mode::halves) {
    const AskForDetails details(connection);
    bad = write_halves(transaction, batch, outcome, rejected);
  } else if (rows.size() > 0) {
    outcome.written = mode == Mode::fresh       ? rows.append(transaction, 0, rows.size(), writer_)
                      : mode == Mode::looked_up ? rows.write(transaction, 0, rows.size(), writer_)
                                                : rows.insert(transaction, 0, rows.size(), writer_);
  }
  for (const auto& [record, why] : batch.unreadable()) {
    keep(outcome, records[record], dead_letter_of(records[record], stage_, why, {}, {}, clock_.now()));
    rejected[record] = true;
  }
  if (const auto why = refused_ == Refused::stored ? brake_.try_outcomes(rejected) : std::nullopt) {
    const auto& last = outcome.dead_letters.back();
    throw Braked(
        fmt::format("{}; the last for: {} {}{}. Nothing of this batch was stored: repair the cause, or raise the "
                    "limit if these records are to become dead letters, and restart",
                    *why, to_string(last.reason), last.sqlstate.empty() ? "" : last.sqlstate + " ", last.detail));
  }
  if (refused_ == Refused::stored) {
    outcome.erased += erased_people_.erase_from(outcome.dead_letters, transaction);
    keep_dead_letters(transaction, outcome.dead_letters);
  }
  for (size_t row = 0; row < rows.size(); ++row) {
    const auto& head = rows.head(row);
    outcome.received.push_back(head.received_at);
    if (head.received_at < outcome.oldest.received_at)
      outcome.oldest = {head.received_at, std::string(head.trace_id), std::string(head.receipt)};
  }
  WXPIPE_FAULT_POINT(sink_before_commit);
  transaction.commit();
  WXPIPE_FAULT_POINT(sink_after_commit);
  if (refused_ == Refused::stored) brake_.commit(rejected);
  bad_lately_ = bad;
  met_again_lately_ = outcome.written.fresh < static_cast<int64_t>(rows.size());
}

// The ledger counts them for this family.
void BatchWriter::keep_dead_letters(postgres::Transaction& transaction,
                                    const std::vector<schemas::DeadLetter>& letters) {
  std::vector<const schemas::DeadLetter*> facts;
  for (const auto& letter : letters) facts.push_back(&letter);
  Written written;
  dead_letters_.insert(transaction, facts, {family_.name, writer_}, written);
}

size_t BatchWriter::write_halves(postgres::Transaction& transaction, ReadBatch& batch, BatchOutcome& outcome,
                                 std::vector<bool>& rejected) {
  auto& rows = batch.rows();
  bool fresh = !met_again_lately_;
  const auto attempt = [&](size_t first, size_t count) -> std::optional<Refusal<SqlError>> {
    for (;;) {
      try {
        const auto written =
            fresh ? rows.append(transaction, first, count, writer_) : rows.insert(transaction, first, count, writer_);
        transaction.execute("release savepoint rows; savepoint rows");
        merge(outcome.written, written);
        return std::nullopt;
      } catch (const SqlError& error) {
        const auto verdict = classify(error);
        if (verdict != Verdict::reject_row && verdict != Verdict::missing_partition) throw;
        if (may_miss_partition(error)) throw;
        transaction.execute("rollback to savepoint rows");
        if (!fresh || error.sqlstate() != kUniqueViolation) return {{error, culprit(rows, error, first, count)}};
        fresh = false;  // some rows are there already
      }
    }
  };
  // A record has one dead letter, however many of its rows are refused.
  const auto reject = [&](size_t row, const SqlError& error) {
    const auto record = batch.record_of(row);
    const auto head = rows.head(row);
    const std::optional<Uuid> event_id = head.event_id == Uuid{} ? std::nullopt : std::optional(head.event_id);
    if (!rejected[record])
      keep(outcome, batch.records()[record],
           dead_letter_of(batch.records()[record], stage_, {postgres::reason_of(error.sqlstate()), error.what()},
                          error.sqlstate(), {event_id, head.occurred_at, head.account, head.receipt, head.trace_id},
                          clock_.now()));
    rejected[record] = true;
    batch.take_out(row);
  };
  transaction.execute("savepoint rows");
  // In pieces that hold one bad row each, if this batch is like the last one: a refused piece must be written again.
  const auto pieces = std::clamp<size_t>(bad_lately_, 1, kMostPieces);
  const auto piece = std::max<size_t>(1, (rows.size() + pieces - 1) / pieces);
  size_t bad = 0;
  for (size_t first = 0; first < rows.size();) {
    const auto count = std::min(piece, rows.size() - first);
    const auto bad_here = bisect(first, count, attempt, reject);
    first += count - bad_here;
    bad += bad_here;
  }
  return bad;
}

}  // namespace wxpipe::sinks
