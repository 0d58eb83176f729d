#include "schemas/record_side.hpp"

#include "common/json/write.hpp"

namespace wxpipe::schemas {
namespace {
// Longer ones are nobody's names, and Postgres takes no long texts into an index.
constexpr size_t kLongestName = 256;

std::string_view text_or_nothing(std::string_view text) {
  const bool control =
      std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  return control || text.size() > kLongestName || !json::is_utf8(text) ? std::string_view() : text;
}

std::string_view account_in_key(std::string_view key) { return text_or_nothing(key.substr(0, key.find('|'))); }

std::string first_of(std::string_view told, std::string_view otherwise) {
  return printable(told.empty() || told.size() > kLongestName ? otherwise : told);
}
}  // namespace

DeadLetter dead_letter_of(const RecordAsFound& record, std::string_view stage, const Rejection& why,
                          std::string_view sqlstate, const KnownOfRecord& known, Timestamp now) {
  const auto value = record.value.value_or(std::string_view());
  DeadLetter letter;
  letter.id = record_dead_letter_id(stage, record.topic, record.partition, record.offset, value);
  letter.occurred_at = known.occurred_at.value_or(record.timestamp);
  letter.failed_at = now;
  letter.stage = stage;
  letter.reason = why.reason;
  letter.detail = printable(why.detail);
  letter.sqlstate = sqlstate;
  letter.account = first_of(known.account, account_in_key(record.key));
  letter.event_id = known.event_id;
  if (Uuid id; !letter.event_id && parse_uuid(record.event_id, id)) letter.event_id = id;
  letter.topic = record.topic;
  letter.partition = record.partition;
  letter.offset = record.offset;
  letter.key = printable(record.key);
  letter.body = value;
  letter.receipt = first_of(known.receipt, text_or_nothing(record.receipt));
  letter.trace_id = first_of(known.trace_id, trace_id_in(record.traceparent));
  return letter;
}

}  // namespace wxpipe::schemas
