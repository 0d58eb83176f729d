// One worker of `process`: a consumer and a transactional producer that belong together.
//
//   poll a batch ─► process_batch (pure) ─► begin ─► produce journal and records ─► offsets ─► commit ─► publish ids
//                                             │ abortable: abort, drop the staged ids, seek back to the batch's start
//                                             └ fatal, fenced, broker away too long: throws; its owner makes a new one
//
// From `begin` to `commit` a second thread does it, one batch at a time, while this one polls and processes the next
// batch: it counts on the one before, is written only once that is committed, and falls with it.
//
// Nothing is kept that Kafka doesn't have. When partitions are assigned, their committed offsets are read (waiting for
// transactions in doubt) and their dedupe windows rebuilt from the journal, so a new worker, a restarted one and one
// that lost its partitions for a moment all decide alike. A revocation (they happen inside poll) waits for the open
// transaction's end; what was polled and not written is forgotten: its next owner reads it again.
//
// The transactional id is the slot's own (<prefix>process.<instance>.<slot>): a restarted worker fences its zombie.
#pragma once

#include <chrono>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/config/settings.hpp"
#include "common/kafka/consumer.hpp"
#include "common/kafka/transactional_producer.hpp"
#include "processors/process_batch.hpp"
#include "processors/process_metrics.hpp"

namespace wxpipe::processors {

// How a worker is; written by it, read by the role's thread.
class WorkerStatus {
 public:
  struct Snapshot {
    std::string trouble = "starting";  // empty: working, or waiting for work
    int64_t lag_records = 0;
    Timestamp last_taken;  // received_at of the newest record taken
  };
  Snapshot snapshot() const {
    const std::lock_guard lock(mutex_);
    return state_;
  }
  void set_trouble(std::string_view why) {
    const std::lock_guard lock(mutex_);
    state_.trouble = why;
  }
  void set_progress(int64_t lag_records, Timestamp last_taken) {
    const std::lock_guard lock(mutex_);
    state_.lag_records = lag_records;
    state_.last_taken = last_taken;
  }

 private:
  mutable std::mutex mutex_;
  Snapshot state_;
};

std::string process_group(const config::KafkaSettings& settings);  // <prefix>process
std::string transactional_id(const config::Settings& settings, int slot);

class TransactionLoop : private kafka::RebalanceListener {
 public:
  // Everything is borrowed and must outlive the loop. Connects, fences the slot's predecessor; throws Unavailable,
  // Fenced or UsageError.
  TransactionLoop(const config::Settings& settings, int slot, const Steps& steps, const Clock& clock,
                  ProcessMetrics& metrics, WorkerStatus& status);

  // Until stopped, with nothing left half done. Throws Unavailable and Fenced: make a new loop.
  void run(const std::stop_token& stop);

 private:
  std::vector<kafka::PartitionOffset> assigned(const std::vector<kafka::Partition>& partitions) override;
  void revoked(const std::vector<kafka::Partition>& partitions, bool lost) override;

  std::vector<kafka::PartitionOffset> committed(const std::vector<kafka::Partition>& partitions,
                                                std::chrono::steady_clock::time_point deadline);
  void collect();
  void settle();
  void write(Effects& effects, kafka::GroupMetadata group);
  bool finish();
  void go_back(const std::string& why);
  void report_progress();

  const config::Settings& settings_;
  const Steps& steps_;
  const Clock& clock_;
  ProcessMetrics& metrics_;
  WorkerStatus& status_;
  const std::string events_topic_, journal_topic_;
  std::stop_token stop_;

  // A batch between its processing and the end of its transaction.
  struct InFlight {
    Effects effects;
    size_t events = 0;
    Timestamp last_taken;
    std::chrono::steady_clock::time_point since;
    std::future<void> written;
  };

  kafka::TransactionalProducer producer_;
  kafka::Consumer consumer_;          // behind the producer: whoever has partitions has fenced its predecessor
  std::vector<kafka::Record> batch_;  // destroyed before the consumer
  Windows windows_;
  std::map<int, int64_t> next_;          // by partition: the offset up to which its window is complete
  std::map<int, int64_t> settled_ends_;  // ends that hold nothing but transaction markers beyond what was taken
  Timestamp last_taken_;
  std::chrono::steady_clock::time_point last_batch_{};
  unsigned aborts_ = 0;  // since the last commit
  bool revoking_ = false;
  std::minstd_rand random_{std::random_device{}()};
  std::optional<InFlight> in_flight_;  // destroyed first: waits for its thread
};

}  // namespace wxpipe::processors
