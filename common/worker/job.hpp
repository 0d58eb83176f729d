// What is particular to one kind of worker: where it begins, what its batches become and where they are written. The
// shell around it is worker.hpp. These are the verbs for what happens to a batch, the same for every worker:
//
//   claim    the partitions become this worker's, and it learns where to begin in each
//   collect  takes records until the batch is full, or its time is over
//   prepare  decides what the records become; changes nothing outside of this process
//   write    all of it and the new offsets in one transaction, on a second thread, while the next batch is collected
//   await    waits for the end of the write
//   publish  the batch is committed: counts it, and lets later batches see it
//   discard  the batch is not committed: it and all that was taken since never happened
//   rewind   discards, waits (back-off), and claims again: Kafka gives the same records once more
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/kafka/partition.hpp"
#include "common/kafka/record.hpp"

namespace wxpipe::worker {

// Records that were taken together. A job derives from it what it keeps beside them.
struct Batch {
  virtual ~Batch() = default;
  // For its next use.
  virtual void clear();

  std::deque<kafka::Record> records;  // don't move: views into them hold until clear(). Prepare may drop them earlier
  size_t size = 0, bytes = 0;         // of all records taken and of their values
  std::chrono::steady_clock::time_point since;  // the first was taken
  Timestamp last_taken;                         // received_at of the last one
  std::map<int, int64_t> ends;                  // by partition: the offset behind its last record
};

// Nothing of it is stored: rewind. Thrown by claim and write.
class TryAgain : public std::runtime_error {
 public:
  // What shows that the trouble is over; until then the worker isn't ready.
  enum class Until { claimed, committed, restarted };

  // `which`: from a closed list, for metrics and log lines.
  TryAgain(const char* which, const std::string& why, Until over = Until::claimed)
      : std::runtime_error(why),
        kind(which),
        until(over) {}
  const char* kind;
  Until until;
};

// The only kind that comes from the shell: the next record is not in the log.
inline constexpr const char* kLostRecords = "lost_records";

// All but write run on the worker's thread. What they throw except TryAgain ends the worker.
class Job {
 public:
  virtual ~Job() = default;
  // Called a few times: the batches are used in turn.
  virtual std::unique_ptr<Batch> make_batch() = 0;
  // Answers where to begin in each partition; kNoOffset leaves that to auto.offset.reset. May block for less than
  // max.poll.interval.ms. Nothing is being written meanwhile.
  virtual std::vector<kafka::PartitionOffset> claim(const std::vector<kafka::Partition>& partitions,
                                                    const std::stop_token& stop) = 0;
  // A batch that is still growing, while the one before it is written: what can be done with it now needn't be done
  // later.
  virtual void read_ahead(Batch&) {}
  // Once for each batch, in order. The one before it may still be in its write: count on it, a discard takes both.
  virtual void prepare(Batch& batch) = 0;
  // On the second thread, one at a time, in order. Touches nothing that the other calls change, except claim and
  // discard.
  virtual void write(Batch& batch, const std::stop_token& stop) = 0;
  // In order, before the next claim or discard, perhaps while the next batch is written.
  virtual void publish(Batch& batch) = 0;
  // All batches that were prepared and not published. `wait`: until the next claim.
  virtual void discard(const TryAgain& why, std::chrono::milliseconds wait) = 0;
  // Partitions are about to be given up; what is being written is finished first.
  virtual void revoking() {}
};

}  // namespace wxpipe::worker
