// Sets wxpipe_unaccounted: every five seconds it looks for the receipts of marks that aren't proven yet. With a lock in
// Postgres, only one sink process checks at a time; all of them show the result. Receipts that are still on their way
// raise no alarm. With [sink] repair, it also sends lost events again (repair.hpp).
#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "common/config/settings.hpp"
#include "common/telemetry/metrics.hpp"
#include "sinks/custody/drain.hpp"
#include "sinks/custody/repair.hpp"
#include "sinks/database.hpp"

namespace wxpipe::sinks {

class CustodyWatch {
 public:
  // All arguments are borrowed and must outlive it. The thread that calls run owns everything else. others: where a
  // repair may find what the topics don't have.
  CustodyWatch(const config::Settings& settings, Database& database, telemetry::Metrics& metrics, OtherCopies others)
      : settings_(settings),
        database_(database),
        metrics_(metrics),
        others_(std::move(others)) {}

  void run(const std::stop_token& stop);

 private:
  // Returns true if there was something to check and nothing could be proven.
  bool look(const std::stop_token& stop);
  void mend(const std::vector<MissingReceipt>& missing, const std::stop_token& stop);
  void told(const std::vector<Repair>& repairs);
  void show(int64_t unaccounted);

  const config::Settings& settings_;
  Database& database_;
  telemetry::Metrics& metrics_;
  const OtherCopies others_;
  std::unique_ptr<Drain> drain_;
  std::unordered_set<std::string> tried_;  // receipts that were sent again or can't be: each is tried once
  // Receipts whose search ended at its limit. They are looked for again at try_again_, then after a longer pause.
  std::unordered_set<std::string> not_reached_;
  std::chrono::steady_clock::time_point try_again_{};
  std::chrono::seconds next_pause_{};
  int64_t shown_ = 0;
  std::string hindrance_;
};

}  // namespace wxpipe::sinks
