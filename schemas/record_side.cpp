#include "schemas/record_side.hpp"

#include "common/json/read.hpp"
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

void keep(RecordIds& ids, std::string_view name, std::string_view text) {
  if (name == "receipt")
    ids.receipt = text;
  else if (name == "id" || name == "event_id")
    ids.event_id = text;
}

// The JSON string that begins the text, without its quotes, which is taken off. Nothing: none, or it has escapes.
std::optional<std::string_view> take_string(std::string_view& json) {
  if (!json.starts_with('"')) return {};
  const auto end = json.find_first_of("\"\\", 1);
  if (end == json.npos || json[end] == '\\') return {};
  const auto text = json.substr(1, end - 1);
  json.remove_prefix(end + 1);
  return text;
}

RecordIds ids_in_front(std::string_view json) {
  constexpr int kMembers = 4;  // schema, the fact's own id, the event's, the receipt
  RecordIds ids;
  char before = '{';
  for (int i = 0; i < kMembers && json.starts_with(before); ++i, before = ',') {
    json.remove_prefix(1);
    const auto name = take_string(json);
    if (!name || !json.starts_with(':')) break;
    json.remove_prefix(1);
    const auto text = take_string(json);
    if (!text) break;
    keep(ids, *name, *text);
  }
  return ids;
}

RecordIds ids_anywhere(std::string_view json) {
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  if (json::thread_reader().iterate(json).get(document) || document.get_object().get(object)) return {};
  RecordIds ids;
  for (auto member : object) {
    std::string_view name, text;
    if (member.unescaped_key().get(name)) break;
    if (!member.value().get_string().get(text)) keep(ids, name, text);
  }
  return ids;
}
}  // namespace

RecordIds ids_of(std::string_view value) {
  const auto ids = ids_in_front(value);
  if (!ids.receipt.empty()) return ids;
  auto found = ids_anywhere(value);
  if (found.event_id.empty()) found.event_id = ids.event_id;
  return found;
}

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
  const auto ids = ids_of(value);
  for (const auto told : {ids.event_id, record.old_headers.event_id})
    if (Uuid id; !letter.event_id && parse_uuid(told, id)) letter.event_id = id;
  letter.topic = record.topic;
  letter.partition = record.partition;
  letter.offset = record.offset;
  letter.key = printable(record.key);
  letter.body = value;
  const auto receipt = text_or_nothing(ids.receipt);
  letter.receipt = first_of(known.receipt, receipt.empty() ? text_or_nothing(record.old_headers.receipt) : receipt);
  letter.trace_id = first_of(known.trace_id, trace_id_in(record.traceparent));
  return letter;
}

}  // namespace wxpipe::schemas
