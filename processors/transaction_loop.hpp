// What a worker of `process` does with its batches: each becomes one Kafka transaction. The shell around it, and the
// words, are in common/worker/.
//
//   prepare  process_batch (pure)
//   write    begin (renews the producer where the transaction before left a doubt)
//              └► produce journal pages and records ─► send offsets ─► commit
//              │ abortable: abort; the batch is discarded, and read again from the committed offsets
//              └ fatal, fenced, broker away too long: throws; whoever runs it makes a new one
//   publish  the ids of the batch count from now on
//   discard  the ids staged are dropped
//
// All state is in Kafka. A claim reads the partitions' committed offsets (it waits for open transactions) and rebuilds
// their dedupe windows from the journal. So a new worker, a restarted one, and one that lost its partitions for a
// moment all decide the same.
//
// Each slot has its own transactional id (<prefix>process.<instance>.<slot>), so a restarted worker fences its old
// self.
#pragma once

#include <chrono>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/config/settings.hpp"
#include "common/kafka/transactional_producer.hpp"
#include "common/telemetry/dead_letter_line.hpp"
#include "common/worker/worker.hpp"
#include "processors/process_batch.hpp"
#include "processors/process_metrics.hpp"
#include "processors/steps.hpp"

namespace wxpipe::processors {

std::string transactional_id(const config::Settings& settings, int slot);

class TransactionLoop : private worker::Job {
 public:
  // All arguments are borrowed and must outlive the loop. Connects, and fences an older worker of the same slot. Throws
  // Unavailable, Fenced or UsageError.
  TransactionLoop(const config::Settings& settings, int slot, const CurrentSteps& steps, const Clock& clock,
                  ProcessMetrics& metrics, worker::Status& status);

  // Runs until stopped and leaves nothing half done. Throws Unavailable and Fenced: make a new loop.
  void run(const std::stop_token& stop) { worker_.run(stop); }

 private:
  struct Transaction : worker::Batch {
    void clear() override;

    Effects effects;
    std::string first_letters_account, first_letters_traceparent;
    kafka::GroupMetadata group;
    std::chrono::steady_clock::time_point started;
  };
  std::unique_ptr<worker::Batch> make_batch() override { return std::make_unique<Transaction>(); }
  std::vector<kafka::PartitionOffset> claim(const std::vector<kafka::Partition>& partitions,
                                            const std::stop_token& stop) override;
  void prepare(worker::Batch& batch) override;
  void write(worker::Batch& batch, const std::stop_token& stop) override;
  void publish(worker::Batch& batch) override;
  void discard(const worker::TryAgain& why, std::chrono::milliseconds wait) override;
  void revoking() override;

  void send(Transaction& transaction);

  const config::Settings& settings_;
  const CurrentSteps& steps_;
  const Clock& clock_;
  ProcessMetrics& metrics_;
  telemetry::DeadLetterLine dead_letter_line_{kProcessGroup};
  const std::string events_topic_, journal_topic_;
  kafka::TransactionalProducer producer_;
  Windows windows_;
  std::map<int, int64_t> next_;  // by partition: the offset up to which its window is complete
  worker::Worker worker_;  // declared after the producer, so it gets partitions only after fencing. Destroyed first
};

}  // namespace wxpipe::processors
