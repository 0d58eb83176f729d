#include "ingest/delivery/spool.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "common/result.hpp"
#include "common/runtime/fault_point.hpp"
#include "common/telemetry/log.hpp"
#include "ingest/delivery/spool_disk.hpp"

namespace wxpipe::ingest {
namespace {

constexpr std::chrono::milliseconds kDiskRetry{100};
constexpr const char* kSchema =
    "pragma journal_mode=wal;"
    "pragma synchronous=full;"
    "pragma busy_timeout=5000;"
    "pragma temp_store=memory;"
    "create table if not exists events (id integer primary key autoincrement, topic integer not null, key text not null,"
    " value blob not null, event_id text not null, receipt text not null, traceparent text not null,"
    " received_at integer not null, stored_at integer not null);";
constexpr const char* kInsert =
    "insert into events (topic, key, value, event_id, receipt, traceparent, received_at, stored_at)"
    " values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
constexpr const char* kOldest =
    "select id, topic, key, value, event_id, receipt, traceparent, received_at from events"
    " where id > ?1 and id <= ?2 order by id limit ?3";

int64_t microseconds(Timestamp at) { return at.time_since_epoch().count(); }
Timestamp timestamp(int64_t at) { return Timestamp(std::chrono::microseconds(at)); }

uint64_t size_of(const Outbound& record) {
  return record.key.size() + record.value.size() + record.event_id.size() + record.receipt.size() +
         record.traceparent.size() + 64;
}

// For this user alone: callbacks lie there as they were decrypted. Folders above it are made as everybody else's are.
void make_private_folder(const std::filesystem::path& directory, std::error_code& trouble) {
  auto folder = directory.lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();  // "spool/"
  if (folder.has_parent_path()) std::filesystem::create_directories(folder.parent_path(), trouble);
  if (!trouble && ::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) trouble = {errno, std::generic_category()};
}

// SQLite makes a file that others can read, and gives its -wal and -shm the rights of the file they belong to. What an
// earlier run left more open is closed. To be called before SQLite opens the file: closing it here would drop SQLite's
// locks.
void make_private_file(const std::filesystem::path& file) {
  const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (made < 0) return;  // SQLite meets the same, and says so
  ::close(made);
  for (const auto* const suffix : {"", "-wal", "-shm"}) {
    const auto path = file.string() + suffix;
    if (::chmod(path.c_str(), 0600) != 0 && errno != ENOENT)
      telemetry::log_warn("spool_open_to_others",
                          {{"path", path}, {"why", std::generic_category().message(errno)}, {"do", "chmod 600"}});
  }
}

// SQLite's own trouble: disk full, read-only, i/o. The world's, so nothing here is dead-lettered.
class DiskTrouble : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
}  // namespace

// One connection and its prepared statements.
struct Spool::Database {
  explicit Database(const std::filesystem::path& file) {
    if (sqlite3_open_v2(file.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        spool_disk()) != SQLITE_OK) {
      const std::string why = handle == nullptr ? "no memory" : sqlite3_errmsg(handle);
      sqlite3_close(handle);
      throw UsageError(fmt::format("spool.directory: {} can't be opened: {}", file.string(), why));
    }
    try {
      run(kSchema);
      insert = prepare(kInsert);
      remove = prepare("delete from events where id = ?1");
      oldest = prepare(kOldest);
    } catch (const DiskTrouble& trouble) {
      sqlite3_close_v2(handle);
      throw UsageError(fmt::format("spool.directory: {}: {}", file.string(), trouble.what()));
    }
  }
  ~Database() {
    for (auto* statement : {insert, remove, oldest}) sqlite3_finalize(statement);
    sqlite3_close(handle);
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void check(int code) const {
    if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW) throw DiskTrouble(sqlite3_errmsg(handle));
  }
  void run(const char* sql) { check(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr)); }
  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    check(sqlite3_prepare_v3(handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr));
    return statement;
  }
  static void bind(sqlite3_stmt* statement, int at, const std::string& text) {
    sqlite3_bind_text64(statement, at, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
  }
  // Runs a statement that returns no rows, and resets it for the next time.
  void step(sqlite3_stmt* statement) {
    const int code = sqlite3_step(statement);
    sqlite3_reset(statement);
    check(code);
  }

  sqlite3* handle = nullptr;
  sqlite3_stmt *insert = nullptr, *remove = nullptr, *oldest = nullptr;
};

bool is_open_to_others(const std::filesystem::path& folder) {
  using std::filesystem::perms;
  std::error_code absent;
  const auto status = std::filesystem::status(folder, absent);
  return !absent && is_directory(status) &&
         (status.permissions() & (perms::group_all | perms::others_all)) != perms::none;
}

Spool::Spool(const config::SpoolSettings& settings, const std::string& instance, const Clock& clock,
             telemetry::Metrics& metrics, Monotonic monotonic)
    : settings_(settings),
      clock_(clock),
      metrics_(metrics),
      monotonic_(std::move(monotonic)) {
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
  const auto lock_file = directory / (instance + ".lock");
  lock_ = ::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0)
    throw UsageError(fmt::format("spool.directory: {} can't be written to: {}", settings.directory,
                                 std::generic_category().message(errno)));
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock_);
    throw UsageError(
        fmt::format("another process uses the spool of instance {} in {}; give this one another --instance", instance,
                    settings.directory));
  }
  const auto file = directory / (instance + ".spool");
  make_private_file(file);
  writer_ = std::make_unique<Database>(file);
  reader_ = std::make_unique<Database>(file);

  auto* all = writer_->prepare(
      "select id, key, length(key) + length(value) + length(event_id) + length(receipt) +"
      " length(traceparent) + 64, stored_at from events order by id");
  const auto now = clock_.now();
  const auto steady_now = monotonic_();
  int code;
  while ((code = sqlite3_step(all)) == SQLITE_ROW) {
    const auto id = sqlite3_column_int64(all, 0);
    const std::string_view key(reinterpret_cast<const char*>(sqlite3_column_text(all, 1)),
                               static_cast<size_t>(sqlite3_column_bytes(all, 1)));
    const auto size = static_cast<uint64_t>(sqlite3_column_int64(all, 2));
    const auto age = std::max(now - timestamp(sqlite3_column_int64(all, 3)), std::chrono::microseconds(0));
    const auto hash = std::hash<std::string_view>{}(key);
    known_.emplace(id, Known{hash, size, steady_now - age});
    ripe_ = id;
    bytes_ += size;
    ++events_;
    hold(hash);
  }
  sqlite3_finalize(all);
  if (code != SQLITE_DONE)
    throw UsageError(
        fmt::format("spool.directory: {} can't be read: {}; it may hold acknowledged events: restore it, or "
                    "move it aside if they are lost",
                    file.string(), sqlite3_errstr(code)));
  if (events_ > 0) telemetry::log_warn("spool_found", {{"events", events_.load()}, {"bytes", bytes_}});
  show();
  thread_ = std::thread([this] { work(); });
}

Spool::~Spool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
  writer_.reset();
  reader_.reset();
  ::close(lock_);
}

void Spool::put(const Outbound& record, Stored stored) {
  {
    const std::lock_guard lock(mutex_);
    puts_.push_back({&record, std::move(stored)});
    ++held_[key_hash(record)];
  }
  changed_.notify_all();
}

void Spool::remove(std::vector<int64_t> ids) {
  {
    const std::lock_guard lock(mutex_);
    removals_.insert(removals_.end(), ids.begin(), ids.end());
  }
  changed_.notify_all();
}

bool Spool::holds(uint64_t key) const {
  const std::lock_guard lock(mutex_);
  return !held_.empty() && held_.contains(key);
}

void Spool::hold(uint64_t key) {
  const std::lock_guard lock(mutex_);
  ++held_[key];
}

void Spool::unhold(uint64_t key) {
  const std::lock_guard lock(mutex_);
  if (const auto found = held_.find(key); found != held_.end() && --found->second == 0) held_.erase(found);
}

void Spool::work() {
  std::vector<Put> puts;
  std::vector<int64_t> removals;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      // After a disk error, removals alone wait a little before the next try. A put doesn't wait: it is somebody's
      // callback.
      const auto woken = [this] { return stopping_ || !puts_.empty() || (!failing_ && !removals_.empty()); };
      if (failing_)
        changed_.wait_for(lock, kDiskRetry, woken);
      else
        changed_.wait(lock, woken);
      // What can't be removed now is sent again after the next start: a duplicate, not a loss.
      if (stopping_ && puts_.empty() && (failing_ || removals_.empty())) return;
      if (puts_.empty() && removals_.empty()) continue;
      puts.swap(puts_);
      removals.swap(removals_);
    }
    write(puts, removals);
    puts.clear();
    removals.clear();
    show();
  }
}

bool Spool::has_room(uint64_t bytes) {
  const bool full = bytes_ + bytes > settings_.max_bytes;
  const bool old = !known_.empty() && monotonic_() - known_.begin()->second.stored_at > settings_.max_age;
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

bool Spool::write(std::vector<Put>& puts, std::vector<int64_t>& removals) {
  std::vector<std::optional<int64_t>> ids(puts.size());
  const auto now = clock_.now();
  uint64_t added = 0;
  bool committed = false;
  try {
    writer_->run("begin immediate");
    auto* insert = writer_->insert;
    for (size_t i = 0; i < puts.size(); ++i) {
      const Outbound& record = *puts[i].record;
      if (!has_room(added + size_of(record))) continue;
      sqlite3_bind_int(insert, 1, static_cast<int>(record.topic));
      Database::bind(insert, 2, record.key);
      sqlite3_bind_blob64(insert, 3, record.value.data(), record.value.size(), SQLITE_STATIC);
      Database::bind(insert, 4, record.event_id);
      Database::bind(insert, 5, record.receipt);
      Database::bind(insert, 6, record.traceparent);
      sqlite3_bind_int64(insert, 7, microseconds(record.timestamp));
      sqlite3_bind_int64(insert, 8, microseconds(now));
      writer_->step(insert);
      ids[i] = sqlite3_last_insert_rowid(writer_->handle);
      added += size_of(record);
    }
    for (const auto id : removals) {
      sqlite3_bind_int64(writer_->remove, 1, id);
      writer_->step(writer_->remove);
    }
    if (!puts.empty()) WXPIPE_FAULT_POINT(spool_before_commit);
    writer_->run("commit");
    committed = true;
    if (std::exchange(failing_, false)) telemetry::log_info("spool_written_again");
    if (!puts.empty()) WXPIPE_FAULT_POINT(spool_after_commit);
  } catch (const DiskTrouble& trouble) {
    sqlite3_exec(writer_->handle, "rollback", nullptr, nullptr, nullptr);
    if (!std::exchange(failing_, true))
      telemetry::log_error("spool_write_failed",
                           {{"why", trouble.what()}, {"events", puts.size()}, {"do", "free space in spool.directory"}});
    std::fill(ids.begin(), ids.end(), std::nullopt);
    if (!removals.empty()) {  // try later: until then the events may be sent twice, which is no loss
      const std::lock_guard lock(mutex_);
      removals_.insert(removals_.end(), removals.begin(), removals.end());
    }
  }
  for (const auto id : removals)
    if (const auto found = known_.find(id); found != known_.end()) {
      if (std::exchange(found->second.held, false)) unhold(found->second.key);
      if (!committed) continue;
      bytes_ -= found->second.bytes;
      --events_;
      known_.erase(found);
    }
  const auto steady_now = monotonic_();
  if (const auto last = std::find_if(ids.rbegin(), ids.rend(), [](const auto& id) { return id.has_value(); });
      last != ids.rend()) {
    const std::lock_guard lock(mutex_);
    young_.push_back({steady_now, **last});
  }
  for (size_t i = 0; i < puts.size(); ++i) {
    const auto key = key_hash(*puts[i].record);
    if (ids[i]) {
      const auto size = size_of(*puts[i].record);
      known_.emplace(*ids[i], Known{key, size, steady_now});
      bytes_ += size;
      ++events_;
    } else {
      unhold(key);
    }
    puts[i].stored(ids[i]);
  }
  ripe();                 // keeps young_ short even if nobody drains
  changed_.notify_all();  // wakes the drainer
  return committed;
}

void Spool::show() {
  metrics_.spool_events.Set(static_cast<double>(events_));
  metrics_.spool_bytes.Set(static_cast<double>(bytes_));
}

// The last id that has been here for kGrace. Ids and the monotonic clock both only grow, so this order holds.
int64_t Spool::ripe() {
  const std::lock_guard lock(mutex_);
  for (const auto now = monotonic_(); !young_.empty() && now - young_.front().at >= kGrace; young_.pop_front())
    ripe_ = young_.front().last_id;
  return ripe_;
}

std::vector<SpooledRecord> Spool::oldest(int64_t after, size_t most_records, size_t most_bytes) {
  std::vector<SpooledRecord> found;
  auto* select = reader_->oldest;
  sqlite3_bind_int64(select, 1, after);
  sqlite3_bind_int64(select, 2, ripe());
  sqlite3_bind_int64(select, 3, static_cast<int64_t>(most_records));
  const auto text = [&](int column) {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(select, column));
    return std::string(data == nullptr ? "" : data, static_cast<size_t>(sqlite3_column_bytes(select, column)));
  };
  size_t bytes = 0;
  int code = SQLITE_ROW;
  while (bytes < most_bytes && (code = sqlite3_step(select)) == SQLITE_ROW) {
    auto& [id, record] = found.emplace_back();
    id = sqlite3_column_int64(select, 0);
    record.topic = static_cast<schemas::TopicName>(sqlite3_column_int(select, 1));
    record.key = text(2);
    record.value = text(3);
    record.event_id = text(4);
    record.receipt = text(5);
    record.traceparent = text(6);
    record.timestamp = timestamp(sqlite3_column_int64(select, 7));
    bytes += size_of(record);
  }
  sqlite3_reset(select);
  if (code != SQLITE_ROW && code != SQLITE_DONE)
    throw Unavailable(fmt::format("spool can't be read: {}", sqlite3_errmsg(reader_->handle)));
  return found;
}

bool Spool::wait_for_events(const std::stop_token& stop, std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, stop, time, [this] { return events_ > 0; });
}

}  // namespace wxpipe::ingest
