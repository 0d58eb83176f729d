#include "operate/copies_in_spools.hpp"

#include <filesystem>
#include <utility>

#include "ingest/delivery/spool_copies.hpp"

namespace wxpipe::operate {

sinks::Copy copy_of(ingest::Outbound&& record, std::string where) {
  return {record.topic,
          std::move(record.key),
          std::move(record.value),
          std::move(record.receipt),
          std::move(record.traceparent),
          record.timestamp,
          std::move(where)};
}

sinks::OtherCopies copies_in_spools(const config::Settings& settings,
                                    std::function<void(const std::vector<std::string>& lines)> unread) {
  return [folder = settings.spool.directory, unread = std::move(unread)](const auto& receipts, const auto& take) {
    if (!std::filesystem::is_directory(folder)) return;
    unread(ingest::find_in_spools(folder, receipts, [&](const auto& file, ingest::Outbound&& record) {
      take(copy_of(std::move(record), file.string()));
    }));
  };
}

}  // namespace wxpipe::operate
