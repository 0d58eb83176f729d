// One family's sink: a consumer and a Postgres connection on one thread.
//
//   assigned ─► claim in Postgres (epoch + 1, next offset) ─► collect a batch ─► BatchWriter: one transaction ─►
//   collect …
//                  ▲                                                               │ Postgres away, commit in doubt
//                  └── nothing is fetched, membership goes on, back-off ◄──────────┘
//
// While Postgres writes a full batch, a second thread reads the records of the next one that are here already.
//
// Whatever goes wrong, the batch is forgotten and taken again from where Postgres says: there is one way to begin and
// one way to recover. Kafka never holds an offset of a sink. Once the brake has tripped, the worker stays a member and
// takes nothing until it is restarted.
#pragma once

#include <atomic>
#include <chrono>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <vector>

#include "common/backoff.hpp"
#include "common/clock.hpp"
#include "common/config/settings.hpp"
#include "common/kafka/consumer.hpp"
#include "sinks/batch_writer.hpp"
#include "sinks/database.hpp"
#include "sinks/sink_metrics.hpp"

namespace wxpipe::sinks {

// How a worker is; written by it, read by the role's thread.
class SinkStatus {
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

class SinkWorker : private kafka::RebalanceListener {
 public:
  // Everything is borrowed and must outlive the worker. No network wait. Throws UsageError.
  SinkWorker(const config::Settings& settings, std::string_view family, const Clock& clock, Database& database,
             SinkMetrics& metrics, SinkStatus& status);

  // Until stopped, with nothing left half done. Throws Unavailable and Fenced: make a new worker.
  void run(const std::stop_token& stop);

 private:
  std::vector<kafka::PartitionOffset> assigned(const std::vector<kafka::Partition>& partitions) override;
  void revoked(const std::vector<kafka::Partition>& partitions, bool lost) override;

  bool claim_due() const;
  void claim();
  std::vector<kafka::PartitionOffset> starts(const std::vector<Claim>& claims);
  void settle_doubt(const std::vector<Claim>& claims);
  // Records that were taken together, and what they say.
  struct Taken {
    explicit Taken(std::unique_ptr<Sink> sink) : batch(std::move(sink)) {}
    bool empty() const { return records.empty(); }
    void add(kafka::Record record);
    void read();  // what is new
    void clear();

    std::vector<kafka::Record> records;
    std::chrono::steady_clock::time_point since;  // the first came
    size_t bytes = 0;                             // of their values
    std::vector<InputRecord> inputs;
    ReadBatch batch;
  };
  bool full(const Taken& taken) const;
  void collect();
  void settle();
  void write(Taken& taken, std::span<const Advance> advances);
  void forget();
  void give_back(const char* metric, std::string_view why);
  void report_progress();

  const config::Settings& settings_;
  const std::string family_, group_, topic_;
  const Clock& clock_;
  Database& database_;
  SinkMetrics& metrics_;
  SinkStatus& status_;
  const OffsetStore offsets_;
  BatchWriter writer_;
  std::stop_token stop_;

  kafka::Consumer consumer_;
  Taken batch_, ahead_;  // destroyed before the consumer
  std::vector<kafka::Partition> assigned_;
  std::map<int, Claim> claims_;  // by partition; empty while nothing is claimed
  struct Doubt {
    std::vector<Advance> advances;
    BatchOutcome outcome;
  };
  std::optional<Doubt> doubt_;
  bool look_at_log_ = false;  // an offset was not in the log: find out which
  bool braked_ = false;
  unsigned failures_ = 0;    // in a row
  std::string hindered_by_;  // what the last of them was
  std::chrono::steady_clock::time_point claim_at_{};
  std::minstd_rand random_{std::random_device{}()};

  std::map<int, int64_t> settled_ends_;  // ends that hold nothing but transaction markers beyond what was taken
  std::chrono::steady_clock::time_point last_batch_{};
  Timestamp last_taken_;
  std::future<void> reading_;  // of ahead_; waited for before that is touched, and first of all on destruction
};

}  // namespace wxpipe::sinks
