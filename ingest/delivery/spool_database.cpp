#include "ingest/delivery/spool_database.hpp"

#include <fmt/format.h>

#include <optional>

#include "ingest/delivery/spool_disk.hpp"

namespace wxpipe::ingest {
namespace {
constexpr const char* kColumns =
    "(id integer primary key, topic integer not null, key text not null, value blob not null, event_id text not null,"
    " receipt text not null, traceparent text not null, received_at integer not null, stored_at integer not null,"
    " checksum integer not null)";
constexpr const char* kInsert =
    "insert into events (id, topic, key, value, event_id, receipt, traceparent, received_at, stored_at, checksum)"
    " values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
constexpr const char* kRead =
    "select id, topic, key, value, event_id, receipt, traceparent, received_at, stored_at{} from events"
    " where id > ?1 and id <= ?2 order by id";

// Whether the file is what is wrong. Everything but the well-known troubles of a machine.
bool is_damage(int code) {
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_NOMEM:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_INTERRUPT:
    case SQLITE_PROTOCOL:
      return false;
    case SQLITE_IOERR:
      return code == SQLITE_IOERR_READ || code == SQLITE_IOERR_SHORT_READ || code == SQLITE_IOERR_CORRUPTFS;
    default:
      return true;
  }
}

void bind(sqlite3_stmt* statement, int at, const std::string& text) {
  sqlite3_bind_text64(statement, at, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

// The row that the statement stands on. Empty: not one that was written.
std::optional<SpooledRecord> row_of(sqlite3_stmt* statement, bool has_checksum) {
  constexpr int kOf[] = {SQLITE_INTEGER, SQLITE_INTEGER, SQLITE_TEXT,    SQLITE_BLOB,    SQLITE_TEXT,
                         SQLITE_TEXT,    SQLITE_TEXT,    SQLITE_INTEGER, SQLITE_INTEGER, SQLITE_INTEGER};
  for (int column = 0; column < sqlite3_column_count(statement); ++column)
    if (sqlite3_column_type(statement, column) != kOf[column]) return std::nullopt;
  const auto text = [&](int column) {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(statement, column));
    return std::string(data == nullptr ? "" : data, static_cast<size_t>(sqlite3_column_bytes(statement, column)));
  };
  const auto topic = sqlite3_column_int64(statement, 1);
  if (!is_topic(topic)) return std::nullopt;
  SpooledRecord spooled{sqlite3_column_int64(statement, 0),
                        {.topic = static_cast<schemas::TopicName>(topic),
                         .key = text(2),
                         .value = text(3),
                         .event_id = text(4),
                         .receipt = text(5),
                         .traceparent = text(6),
                         .timestamp = timestamp(sqlite3_column_int64(statement, 7))},
                        timestamp(sqlite3_column_int64(statement, 8))};
  if (has_checksum && sqlite3_column_int64(statement, 9) != checksum_of(spooled.id, spooled.record, spooled.stored_at))
    return std::nullopt;
  return spooled;
}
}  // namespace

SpoolDatabase::SpoolDatabase(const std::filesystem::path& file, Use use) {
  try {
    open(file, use);
  } catch (...) {
    close();
    throw;
  }
}

SpoolDatabase::~SpoolDatabase() { close(); }

void SpoolDatabase::open(const std::filesystem::path& file, Use use) {
  const int code = sqlite3_open_v2(file.c_str(), &handle_,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, spool_disk());
  if (handle_ == nullptr) throw DiskTrouble("no memory");
  check(code);
  sqlite3_extended_result_codes(handle_, 1);
  run("pragma busy_timeout=5000");
  if (use == Use::look) {
    keep_log();
    run("pragma query_only=1");
    // A process may have been killed before it made the table.
    if (number("select count(*) from sqlite_master") == 0) return;
    has_checksums_ = number("pragma user_version") != 0;
  } else {
    // The page size is SQLite's default. It is said here because the carver depends on it.
    run("pragma page_size=4096; pragma temp_store=memory; pragma synchronous=full");
    if (use == Use::normal) run("pragma journal_mode=wal");
    run(fmt::format("create table if not exists events {}", kColumns).c_str());
    if (number("pragma user_version") == 0) run("pragma user_version=1");
    insert_ = prepare(kInsert);
    remove_ = prepare("delete from events where id = ?1");
  }
  read_ = prepare(fmt::format(kRead, has_checksums_ ? ", checksum" : "").c_str());
}

void SpoolDatabase::keep_log() {
  int keep = 1;  // neither call can fail on an open connection
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_file_control(handle_, nullptr, SQLITE_FCNTL_PERSIST_WAL, &keep);
}

void SpoolDatabase::close() {
  for (auto* statement : {insert_, remove_, read_}) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

void SpoolDatabase::check(int code) const {
  if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
  if (is_damage(sqlite3_extended_errcode(handle_))) throw DamagedFile(sqlite3_errmsg(handle_));
  throw DiskTrouble(sqlite3_errmsg(handle_));
}

void SpoolDatabase::run(const char* sql) { check(sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr)); }
void SpoolDatabase::rollback() { sqlite3_exec(handle_, "rollback", nullptr, nullptr, nullptr); }

int64_t SpoolDatabase::number(const char* sql) {
  auto* statement = prepare(sql);
  const int code = sqlite3_step(statement);
  const auto value = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
  sqlite3_finalize(statement);
  check(code);
  return value;
}

std::string SpoolDatabase::fault() {
  if (sqlite3_db_readonly(handle_, "main") == 1) return "SQLite takes it for read-only";
  const auto as_made =
      fmt::format("select sql = 'CREATE TABLE events {}' from sqlite_master where name = 'events'", kColumns);
  if (read_ != nullptr && has_checksums_ && number(as_made.c_str()) != 1) return "its table is not as it was made";
  auto* statement = prepare("pragma quick_check(1)");
  const int code = sqlite3_step(statement);
  const auto* word = code == SQLITE_ROW ? reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)) : nullptr;
  std::string found = word == nullptr ? "" : word;
  sqlite3_finalize(statement);
  check(code);
  return found == "ok" ? "" : found;
}

sqlite3_stmt* SpoolDatabase::prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  check(sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr));
  return statement;
}

// Runs a statement that returns no rows, and resets it for the next time.
void SpoolDatabase::step(sqlite3_stmt* statement) {
  const int code = sqlite3_step(statement);
  sqlite3_reset(statement);
  check(code);
}

void SpoolDatabase::insert(int64_t id, const Outbound& record, Timestamp stored_at) {
  sqlite3_bind_int64(insert_, 1, id);
  sqlite3_bind_int(insert_, 2, static_cast<int>(record.topic));
  bind(insert_, 3, record.key);
  sqlite3_bind_blob64(insert_, 4, record.value.data(), record.value.size(), SQLITE_STATIC);
  bind(insert_, 5, record.event_id);
  bind(insert_, 6, record.receipt);
  bind(insert_, 7, record.traceparent);
  sqlite3_bind_int64(insert_, 8, microseconds(record.timestamp));
  sqlite3_bind_int64(insert_, 9, microseconds(stored_at));
  sqlite3_bind_int64(insert_, 10, checksum_of(id, record, stored_at));
  step(insert_);
}

void SpoolDatabase::remove(int64_t id) {
  sqlite3_bind_int64(remove_, 1, id);
  step(remove_);
}

void SpoolDatabase::read(int64_t after, int64_t up_to, const std::function<bool(SpooledRecord&&)>& take) {
  if (read_ == nullptr) return;  // no table yet
  sqlite3_bind_int64(read_, 1, after);
  sqlite3_bind_int64(read_, 2, up_to);
  const struct Reset {
    sqlite3_stmt* statement;
    ~Reset() { sqlite3_reset(statement); }
  } reset{read_};
  int code;
  while ((code = sqlite3_step(read_)) == SQLITE_ROW) {
    auto spooled = row_of(read_, has_checksums_);
    if (!spooled) throw DamagedFile(fmt::format("row {} is not what was written", sqlite3_column_int64(read_, 0)));
    if (!take(std::move(*spooled))) return;
  }
  check(code);
}

}  // namespace wxpipe::ingest
