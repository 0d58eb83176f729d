#include "ingest/delivery/spool.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "common/result.hpp"
#include "common/runtime/fault_point.hpp"
#include "common/runtime/stop_wait.hpp"
#include "common/telemetry/log.hpp"
#include "ingest/delivery/spool_rescue.hpp"

namespace wxpipe::ingest {
namespace {

constexpr std::chrono::milliseconds kDiskRetry{100};
constexpr std::chrono::milliseconds kLockRetry{20};
constexpr int kQuietLockTries = 50, kLockTries = 1'000;
constexpr std::chrono::seconds kLookAtCopies{1};
constexpr size_t kMostLeaving = 5'000;  // for their age, at a time
constexpr uint64_t kRoomMade = 128;     // one part in so many, so that it isn't made again for each event

// Another process may hold it for a moment, to see whether the spool has an owner, or for some seconds, to deliver it
// because it seemed to have none (LeftSpools).
bool wait_for_lock(int lock, const std::string& instance, const std::stop_token& stop) {
  for (int i = 0; i < kLockTries && !stop.stop_requested(); ++i) {
    if (::flock(lock, LOCK_EX | LOCK_NB) == 0) return true;
    if (i == kQuietLockTries)
      telemetry::log_warn("spool_in_use",
                          {{"spool_of", instance}, {"why", "another process has it"}, {"waits_seconds", 20}});
    runtime::wait(stop, kLockRetry);
  }
  return false;
}
}  // namespace

Spool::Spool(const config::SpoolSettings& settings, const std::string& instance, const std::string& topic_prefix,
             const Clock& clock, telemetry::Metrics& metrics, Options options)
    : settings_(settings),
      options_(std::move(options)),
      clock_(clock),
      metrics_(metrics),
      files_(settings.directory, instance) {
  const std::filesystem::path directory = settings.directory;
  std::error_code trouble;
  make_private_folder(directory, trouble);
  if (trouble)
    throw UsageError(
        fmt::format("spool.directory: {} can't be made: {}. Make it, writable for this user, or name another",
                    settings.directory, trouble.message()));
  if (is_open_to_others(directory))
    telemetry::log_warn("spool_open_to_others",
                        {{"path", settings.directory}, {"why", "its rights"}, {"do", "chmod 700"}});
  lock_ = ::open(files_.lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0)
    throw UsageError(fmt::format("spool.directory: {} can't be written to: {}", settings.directory,
                                 std::generic_category().message(errno)));
  if (!wait_for_lock(lock_, instance, options_.stop)) {
    ::close(lock_);
    if (options_.stop.stop_requested())
      throw Unavailable(fmt::format("stopped while another process had the spool of instance {}", instance));
    throw UsageError(
        fmt::format("another process uses the spool of instance {} in {}; give this one another --instance", instance,
                    settings.directory));
  }
  try {
    const auto inventory = make_sound(files_, topic_prefix, options_.keep, clock_, metrics_);
    writer_ = std::make_unique<SpoolDatabase>(files_.file, SpoolDatabase::Use::normal);
    reader_ = std::make_unique<SpoolDatabase>(files_.file, SpoolDatabase::Use::normal);
    ledger_ = std::make_unique<SpoolLedger>(files_.ledger);
    take_over(inventory);
  } catch (const UsageError&) {
    ::close(lock_);
    throw;
  } catch (const std::runtime_error& error) {  // DiskTrouble, system_error
    ::close(lock_);
    throw UsageError(fmt::format("spool.directory: {}: {}", files_.file.string(), error.what()));
  }
  if (events_ > 0) telemetry::log_warn("spool_found", {{"events", events_.load()}, {"bytes", bytes_}});
  show();
  thread_ = std::thread([this] { work(); });
}

void Spool::take_over(const SpoolInventory& inventory) {
  last_id_ = inventory.highest;
  const auto now = clock_.now();
  const auto steady_now = options_.monotonic();
  for (const auto& row : inventory.rows) {
    const auto age = std::max(now - row.stored_at, std::chrono::microseconds(0));
    if (row.is_copy) {
      copied_.emplace(row.id, Copy{row.bytes, steady_now - age});
      copies_bytes_ += row.bytes;
      ++copies_;
      continue;
    }
    known_.emplace(row.id, Known{row.key, row.bytes, steady_now - age, true, true});
    bytes_ += row.bytes;
    ++events_;
    hold(row.key);
  }
}

Spool::~Spool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
  if (damaged_) {  // the log may still hold what the file has lost
    writer_->keep_log();
    reader_->keep_log();
  }
  writer_.reset();
  reader_.reset();
  ledger_.reset();
  metrics_.spool_events.Decrement(shown_events_);
  metrics_.spool_bytes.Decrement(shown_bytes_);
  metrics_.spool_copies.Decrement(shown_copies_);
  ::close(lock_);
}

void Spool::put(const Outbound& record, Stored stored, Row row) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.puts.push_back({&record, std::move(stored), row});
    if (tasks_.puts.back().holds()) retain(key_hash(record));
  }
  changed_.notify_all();
}

void Spool::delivered(std::vector<int64_t> ids) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.delivered.insert(tasks_.delivered.end(), ids.begin(), ids.end());
  }
  changed_.notify_all();
}

void Spool::hand_over(int64_t id, uint64_t key) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.holds.emplace_back(id, key);
  }
  changed_.notify_all();
}

void Spool::marked(const std::string& process, int64_t next) {
  // What comes later has higher receipts; but a copy may become an event again, when its ledger's end is lost.
  if (events_ == 0 && !keeps_copies()) return;
  {
    const std::lock_guard lock(mutex_);
    tasks_.marked.insert_or_assign(process, next);
  }
  changed_.notify_all();
}

bool Spool::holds(uint64_t key) const {
  const std::lock_guard lock(mutex_);
  return !held_.empty() && held_.contains(key);
}

void Spool::hold(uint64_t key) {
  const std::lock_guard lock(mutex_);
  retain(key);
}

void Spool::unhold(uint64_t key) {
  const std::lock_guard lock(mutex_);
  release(key);
}

// Under the mutex, as release.
void Spool::retain(uint64_t key) {
  ++held_[key];
  ++holding_;
}

void Spool::release(uint64_t key) {
  const auto found = held_.find(key);
  if (found == held_.end()) return;
  --holding_;
  if (--found->second == 0) held_.erase(found);
}

void Spool::work() {
  Tasks tasks;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      // After a disk error, all but puts wait a little before the next try. A put doesn't wait: it is somebody's
      // callback.
      const auto woken = [this] { return stopping_ || !tasks_.puts.empty() || (!failing_ && !tasks_.empty()); };
      if (failing_)
        changed_.wait_for(lock, kDiskRetry, woken);
      else if (!copied_.empty())
        changed_.wait_for(lock, kLookAtCopies, woken);
      else
        changed_.wait(lock, woken);
      // What can't be removed now is sent again after the next start: a duplicate, not a loss.
      if (stopping_ && tasks_.puts.empty() && (failing_ || tasks_.empty())) return;
      if (tasks_.empty() && !has_old_copies()) continue;
      std::swap(tasks, tasks_);
    }
    write(tasks);
    tasks = {};
    show();
  }
}

bool Spool::has_old_copies() const {
  const auto now = options_.monotonic();
  return now >= next_look_at_copies_ && !copied_.empty() && now - copied_.begin()->second.stored_at >= options_.keep;
}

// What leaves the file with this commit: what the broker has, if no copies are kept; copies that are old enough; the
// oldest copies, where events need their room.
Spool::Ids Spool::leaving(const Tasks& tasks) {
  auto ids = keeps_copies() ? Ids() : tasks.delivered;
  auto wanted = bytes_ + copies_bytes_;
  for (const auto& put : tasks.puts) wanted += size_of(*put.record);
  const auto most = settings_.max_bytes, room = wanted > most ? most - most / kRoomMade : most;
  const bool look = has_old_copies();
  const auto now = options_.monotonic();
  if (look) next_look_at_copies_ = now + kLookAtCopies;
  freed_ = 0;
  for (const auto& [id, copy] : copied_) {
    const auto age = now - copy.stored_at;
    const bool in_the_way = wanted - freed_ > room, old = look && age >= options_.keep && ids.size() < kMostLeaving;
    if (!in_the_way && !old) break;
    if (age < options_.keep && !std::exchange(shortened_, true))
      telemetry::log_warn("spool_copies_shortened",
                          {{"kept_seconds", std::chrono::duration_cast<std::chrono::seconds>(age).count()},
                           {"max_bytes", most},
                           {"do", "raise spool.max_bytes, or lower spool.keep"}});
    ids.push_back(id);
    freed_ += copy.bytes;
  }
  return ids;
}

bool Spool::has_room(uint64_t bytes) {
  const bool full = bytes_ + copies_bytes_ - freed_ + bytes > settings_.max_bytes;
  const bool old = !known_.empty() && options_.monotonic() - known_.begin()->second.stored_at > settings_.max_age;
  if (full || old) {
    if (!refusing_)
      telemetry::log_error("spool_full",
                           {{"bytes", bytes_},
                            {"max_bytes", settings_.max_bytes},
                            {"why", old ? "its oldest event is older than spool.max_age" : "spool.max_bytes reached"},
                            {"do", "bring the broker back; callbacks are answered with 503 until then"}});
    refusing_ = true;
    return false;
  }
  refusing_ = false;
  return true;
}

// The broker has these. The ledger says so before the file loses them: else a crash in between would look like events
// that were confirmed and are gone. A row that the ledger doesn't miss is no loss.
bool Spool::note_leaving(const Tasks& tasks, const Ids& leaving) {
  if (leaving.empty()) return true;
  for (const auto id : leaving) ledger_->removed(id);
  if (ledger_->commit(true)) return true;
  found_ledger_trouble(tasks);
  return false;
}

void Spool::found_ledger_trouble(const Tasks& tasks) {
  if (std::exchange(failing_, true)) return;
  telemetry::log_error(
      "spool_write_failed",
      {{"why", "its ledger can't be written"}, {"events", tasks.puts.size()}, {"do", "free space in spool.directory"}});
}

// False: nothing is in the file. ids: of the puts that are.
bool Spool::commit(Tasks& tasks, const Ids& leaving, std::vector<std::optional<int64_t>>& ids, Timestamp now) {
  if (damaged_) return false;
  if (tasks.puts.empty() && leaving.empty()) return true;
  if (!note_leaving(tasks, leaving)) return false;
  uint64_t added = 0;
  try {
    writer_->run("begin immediate");
    for (size_t i = 0; i < tasks.puts.size(); ++i) {
      const Outbound& record = *tasks.puts[i].record;
      if (!has_room(added + size_of(record))) continue;
      writer_->insert(++last_id_, record, now);
      ids[i] = last_id_;
      added += size_of(record);
    }
    for (const auto id : leaving) writer_->remove(id);
    if (!tasks.puts.empty()) WXPIPE_FAULT_POINT(spool_before_commit);
    writer_->run("commit");
    return true;
  } catch (const DamagedFile& damage) {
    found_damage(damage);
  } catch (const DiskTrouble& trouble) {
    if (!std::exchange(failing_, true))
      telemetry::log_error(
          "spool_write_failed",
          {{"why", trouble.what()}, {"events", tasks.puts.size()}, {"do", "free space in spool.directory"}});
  }
  writer_->rollback();
  std::fill(ids.begin(), ids.end(), std::nullopt);
  return false;
}

// What is in the file is noted after it: what the ledger says was confirmed is in there. False: it can't be written, so
// nothing may be confirmed.
bool Spool::note(const Tasks& tasks, const std::vector<std::optional<int64_t>>& ids) {
  for (size_t i = 0; i < ids.size(); ++i)
    if (ids[i]) ledger_->stored(*ids[i], *tasks.puts[i].record);
  // That they are copies now needn't be durable: at worst they are sent again after the next start.
  if (keeps_copies())
    for (const auto id : tasks.delivered) ledger_->removed(id);
  for (const auto& [process, next] : tasks.marked) ledger_->marked(process, next);
  const bool noted = ledger_->commit(!ids.empty());
  if (!noted) found_ledger_trouble(tasks);
  if (noted && std::exchange(failing_, false)) telemetry::log_info("spool_written_again");
  return noted;
}

void Spool::found_damage(const DamagedFile& damage) {
  if (!damaged_.exchange(true))
    telemetry::log_error("spool_unreadable", {{"file", files_.file.string()}, {"why", damage.what()}});
}

void Spool::write(Tasks& tasks) {
  std::vector<std::optional<int64_t>> ids(tasks.puts.size());
  const auto left = leaving(tasks);
  const bool committed = commit(tasks, left, ids, clock_.now());
  const bool confirmed = committed && note(tasks, ids);
  if (confirmed && !tasks.puts.empty()) WXPIPE_FAULT_POINT(spool_after_commit);
  {
    const std::lock_guard lock(mutex_);
    count(tasks, left, ids, committed);
    if (!committed && !damaged_) {  // try later: until then the events may be sent twice, which is no loss
      tasks_.delivered.insert(tasks_.delivered.end(), tasks.delivered.begin(), tasks.delivered.end());
      tasks_.marked.merge(tasks.marked);
    }
  }
  for (size_t i = 0; i < ids.size(); ++i) tasks.puts[i].stored(confirmed ? ids[i] : std::nullopt);
  changed_.notify_all();  // wakes the drainer
}

// What the spool holds now. Under the mutex.
void Spool::count(const Tasks& tasks, const Ids& leaving, const std::vector<std::optional<int64_t>>& ids,
                  bool committed) {
  for (const auto& [id, key] : tasks.holds) {
    const auto found = known_.find(id);
    if (found == known_.end() || std::exchange(found->second.held, true)) release(key);
  }
  for (const auto id : tasks.delivered) {
    const auto found = known_.find(id);
    if (found == known_.end()) continue;
    auto& known = found->second;
    if (std::exchange(known.held, false)) release(known.key);
    if (!committed) continue;
    bytes_ -= known.bytes;
    --events_;
    if (keeps_copies()) {
      copied_.emplace(id, Copy{known.bytes, known.stored_at});
      copies_bytes_ += known.bytes;
      ++copies_;
    }
    known_.erase(found);
  }
  if (committed)
    for (const auto id : leaving)
      if (const auto found = copied_.find(id); found != copied_.end()) {
        copies_bytes_ -= found->second.bytes;
        --copies_;
        copied_.erase(found);
      }
  const auto steady_now = options_.monotonic();
  for (size_t i = 0; i < ids.size(); ++i) {
    const auto& put = tasks.puts[i];
    const auto key = key_hash(*put.record);
    if (ids[i]) {
      const auto size = size_of(*put.record);
      known_.emplace(*ids[i], Known{key, size, steady_now, put.holds(), put.row == Row::alone});
      bytes_ += size;
      ++events_;
    } else if (put.holds()) {
      release(key);
    }
  }
}

// By how much they changed: another spool may be shown in the same metrics.
void Spool::show() {
  const auto events = static_cast<double>(events_), bytes = static_cast<double>(bytes_);
  metrics_.spool_events.Increment(events - std::exchange(shown_events_, events));
  metrics_.spool_bytes.Increment(bytes - std::exchange(shown_bytes_, bytes));
  const auto copies = static_cast<double>(copies_);
  metrics_.spool_copies.Increment(copies - std::exchange(shown_copies_, copies));
}

// Runs of ids without a gap, each with its first and last: between them are copies, which nobody wants to read.
std::vector<std::pair<int64_t, int64_t>> Spool::ripe_stretches(int64_t after, size_t most) {
  std::vector<std::pair<int64_t, int64_t>> stretches;
  const auto now = options_.monotonic();
  const std::lock_guard lock(mutex_);
  for (auto known = known_.upper_bound(after); known != known_.end() && most > 0; ++known, --most) {
    if (!known->second.alone && now - known->second.stored_at < kGrace) break;
    if (!stretches.empty() && stretches.back().second + 1 == known->first)
      ++stretches.back().second;
    else
      stretches.emplace_back(known->first, known->first);
  }
  return stretches;
}

std::vector<SpooledRecord> Spool::oldest(int64_t after, size_t most_records, size_t most_bytes) {
  std::vector<SpooledRecord> found;
  size_t bytes = 0;
  try {
    for (const auto& [first, last] : ripe_stretches(after, most_records)) {
      if (bytes >= most_bytes) break;
      reader_->read(first - 1, last, [&](SpooledRecord&& spooled) {
        bytes += size_of(spooled.record);
        found.push_back(std::move(spooled));
        return bytes < most_bytes;
      });
    }
  } catch (const DamagedFile& damage) {
    found_damage(damage);
    if (found.empty()) throw Unavailable(fmt::format("the spool is damaged: {}", damage.what()));
  } catch (const DiskTrouble& trouble) {
    throw Unavailable(fmt::format("spool can't be read: {}", trouble.what()));
  }
  return found;
}

bool Spool::wait_for_events(const std::stop_token& stop, std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, stop, time, [this] { return events_ > 0; });
}

}  // namespace wxpipe::ingest
