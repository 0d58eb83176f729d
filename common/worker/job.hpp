// The part of a worker that differs between `process` and the sinks: where to begin, what a batch becomes, where it is
// written. worker.hpp is the shell around it. All workers use these verbs for a batch:
//
//   claim    the partitions become this worker's, and it learns where to begin in each
//   collect  takes records until the batch is full, or its time is over
//   prepare  decides what the records become; changes nothing outside of this process
//   write    all of it and the new offsets in one transaction, on a second thread, while the next batch is collected
//   await    waits for the end of the write
//   publish  the batch is committed: counts it, and lets later batches see it
//   discard  the batch is not committed: it and everything taken since are forgotten
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

// Records that were taken together. A job derives its own type and adds its data.
struct Batch {
  virtual ~Batch() = default;
  // Empties it, for the next use.
  virtual void clear();

  std::deque<kafka::Record>
      records;                 // a deque, so that views stay valid until clear(). Prepare may drop records earlier
  size_t size = 0, bytes = 0;  // number of records taken, and bytes of their values
  std::chrono::steady_clock::time_point since;  // when the first was taken
  Timestamp last_taken;                         // received_at of the last one
  std::map<int, int64_t> ends;                  // by partition: the offset after its last record
};

// Thrown by claim and write: nothing is stored, and the worker must rewind.
class TryAgain : public std::runtime_error {
 public:
  // The event that ends the trouble; until then the worker isn't ready.
  enum class Until { claimed, committed, restarted };

  // `which`: from a closed list, for metrics and log lines.
  TryAgain(const char* which, const std::string& why, Until over = Until::claimed)
      : std::runtime_error(why),
        kind(which),
        until(over) {}
  const char* kind;
  Until until;
};

// The only kind that the shell itself throws: the next record is not in the log.
inline constexpr const char* kLostRecords = "lost_records";

// All but write run on the worker's thread. Any exception but TryAgain ends the worker.
class Job {
 public:
  virtual ~Job() = default;
  // Called a few times; the worker reuses the batches in turn.
  virtual std::unique_ptr<Batch> make_batch() = 0;
  // Returns where to begin in each partition; kNoOffset leaves that to auto.offset.reset. May block for less than
  // max.poll.interval.ms. No write runs at the same time.
  virtual std::vector<kafka::PartitionOffset> claim(const std::vector<kafka::Partition>& partitions,
                                                    const std::stop_token& stop) = 0;
  // A chance to do a part of prepare early: the batch is still growing, and the one before it is being written.
  virtual void read_ahead(Batch&) {}
  // Once for each batch, in order. The write of the batch before may still run. Assume that it succeeds: if not, both
  // are discarded.
  virtual void prepare(Batch& batch) = 0;
  // On the second thread, one at a time, in order. It may use only data that no other call changes, except claim and
  // discard.
  virtual void write(Batch& batch, const std::stop_token& stop) = 0;
  // After the commit, in order, before the next claim or discard. The next batch may be in its write.
  virtual void publish(Batch& batch) = 0;
  // Forgets all batches that were prepared and not published. `wait`: the time until the next claim.
  virtual void discard(const TryAgain& why, std::chrono::milliseconds wait) = 0;
  // These partitions will be given up. A running write is finished before this call.
  virtual void revoking() {}
};

}  // namespace wxpipe::worker
