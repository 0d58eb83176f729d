// Where events are durable while the broker is away: one SQLite file (WAL, synchronous=FULL) per instance. A writer
// thread puts everything that waits into one transaction, so one fsync serves many callbacks (group commit). A drainer
// (drainer.hpp) moves the events to Kafka, oldest first, when it is back.
//
// It can also keep copies of what the broker has ([ingest] acknowledge = "broker_and_spool"). A copy is a row that the
// ledger says has left: nothing waits for it, and `wxpipe audit --repair` finds it. Copies leave when they are old
// enough, or when events need their room.
//
// What it confirmed is also noted in a ledger beside it (spool_ledger.hpp), and each event has a checksum. So a damaged
// file is noticed, and what it has lost is known: at the start, before SQLite opens it (spool_rescue.hpp). If damage
// shows later, the spool takes nothing more and says so (damaged); the role then starts again.
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
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/clock.hpp"
#include "common/config/settings.hpp"
#include "common/telemetry/metrics.hpp"
#include "ingest/delivery/outbound.hpp"
#include "ingest/delivery/spool_database.hpp"
#include "ingest/delivery/spool_files.hpp"
#include "ingest/delivery/spool_ledger.hpp"
#include "ingest/delivery/spool_record.hpp"

namespace wxpipe::ingest {

struct SpoolInventory;

class Spool {
 public:
  // Called on the spool's thread: the id under which the record is durable. No id: refused.
  using Stored = std::function<void(std::optional<int64_t>)>;

  using SteadyTime = std::chrono::steady_clock::time_point;
  using Monotonic = std::function<SteadyTime()>;  // safe from any thread

  // What the broker was sent too is not drained earlier: a slow broker usually acknowledges it a moment later by
  // itself.
  static constexpr std::chrono::seconds kGrace{1};

  // Who else has an event, and so what its row in the spool means.
  enum class Row {
    alone,  // nobody: it is drained at once, so that its key is free before the next event of it comes
    late,   // the broker may have it, or an earlier one of its key. Later ones must queue behind it
    copy,   // the broker is about to have it, so nothing queues behind it. If it is late, call hold and hand_over
  };

  struct Options {
    std::chrono::seconds keep{0};  // how long copies stay after they were stored; 0: they leave at once
    std::stop_token stop{};        // ends the wait for the lock
    Monotonic monotonic = std::chrono::steady_clock::now;
  };

  // Opens or creates <directory>/<instance>.spool and takes its lock. What it creates is for this user alone; the
  // rights of a folder that is there stay as they are, with a warning. Throws UsageError when the directory can't be
  // written to or another process has it for twenty seconds, Unavailable when it was told to stop meanwhile.
  // topic_prefix: of the topics that the events are for.
  Spool(const config::SpoolSettings& settings, const std::string& instance, const std::string& topic_prefix,
        const Clock& clock, telemetry::Metrics& metrics, Options options);
  Spool(const config::SpoolSettings& settings, const std::string& instance, const std::string& topic_prefix,
        const Clock& clock, telemetry::Metrics& metrics)
      : Spool(settings, instance, topic_prefix, clock, metrics, Options()) {}
  // Finishes all puts first.
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  // Any thread. The record stays alive and unchanged until `stored` is called.
  void put(const Outbound& record, Stored stored, Row row);
  // Any thread. The broker has these: later events need not queue behind them. They leave, or become copies.
  void delivered(std::vector<int64_t> ids);
  // Any thread. Whether events become copies when the broker has them.
  bool keeps_copies() const { return options_.keep > std::chrono::seconds(0); }

  // Any thread. Later events of this key must queue here, until unhold.
  void hold(uint64_t key);
  void unhold(uint64_t key);
  // Any thread. From now on a hold of this key belongs to this event, and ends when the broker has the event.
  void hand_over(int64_t id, uint64_t key);

  // Any thread. The custody marks of a process ("<instance>/<boot>") cover its receipts below `next`.
  void marked(const std::string& process, int64_t next);

  // Any thread. Whether events of this key wait here; later ones must then queue behind them.
  bool holds(uint64_t key) const;
  int64_t events() const { return events_.load(std::memory_order_relaxed); }
  // Any thread. Of these, and of what is being put: how many later events must queue behind. The broker is about to
  // have the others.
  int64_t holding() const { return holding_.load(std::memory_order_relaxed); }
  int64_t copies() const { return copies_.load(std::memory_order_relaxed); }
  // Any thread. The file isn't what was written to it: only a new start can mend that.
  bool damaged() const { return damaged_.load(std::memory_order_relaxed); }

  // Only for the drainer's thread: the oldest records after id `after` that are no copies, up to the first that has to
  // wait for kGrace.
  std::vector<SpooledRecord> oldest(int64_t after, size_t most_records, size_t most_bytes);
  // Wakes when there may be something to drain.
  bool wait_for_events(const std::stop_token& stop, std::chrono::milliseconds time);

 private:
  struct Put {
    const Outbound* record;
    Stored stored;
    Row row;
    bool holds() const { return row != Row::copy; }
  };

  // What waits for the writer.
  struct Tasks {
    std::vector<Put> puts;
    std::vector<std::pair<int64_t, uint64_t>> holds;  // handed over: id, key
    std::vector<int64_t> delivered;
    std::map<std::string, int64_t> marked;
    bool empty() const { return puts.empty() && holds.empty() && delivered.empty() && marked.empty(); }
  };
  using Ids = std::vector<int64_t>;

  void take_over(const SpoolInventory& inventory);
  void work();
  void write(Tasks& tasks);
  bool commit(Tasks& tasks, const Ids& leaving, std::vector<std::optional<int64_t>>& ids, Timestamp now);
  bool note_leaving(const Tasks& tasks, const Ids& leaving);
  bool note(const Tasks& tasks, const std::vector<std::optional<int64_t>>& ids);
  void found_ledger_trouble(const Tasks& tasks);
  void found_damage(const DamagedFile& damage);
  bool has_old_copies() const;
  Ids leaving(const Tasks& tasks);
  bool has_room(uint64_t bytes);
  void count(const Tasks& tasks, const Ids& leaving, const std::vector<std::optional<int64_t>>& ids, bool committed);
  void retain(uint64_t key);
  void release(uint64_t key);
  std::vector<std::pair<int64_t, int64_t>> ripe_stretches(int64_t after, size_t most);
  void show();

  const config::SpoolSettings settings_;
  const Options options_;
  const Clock& clock_;
  telemetry::Metrics& metrics_;
  const SpoolFiles files_;
  int lock_ = -1;
  std::unique_ptr<SpoolDatabase> writer_, reader_;
  std::unique_ptr<SpoolLedger> ledger_;  // only the writer uses it

  std::atomic<int64_t> events_{0}, copies_{0}, holding_{0};
  uint64_t bytes_ = 0;         // of events; only the writer uses it, as all down to failing_
  uint64_t copies_bytes_ = 0;  // of copies
  uint64_t freed_ = 0;         // of these, leaving with the commit under way
  int64_t last_id_ = 0;        // never given twice, not even after a restart
  struct Known {
    uint64_t key, bytes;
    SteadyTime stored_at;
    bool held;   // later events of the key must queue behind it
    bool alone;  // as Row::alone
  };
  struct Copy {
    uint64_t bytes;
    SteadyTime stored_at;
  };
  // By id, so the oldest comes first. Only the writer changes it, under the mutex: the drainer reads it.
  std::map<int64_t, Known> known_;
  std::map<int64_t, Copy> copied_;
  SteadyTime next_look_at_copies_{};
  bool shortened_ = false;  // it was said that copies leave too early
  bool refusing_ = false;
  bool failing_ = false;  // the last write failed
  double shown_events_ = 0, shown_bytes_ = 0, shown_copies_ = 0;
  std::atomic<bool> damaged_{false};

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  Tasks tasks_;
  std::unordered_map<uint64_t, int> held_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace wxpipe::ingest
