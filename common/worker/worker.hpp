// One consumer and its thread, whatever its records become (job.hpp says that, and has the words for what happens to a
// batch):
//
//   assigned ─► claim ─► collect ─► prepare ─► write ─► await ─► publish
//                 ▲         ▲                    │ next batch
//                 │         └────────────────────┘
//                 └─ rewind: discard, back-off ◄── TryAgain, records lost
//
// A second thread writes a batch, one at a time, while this one collects the next. Whoever needs to know what became of
// a batch (a rebalance too) awaits it first. Whatever goes wrong, the batch is discarded and its records are taken
// again from where the claim says: there is one way to begin and one way to recover. While nothing is claimed, nothing
// is fetched, and membership goes on.
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
#include "common/worker/status.hpp"

namespace wxpipe::worker {

// When a batch is full.
struct Limits {
  size_t records;
  std::chrono::milliseconds interval;  // since its first record was taken
  size_t ahead = 1000;                 // records of it that are taken while the one before is written
  bool interval_after_write = false;   // the interval begins no earlier than the end of the write before it
};

struct Spec {
  std::string name;  // in log lines: "process", "sink.messages"
  kafka::ClientRole role;
  std::string topic, group, member;  // member: kafka::member_id
  Limits limits;
  runtime::Backoff backoff;  // between a discard and the next claim
};

class Worker : private kafka::RebalanceListener {
 public:
  // Everything is borrowed and outlives the worker. No network wait. Throws UsageError.
  Worker(const config::KafkaSettings& settings, Spec spec, Job& job, Status& status);

  // Until stopped, with nothing left half done; once. Throws Unavailable and Fenced: make a new worker.
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

  const config::KafkaSettings& settings_;
  Spec spec_;
  Job& job_;
  Status& status_;
  std::stop_token stop_;

  kafka::Consumer consumer_;
  std::unique_ptr<Batch> next_, writing_,
      done_;  // collected, being written, not published yet; gone before the consumer
  std::vector<kafka::Partition> assigned_;
  bool claimed_ = false;
  bool rebalancing_ = false;  // inside a callback, which ends with an assignment of its own
  bool look_at_log_ = false;  // an offset was not in the log: find out which
  TryAgain::Until trouble_until_ = TryAgain::Until::claimed;
  std::chrono::steady_clock::time_point claim_at_{};

  std::map<int, int64_t> positions_;     // by partition: behind what is committed
  std::map<int, int64_t> settled_ends_;  // ends that hold nothing but transaction markers beyond what was taken
  std::chrono::steady_clock::time_point last_commit_{};  // or claim
  Timestamp last_taken_;
  std::future<void> written_;  // destroyed first, and so waited for
};

}  // namespace wxpipe::worker
