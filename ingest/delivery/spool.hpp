// Where events are durable while the broker is away: one SQLite file (WAL, synchronous=FULL) per instance. A writer
// thread puts everything that waits into one transaction, so one fsync serves many callbacks (group commit). A drainer
// (drainer.hpp) moves the events to Kafka, oldest first, when it is back.
//
// The spool is bounded. A put is refused beyond max_bytes, or while the oldest event is older than max_age: a full
// spool answers failure rather than promise what it can't keep. After a crash it holds what was committed and nothing
// else. Ages are counted by the monotonic clock, so setting the wall clock can't fill the spool or hide events. The
// wall clock only gives the age of events that an earlier process left.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "common/clock.hpp"
#include "common/config/settings.hpp"
#include "common/telemetry/metrics.hpp"
#include "ingest/delivery/outbound.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace wxpipe::ingest {

struct SpooledRecord {
  int64_t id = 0;
  Outbound record;
};

// Whether the folder is there and others than its owner have rights to it: callbacks lie in a spool as they were
// decrypted.
bool is_open_to_others(const std::filesystem::path& folder);

class Spool {
 public:
  // Called on the spool's thread: the id under which the record is durable. No id: refused.
  using Stored = std::function<void(std::optional<int64_t>)>;

  using SteadyTime = std::chrono::steady_clock::time_point;
  using Monotonic = std::function<SteadyTime()>;  // safe from any thread

  // Younger events are not drained: a slow broker usually acknowledges them a moment later by itself.
  static constexpr std::chrono::seconds kGrace{1};

  // Opens or creates <directory>/<instance>.spool and takes its lock. What it creates is for this user alone; the
  // rights of a folder that is there stay as they are, with a warning. Throws UsageError when the directory can't be
  // written to or another process has it.
  Spool(const config::SpoolSettings& settings, const std::string& instance, const Clock& clock,
        telemetry::Metrics& metrics, Monotonic monotonic = std::chrono::steady_clock::now);
  // Finishes all puts first.
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  // Any thread. The record stays alive and unchanged until `stored` is called.
  void put(const Outbound& record, Stored stored);
  // Any thread. The broker has these: later events need not queue behind them. They are deleted with the next commit.
  void remove(std::vector<int64_t> ids);

  // Any thread. Whether events of this key wait here; later ones must then queue behind them.
  bool holds(uint64_t key) const;
  int64_t events() const { return events_.load(std::memory_order_relaxed); }

  // Only for the drainer's thread: the oldest records after id `after` that have been here for at least kGrace.
  std::vector<SpooledRecord> oldest(int64_t after, size_t most_records, size_t most_bytes);
  // Wakes when there may be something to drain.
  bool wait_for_events(const std::stop_token& stop, std::chrono::milliseconds time);

 private:
  struct Database;
  struct Put {
    const Outbound* record;
    Stored stored;
  };

  void work();
  bool write(std::vector<Put>& puts, std::vector<int64_t>& removals);
  bool has_room(uint64_t bytes);
  void hold(uint64_t key);
  void unhold(uint64_t key);
  int64_t ripe();
  void show();

  const config::SpoolSettings settings_;
  const Clock& clock_;
  telemetry::Metrics& metrics_;
  const Monotonic monotonic_;
  int lock_ = -1;
  std::unique_ptr<Database> writer_, reader_;

  std::atomic<int64_t> events_{0};
  uint64_t bytes_ = 0;  // only the writer uses it
  struct Known {
    uint64_t key, bytes;
    SteadyTime stored_at;
    bool held = true;  // later events of the key must queue behind it
  };
  std::map<int64_t, Known> known_;  // only the writer uses it; by id, so the oldest comes first
  bool refusing_ = false;
  bool failing_ = false;  // the last write failed

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<Put> puts_;
  std::vector<int64_t> removals_;
  std::unordered_map<uint64_t, int> held_;
  // Commits of the last kGrace, each with its last id. Everything up to ripe_ is older.
  struct Commit {
    SteadyTime at;
    int64_t last_id;
  };
  std::deque<Commit> young_;
  int64_t ripe_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace wxpipe::ingest
