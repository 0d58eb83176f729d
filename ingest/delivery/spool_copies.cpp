#include "ingest/delivery/spool_copies.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sqlite3.h>

#include <map>
#include <memory>
#include <optional>
#include <system_error>

#include "ingest/delivery/spool_files.hpp"
#include "ingest/delivery/spool_ledger.hpp"
#include "ingest/delivery/spool_record.hpp"

namespace wxpipe::ingest {
namespace {
struct Close {
  void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Handle = std::unique_ptr<sqlite3, Close>;
using Statement = std::unique_ptr<sqlite3_stmt, Close>;

constexpr int kBusyMilliseconds = 5000;
constexpr const char* kAll =
    "select topic, key, value, event_id, receipt, traceparent, received_at, id, stored_at{} from events order by id";

std::string text(sqlite3_stmt* row, int column) {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(row, column));
  return bytes == nullptr ? std::string() : std::string(bytes, static_cast<size_t>(sqlite3_column_bytes(row, column)));
}

// Null: SQLite can't make sense of the file.
Statement prepare(sqlite3* handle, const std::string& sql) {
  sqlite3_stmt* prepared = nullptr;
  sqlite3_prepare_v2(handle, sql.c_str(), -1, &prepared, nullptr);
  return Statement(prepared);
}

// The row that the statement stands on. Empty: not one that was written.
std::optional<Outbound> row_of(sqlite3_stmt* row, bool has_checksum) {
  const auto topic = sqlite3_column_int64(row, 0);
  if (!is_topic(topic)) return std::nullopt;
  Outbound record{.topic = static_cast<schemas::TopicName>(topic),
                  .key = text(row, 1),
                  .value = text(row, 2),
                  .event_id = text(row, 3),
                  .receipt = text(row, 4),
                  .traceparent = text(row, 5),
                  .timestamp = timestamp(sqlite3_column_int64(row, 6))};
  const auto id = sqlite3_column_int64(row, 7);
  const auto stored_at = timestamp(sqlite3_column_int64(row, 8));
  if (has_checksum && sqlite3_column_int64(row, 9) != checksum_of(id, record, stored_at)) return std::nullopt;
  return record;
}

using Wanted = std::function<bool(const Outbound&)>;

// What can't be read; empty: nothing.
std::string read(const std::filesystem::path& file, const Wanted& wanted, const VisitCopy& visit) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
  const Handle handle(opened);
  if (code != SQLITE_OK) return sqlite3_errstr(code);
  sqlite3_busy_timeout(handle.get(), kBusyMilliseconds);
  // 0: of an older version, without checksums.
  const auto version = prepare(handle.get(), "pragma user_version");
  if (!version || sqlite3_step(version.get()) != SQLITE_ROW) return sqlite3_errmsg(handle.get());
  const bool has_checksums = sqlite3_column_int64(version.get(), 0) != 0;
  sqlite3_reset(version.get());
  const auto rows = prepare(handle.get(), fmt::format(kAll, has_checksums ? ", checksum" : ""));
  if (!rows) return sqlite3_errmsg(handle.get());
  std::vector<int64_t> changed;
  int step = SQLITE_ROW;
  while ((step = sqlite3_step(rows.get())) == SQLITE_ROW) {
    auto record = row_of(rows.get(), has_checksums);
    if (!record)
      changed.push_back(sqlite3_column_int64(rows.get(), 7));
    else if (wanted(*record))
      visit(file, std::move(*record));
  }
  if (step != SQLITE_DONE) return sqlite3_errmsg(handle.get());
  return changed.empty() ? "" : fmt::format("not what was written, so not used: row {}", fmt::join(changed, ", "));
}

std::vector<std::string> read_all(const std::filesystem::path& folder, const Wanted& wanted, const VisitCopy& visit) {
  std::vector<std::string> unread;
  std::error_code trouble;
  std::filesystem::directory_iterator entry(folder, trouble);
  for (; !trouble && entry != std::filesystem::directory_iterator(); entry.increment(trouble)) {
    const auto& file = entry->path();
    if (file.extension() != ".spool") continue;
    if (const auto why = read(file, wanted, visit); !why.empty())
      unread.push_back(fmt::format("{}: {}", file.string(), why));
  }
  if (trouble) unread.push_back(fmt::format("{}: {}", folder.string(), trouble.message()));
  return unread;
}
}  // namespace

std::vector<std::string> find_in_spools(const std::filesystem::path& folder,
                                        const std::unordered_set<std::string>& receipts, const VisitCopy& visit) {
  return read_all(
      folder, [&](const Outbound& record) { return receipts.contains(record.receipt); }, visit);
}

std::vector<std::string> find_marks_in_spools(const std::filesystem::path& folder, const std::string& topic_prefix,
                                              const VisitCopy& visit) {
  std::map<std::filesystem::path, bool> ours;
  return read_all(
      folder, [](const Outbound& record) { return record.topic == schemas::TopicName::custody; },
      [&](const std::filesystem::path& file, Outbound&& record) {
        const auto [known, fresh] = ours.emplace(file, false);
        if (fresh)
          known->second = SpoolLedger::read(SpoolFiles(folder, file.stem()).ledger).topic_prefix == topic_prefix;
        if (known->second) visit(file, std::move(record));
      });
}

}  // namespace wxpipe::ingest
