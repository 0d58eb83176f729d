#include "ingest/delivery/spool_record.hpp"

#include <array>
#include <cstring>

#include "common/crypto/digest.hpp"

namespace wxpipe::ingest {

int64_t checksum_of(int64_t id, const Outbound& record, Timestamp stored_at) {
  const auto length = [](const std::string& text) { return static_cast<int64_t>(text.size()); };
  const std::array<int64_t, 9> numbers{id,
                                       static_cast<int64_t>(record.topic),
                                       microseconds(record.timestamp),
                                       microseconds(stored_at),
                                       length(record.key),
                                       length(record.value),
                                       length(record.event_id),
                                       length(record.receipt),
                                       length(record.traceparent)};
  const std::array<std::string_view, 6> parts{
      std::string_view(reinterpret_cast<const char*>(numbers.data()), sizeof numbers),
      record.key,
      record.value,
      record.event_id,
      record.receipt,
      record.traceparent};
  const auto digest = crypto::sha256(parts);
  int64_t sum = 0;
  std::memcpy(&sum, digest.data(), sizeof sum);
  return sum;
}

bool is_topic(int64_t number) { return number >= 0 && number < static_cast<int64_t>(schemas::kTopics.size()); }

}  // namespace wxpipe::ingest
