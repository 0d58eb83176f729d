// What a worker of `sink` does with its batches: each becomes one Postgres transaction. The shell around it, and the
// words, are in common/worker/.
//
//   claim    in Postgres: epoch + 1, and the offset to begin with
//   prepare  the records are read as rows
//   write    BatchWriter
//   publish  metrics
//   discard  the claims end. The next claim shows what is stored, also after a commit in doubt
//
// Kafka never holds an offset of a sink. After the brake has stopped it, the worker stays a member of the group, but
// takes nothing until it is restarted.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.hpp"
#include "common/config/settings.hpp"
#include "common/telemetry/dead_letter_line.hpp"
#include "common/worker/worker.hpp"
#include "sinks/batch_writer.hpp"
#include "sinks/database.hpp"
#include "sinks/sink_metrics.hpp"

namespace wxpipe::sinks {

std::string topic_of(const config::KafkaSettings& settings, const schemas::FamilyInfo& family);

class SinkWorker : private worker::Job {
 public:
  // All arguments are borrowed and must outlive the worker. No network wait. Throws UsageError.
  SinkWorker(const config::Settings& settings, const schemas::FamilyInfo& family, const Clock& clock,
             Database& database, SinkMetrics& metrics, worker::Status& status);

  // Runs until stopped and leaves nothing half done. Throws Unavailable and Fenced: make a new worker.
  void run(const std::stop_token& stop) { worker_.run(stop); }

 private:
  struct Rows : worker::Batch {
    explicit Rows(const schemas::FamilyInfo& family);
    void clear() override;

    std::vector<InputRecord> inputs;
    ReadBatch read;
    BatchOutcome outcome;
    std::chrono::steady_clock::duration took{};
  };
  std::unique_ptr<worker::Batch> make_batch() override { return std::make_unique<Rows>(family_); }
  std::vector<kafka::PartitionOffset> claim(const std::vector<kafka::Partition>& partitions,
                                            const std::stop_token& stop) override;
  void read_ahead(worker::Batch& batch) override { prepare(batch); }
  void prepare(worker::Batch& batch) override;
  void write(worker::Batch& batch, const std::stop_token& stop) override;
  void publish(worker::Batch& batch) override;
  void discard(const worker::TryAgain& why, std::chrono::milliseconds wait) override;
  void revoking() override;

  template <class Call>
  void ask_postgres(Call&& call);
  void write_rows(postgres::Connection& connection, Rows& rows, std::span<const Advance> advances,
                  const std::stop_token& stop);
  void settle_doubt();
  void committed(const BatchOutcome& outcome);

  const schemas::FamilyInfo& family_;
  const std::string name_;
  const Clock& clock_;
  Database& database_;
  SinkMetrics& metrics_;
  telemetry::DeadLetterLine dead_letter_line_;
  const OffsetStore offsets_;
  BatchWriter writer_;
  std::map<int, Claim> claims_;  // by partition; next_offset: after the last committed record
  struct Doubt {
    std::vector<Advance> advances;
    BatchOutcome outcome;
  };
  std::optional<Doubt> doubt_;
  std::string hindered_by_;  // why the last batch was discarded
  worker::Worker worker_;    // destroyed first: a write may still use the rest
};

}  // namespace wxpipe::sinks
