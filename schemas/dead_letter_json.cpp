// DeadLetter and its JSON, both ways; its ids. schemas/kafka/dead_letter.schema.json is the contract.
#include <array>

#include "schemas/dead_letter.hpp"
#include "schemas/event_id.hpp"
#include "schemas/json_fields.hpp"

namespace wxpipe::schemas {

std::string printable(std::string_view text) {
  if (json::is_utf8(text) && text.find('\0') == std::string_view::npos) return std::string(text);
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f)
      out += c;
    else
      out += fmt::format("\\x{:02x}", byte);
  }
  return out;
}

Uuid ingest_dead_letter_id(std::string_view account, std::string_view tenant, std::string_view body) {
  const std::array<std::string_view, 4> parts{"ingest", account, tenant, body};
  return content_id(std::nullopt, parts);
}

Uuid record_dead_letter_id(std::string_view stage, std::string_view topic, int partition, int64_t offset,
                           std::string_view value) {
  const auto place = fmt::format("{}/{}", partition, offset);
  const std::array<std::string_view, 4> parts{stage, topic, place, value};
  return content_id(std::nullopt, parts);
}

void encode(const DeadLetter& letter, std::string& out) {
  fields::begin(out, kDeadLetterSchema);
  fields::id(out, "dead_letter_id", letter.id);
  fields::time(out, "occurred_at", letter.occurred_at);
  fields::time(out, "failed_at", letter.failed_at);
  fields::text(out, "stage", letter.stage);
  fields::word(out, "reason", to_string(letter.reason));
  fields::text_unless_empty(out, "detail", printable(letter.detail));
  fields::text_unless_empty(out, "sqlstate", letter.sqlstate);
  fields::text_unless_empty(out, "account", letter.account);
  if (letter.event_id) fields::id(out, "event_id", *letter.event_id);
  fields::text_unless_empty(out, "topic", letter.topic);
  if (letter.partition) fields::number(out, "partition", *letter.partition);
  if (letter.offset) fields::number(out, "offset", *letter.offset);
  fields::text_unless_empty(out, "key", printable(letter.key));
  fields::name(out, "body");
  json::append_base64(out, letter.body);
  Attributes context = letter.context;
  for (auto& [name, value] : context) value = printable(value);
  fields::attributes(out, "context", context);
  fields::text_unless_empty(out, "receipt", letter.receipt);
  fields::text_unless_empty(out, "trace_id", letter.trace_id);
  out += '}';
}

Result<DeadLetter> decode_dead_letter(std::string_view json) {
  DeadLetter letter;
  bool id = false, body = false, reason = false;
  const auto result = fields::read_object(json, kDeadLetterSchema, {}, [&](uint64_t field, fields::Value value) {
    using fields::read;
    switch (field) {
      case json::key("dead_letter_id"):
        return id = read(value, letter.id);
      case json::key("occurred_at"):
        return read(value, letter.occurred_at);
      case json::key("failed_at"):
        return read(value, letter.failed_at);
      case json::key("stage"):
        return read(value, letter.stage);
      case json::key("reason"): {
        std::string word;
        if (!read(value, word)) return false;
        for (int i = 0; i < kReasonCount; ++i)
          if (to_string(static_cast<Reason>(i)) == word) {
            letter.reason = static_cast<Reason>(i);
            reason = true;
          }
        return reason;
      }
      case json::key("detail"):
        return read(value, letter.detail);
      case json::key("sqlstate"):
        return read(value, letter.sqlstate);
      case json::key("account"):
        return read(value, letter.account);
      case json::key("event_id"):
        return read(value, letter.event_id.emplace());
      case json::key("topic"):
        return read(value, letter.topic);
      case json::key("partition"):
        return read(value, letter.partition.emplace());
      case json::key("offset"):
        return read(value, letter.offset.emplace());
      case json::key("key"):
        return read(value, letter.key);
      case json::key("body"): {
        std::string_view encoded;
        return body = !value.get_string().get(encoded) && json::decode_base64(encoded, letter.body);
      }
      case json::key("context"):
        return read(value, letter.context);
      case json::key("receipt"):
        return read(value, letter.receipt);
      case json::key("trace_id"):
        return read(value, letter.trace_id);
      default:
        return true;
    }
  });
  if (!result) return result.error();
  if (!id || !body || !reason || letter.stage.empty())
    return Rejection{Reason::unreadable_record, "a dead letter needs dead_letter_id, stage, reason and body"};
  return letter;
}

}  // namespace wxpipe::schemas
