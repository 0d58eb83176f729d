#include "sinks/record.hpp"

#include <algorithm>

#include "common/json/write.hpp"

namespace wxpipe::sinks {
namespace {
// What stands beside a value that can't be read may be anything too: it is used where it is text.
std::string text_or_nothing(std::string_view text) {
  const bool control =
      std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  return control || !json::is_utf8(text) ? std::string() : std::string(text);
}

// "account|tenant|subject", or the account alone on the dead letters' topic.
std::string account_in_key(std::string_view key) { return text_or_nothing(key.substr(0, key.find('|'))); }

// W3C: version-trace id-parent-flags.
std::string trace_id_in(std::string_view traceparent) {
  const auto hex = traceparent.size() >= 35 && traceparent[2] == '-' ? traceparent.substr(3, 32) : std::string_view();
  const bool valid =
      std::all_of(hex.begin(), hex.end(), [](char c) { return ('0' <= c && c <= '9') || ('a' <= c && c <= 'f'); });
  return valid ? std::string(hex) : std::string();
}

std::string first_of(std::string_view told, std::string otherwise) {
  return told.empty() ? std::move(otherwise) : schemas::printable(told);
}
}  // namespace

schemas::DeadLetter dead_letter_of(const InputRecord& record, std::string_view stage, const Rejection& why,
                                   std::string_view sqlstate, const KnownOfRecord& known, Timestamp now) {
  const auto value = record.value.value_or(std::string_view());
  const auto header = [&](const char* name) { return record.header ? record.header(name) : std::string_view(); };
  schemas::DeadLetter letter;
  letter.id = schemas::record_dead_letter_id(stage, record.topic, record.partition, record.offset, value);
  letter.occurred_at = known.occurred_at.value_or(record.timestamp);
  letter.failed_at = now;
  letter.stage = stage;
  letter.reason = why.reason;
  letter.detail = schemas::printable(why.detail);
  letter.sqlstate = sqlstate;
  letter.account = first_of(known.account, account_in_key(record.key));
  letter.event_id = known.event_id;
  if (Uuid id; !letter.event_id && parse_uuid(header("event_id"), id)) letter.event_id = id;
  letter.topic = record.topic;
  letter.partition = record.partition;
  letter.offset = record.offset;
  letter.key = schemas::printable(record.key);
  letter.body = value;
  letter.receipt = first_of(known.receipt, text_or_nothing(header("receipt")));
  letter.trace_id = first_of(known.trace_id, trace_id_in(header("traceparent")));
  return letter;
}

}  // namespace wxpipe::sinks
