// One batch of records as one Postgres transaction: compare-and-set of the offsets, rows, dead letters, ledger counts,
// commit. Either all of it is stored, or the records are taken again later.
//
//   partitions exist? ─► begin ─► offsets ─► erased people ─► timeless ids ─► rows, all fresh ─► dead letters
//     ─► brake ─► commit                                                         │
//                one of the rows was there: again from begin, looking for such rows
//                another one came meanwhile: again, by inserts that leave such rows out
//                one was refused: again from begin, by halves with savepoints
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/config/settings.hpp"
#include "sinks/brake.hpp"
#include "sinks/erased_people.hpp"
#include "sinks/fact_table.hpp"
#include "sinks/offset_store.hpp"
#include "sinks/partition_keeper.hpp"
#include "sinks/read_batch.hpp"

namespace wxpipe::sinks {

// Too many rejections in a run: nothing of the batch was stored, and a person has to look.
class Braked : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What happens to rows that Postgres refuses and records that can't be read.
enum class Refused {
  stored,   // as dead letters; a run of them brakes
  reported  // only in the outcome: for records that had their dead letter when they first came
};

struct BatchOutcome {
  Written written;
  std::vector<schemas::DeadLetter> dead_letters;
  std::string first_letters_span;   // the span id of the first one's record; empty: none
  std::vector<Timestamp> received;  // of the rows
  struct {
    Timestamp received_at = Timestamp::max();
    std::string trace_id, receipt;
  } oldest;           // of the rows
  size_t erased = 0;  // facts that named somebody who was erased
};

class BatchWriter {
 public:
  // Offsets, settings and clock must outlive it. `writer`: this process's name in the ledger.
  BatchWriter(const schemas::FamilyInfo& family, const OffsetStore& offsets, const config::SinkSettings& settings,
              std::string writer, const Clock& clock, Refused refused = Refused::stored);

  // Fills `outcome` before the commit, so a commit in doubt can still be counted if it succeeded. Throws
  //   Fenced       somebody else owns a partition: forget the batch
  //   InDoubt      the commit may have happened: the next claim of the partitions shows it
  //   Unavailable  the connection is gone: make a new one
  //   SqlError     refused, but not because of the data (sqlstate.hpp says whether to wait)
  //   Braked
  void write(postgres::Connection& connection, ReadBatch& batch, std::span<const Advance> advances,
             BatchOutcome& outcome);

 private:
  enum class Mode { fresh, looked_up, inserted, halves };

  void write_once(postgres::Connection& connection, ReadBatch& batch, std::span<const Advance> advances, Mode mode,
                  BatchOutcome& outcome);
  size_t write_halves(postgres::Transaction& transaction, ReadBatch& batch, BatchOutcome& outcome,
                      std::vector<bool>& rejected);
  void keep_dead_letters(postgres::Transaction& transaction, const std::vector<schemas::DeadLetter>& letters);
  bool may_miss_partition(const postgres::SqlError& error) const;

  const OffsetStore& offsets_;
  const config::SinkSettings& settings_;
  const schemas::FamilyInfo& family_;
  const std::string writer_, stage_;
  const Clock& clock_;
  const Refused refused_;
  Brake brake_;
  PartitionKeeper partitions_;
  ErasedPeople erased_people_;
  FactTable<schemas::DeadLetter> dead_letters_;

  size_t bad_lately_ = 0;                            // rows that Postgres refused in the last batch
  bool met_again_lately_ = false;                    // some rows of the last batch existed already
  bool partitions_renewed_ = false;                  // in this batch
  std::set<std::string, std::less<>> known_checks_;  // texts of the server that mean a violated constraint
};

}  // namespace wxpipe::sinks
