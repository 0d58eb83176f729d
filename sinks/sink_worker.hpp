// One family's sink: a consumer and a Postgres connection on one thread.
//
//   assigned ─► claim in Postgres (epoch + 1, next offset) ─► collect a batch ─► BatchWriter: one transaction ─►
//   collect …
//                  ▲                                                               │ Postgres away, commit in doubt
//                  └── nothing is fetched, membership goes on, back-off ◄──────────┘
//
// Postgres writes a batch on a second thread (only one at a time), while this one takes and reads what is here already of the next.
// Whoever needs to know what became of it (a rebalance too) waits for it first.
//
// Whatever goes wrong, the batch is forgotten and taken again from where Postgres says: there is one way to begin and
// one way to recover. Kafka never holds an offset of a sink. Once the brake has tripped, the worker stays a member and
// takes nothing until it is restarted.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
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
#include "sinks/families.hpp"

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
  SinkWorker(const config::Settings& settings, const schemas::FamilyInfo& family, const Clock& clock, Database& database,
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

    std::deque<kafka::Record> records;            // they stay where they are: inputs refer to them
    std::chrono::steady_clock::time_point since;  // the first came
    size_t bytes = 0;                             // of their values
    std::vector<InputRecord> inputs;
    ReadBatch batch;
  };
  // What became of a batch. Not stored: which class of trouble, for the metric, and why.
  struct WriteResult {
    BatchOutcome outcome;
    std::vector<Advance> advances;
    std::chrono::steady_clock::duration took{};
    const char* trouble = nullptr;  // null: stored
    std::string why;
    bool in_doubt = false, braked = false;
  };
  bool full(const Taken& taken) const;
  void collect();
  void settle();
  void read_ahead();
  WriteResult write(std::vector<Advance> advances);
  void finish();
  void let_go();
  void forget();
  void give_back(const char* metric, std::string_view why);
  void report_progress();

  const config::Settings& settings_;
  const std::string family_, group_, topic_;
  const BatchLimits limits_;
  const Clock& clock_;
  Database& database_;
  SinkMetrics& metrics_;
  SinkStatus& status_;
  const OffsetStore offsets_;
  BatchWriter writer_;
  std::stop_token stop_;

  kafka::Consumer consumer_;
  Taken batch_, ahead_, done_;  // being written, the next, and what is stored; destroyed before the consumer
  std::vector<kafka::Partition> assigned_;
  std::map<int, Claim> claims_;  // by partition; empty while nothing is claimed
  struct Doubt {
    std::vector<Advance> advances;
    BatchOutcome outcome;
  };
  std::optional<Doubt> doubt_;
  bool rebalancing_ = false;  // inside a callback, which ends with an assignment of its own
  bool look_at_log_ = false;  // an offset was not in the log: find out which
  bool braked_ = false;
  unsigned failures_ = 0;    // in a row
  std::string hindered_by_;  // what the last of them was
  std::chrono::steady_clock::time_point claim_at_{};
  std::minstd_rand random_{std::random_device{}()};

  std::optional<WriteResult> stored_;  // of done_

  std::map<int, int64_t> settled_ends_;  // ends that hold nothing but transaction markers beyond what was taken
  std::chrono::steady_clock::time_point last_batch_{};
  Timestamp last_taken_;
  std::future<WriteResult> writing_;  // batch_; destroyed, and so waited for, before everything that it uses
};

}  // namespace wxpipe::sinks
