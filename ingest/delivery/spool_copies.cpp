#include "ingest/delivery/spool_copies.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <memory>
#include <system_error>

namespace wxpipe::ingest {
namespace {
struct Close {
  void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Handle = std::unique_ptr<sqlite3, Close>;
using Statement = std::unique_ptr<sqlite3_stmt, Close>;

constexpr const char* kAll =
    "select topic, key, value, event_id, receipt, traceparent, received_at from events order by id";
constexpr int kBusyMilliseconds = 5000;

std::string text(sqlite3_stmt* row, int column) {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(row, column));
  return bytes == nullptr ? std::string() : std::string(bytes, static_cast<size_t>(sqlite3_column_bytes(row, column)));
}

// Empty: the whole file was read.
std::string read(const std::filesystem::path& file, const std::unordered_set<std::string>& receipts,
                 const std::function<void(const std::filesystem::path&, Outbound&&)>& visit) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
  const Handle handle(opened);
  if (code != SQLITE_OK) return sqlite3_errstr(code);
  sqlite3_busy_timeout(handle.get(), kBusyMilliseconds);
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v2(handle.get(), kAll, -1, &prepared, nullptr) != SQLITE_OK) return sqlite3_errmsg(handle.get());
  const Statement rows(prepared);
  int step = SQLITE_ROW;
  while ((step = sqlite3_step(rows.get())) == SQLITE_ROW) {
    auto receipt = text(rows.get(), 4);
    const auto topic = sqlite3_column_int64(rows.get(), 0);
    if (!receipts.contains(receipt) || topic < 0 || topic >= std::ssize(schemas::kTopics)) continue;
    Outbound record;
    record.topic = static_cast<schemas::TopicName>(topic);
    record.key = text(rows.get(), 1);
    record.value = text(rows.get(), 2);
    record.event_id = text(rows.get(), 3);
    record.receipt = std::move(receipt);
    record.traceparent = text(rows.get(), 5);
    record.timestamp = Timestamp(std::chrono::microseconds(sqlite3_column_int64(rows.get(), 6)));
    visit(file, std::move(record));
  }
  return step == SQLITE_DONE ? std::string() : sqlite3_errmsg(handle.get());
}
}  // namespace

std::vector<std::string> find_in_spools(
    const std::filesystem::path& folder, const std::unordered_set<std::string>& receipts,
    const std::function<void(const std::filesystem::path& file, Outbound&& record)>& visit) {
  std::vector<std::string> unread;
  std::error_code trouble;
  for (const auto& entry : std::filesystem::directory_iterator(folder, trouble)) {
    if (entry.path().extension() != ".spool") continue;
    if (const auto why = read(entry.path(), receipts, visit); !why.empty())
      unread.push_back(fmt::format("{}: {}", entry.path().string(), why));
  }
  if (trouble) unread.push_back(fmt::format("{}: {}", folder.string(), trouble.message()));
  return unread;
}

}  // namespace wxpipe::ingest
