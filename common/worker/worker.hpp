// One consumer and its thread. A job decides what its records become; job.hpp explains the words:
//
//   assigned ─► claim ─► collect ─► prepare ─► write ─► await ─► publish
//                 ▲         ▲                    │ next batch
//                 │         └────────────────────┘
//                 └─ rewind: discard, back-off ◄── TryAgain, records lost
//
// A second thread writes one batch at a time, while this thread collects the next. Code that needs the result of a
// write awaits it first, also in a rebalance. After any failure the batch is discarded, and its records are taken again
// from the claimed offset. So beginning and recovering are the same path. Without a claim nothing is fetched, but the
// worker stays a member.
#pragma once

#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "common/config/settings.hpp"
#include "common/kafka/consumer.hpp"
#include "common/runtime/backoff.hpp"
#include "common/worker/job.hpp"
#include "common/worker/pace.hpp"
#include "common/worker/status.hpp"

namespace wxpipe::worker {

// When a batch is full.
struct Limits {
  size_t records;
  std::chrono::milliseconds interval;  // since its first record was taken; the longest, at a low rate less (pace.hpp)
  size_t ahead = 1000;                 // so many of its records may be taken while the batch before is written
  bool interval_after_write = false;   // the interval begins only after the end of the write before
};

struct Spec {
  std::string name;  // in log lines: "process", "sink.messages"
  kafka::ClientRole role;
  std::string topic, group, member;  // member: kafka::member_id
  Limits limits;
  runtime::Backoff backoff;                 // between a discard and the next claim
  std::chrono::milliseconds show_every{0};  // its offsets, to Kafka's own tools (Consumer::show); 0: never
};

class Worker : private kafka::RebalanceListener {
 public:
  // All arguments are borrowed and must outlive the worker. No network wait. Throws UsageError.
  Worker(const config::KafkaSettings& settings, Spec spec, Job& job, Status& status);

  // Runs until stopped and leaves nothing half done; call it once. Throws Unavailable and Fenced: make a new worker.
  void run(const std::stop_token& stop);

  kafka::Consumer& consumer() { return consumer_; }

 private:
  std::vector<kafka::PartitionOffset> assigned(const std::vector<kafka::Partition>& partitions) override;
  void revoked(const std::vector<kafka::Partition>& partitions, bool lost) override;

  void take_leave(const std::vector<kafka::Partition>& next);
  bool claim_due() const;
  void claim();
  void skip_what_is_lost(std::vector<kafka::PartitionOffset>& from);
  bool full() const;
  void collect();
  void write();
  bool await();
  void publish();
  void rewind(const TryAgain& why);
  void report_lag();
  void show_offsets();

  const config::KafkaSettings& settings_;
  Spec spec_;
  Job& job_;
  Status& status_;
  std::stop_token stop_;

  kafka::Consumer consumer_;
  // Collected; being written; not published yet. Destroyed before the consumer.
  std::unique_ptr<Batch> next_, writing_, done_;
  Pace pace_;
  std::vector<kafka::Partition> assigned_;
  bool claimed_ = false;
  bool rebalancing_ = false;  // in a rebalance: the consumer's callback sets the assignment
  bool look_at_log_ = false;  // an offset was not in the log: find out in which partition
  TryAgain::Until trouble_until_ = TryAgain::Until::claimed;
  std::chrono::steady_clock::time_point claim_at_{};

  std::map<int, int64_t> positions_;     // by partition: the offset after the last committed record
  std::map<int, int64_t> settled_ends_;  // by partition: up to this end only transaction markers are left
  std::map<int, int64_t> shown_;         // by partition: what Kafka's tools show
  std::chrono::steady_clock::time_point shown_at_{};
  std::chrono::steady_clock::time_point last_commit_{};  // or claim
  Timestamp last_taken_;
  std::future<void> written_;  // destroyed first, which waits for the write
};

}  // namespace wxpipe::worker
