// Event and its JSON, both ways. docs/topics.md shows one; schemas/kafka/event.schema.json is the contract.
#include "schemas/event.hpp"
#include "schemas/json_fields.hpp"

namespace wxpipe::schemas {

std::string_view attribute(const Attributes& attributes, std::string_view name) {
  for (const auto& [found, value] : attributes)
    if (found == name) return value;
  return {};
}

std::string partition_key(const Event& event) {
  std::string key;
  key.reserve(event.account.size() + event.tenant.size() + event.subject.size() + 2);
  key.append(event.account).append(1, '|').append(event.tenant).append(1, '|').append(event.subject);
  return key;
}

void encode(const Event& event, std::string_view schema, std::string& out) {
  out.reserve(out.size() + 768 + event.raw.size() + event.raw.size() / 4);
  fields::begin(out, schema);
  fields::id(out, "id", event.id);
  fields::text(out, "type", event.type);
  fields::text(out, "category", event.category);
  fields::text(out, "platform", event.platform);
  fields::text(out, "account", event.account);
  fields::text_unless_empty(out, "tenant", event.tenant);
  fields::text(out, "subject", event.subject);
  fields::text(out, "identity", event.identity);
  fields::text_unless_empty(out, "msg_type", event.msg_type);
  fields::text_unless_empty(out, "event", event.event);
  fields::text_unless_empty(out, "change_type", event.change_type);
  fields::text_unless_empty(out, "msg_id", event.msg_id);
  fields::text_unless_empty(out, "sender", event.sender);
  fields::text_unless_empty(out, "recipient", event.recipient);
  fields::text_unless_empty(out, "conversation", event.conversation);
  fields::text_unless_empty(out, "content", event.content);
  fields::text_unless_empty(out, "reply", event.reply);
  fields::time(out, "occurred_at", event.occurred_at);
  fields::time(out, "received_at", event.received_at);
  if (event.timeless) out += ",\"timeless\":true";
  fields::attributes(out, "attributes", event.attributes);
  fields::text(out, "raw", event.raw);
  fields::text_unless_empty(out, "receipt", event.receipt);
  fields::text_unless_empty(out, "trace_id", event.trace_id);
  fields::number(out, "normaliser", event.normaliser);
  out += '}';
}

Result<Event> decode_event(std::string_view json) {
  Event event;
  bool id = false, occurred = false, received = false;
  const auto result = fields::read_object(json, kEventSchema, kMessageSchema, [&](uint64_t field, fields::Value value) {
    using fields::read;
    switch (field) {
      case json::key("id"):
        return id = read(value, event.id);
      case json::key("type"):
        return read(value, event.type);
      case json::key("category"):
        return read(value, event.category);
      case json::key("platform"):
        return read(value, event.platform);
      case json::key("account"):
        return read(value, event.account);
      case json::key("tenant"):
        return read(value, event.tenant);
      case json::key("subject"):
        return read(value, event.subject);
      case json::key("identity"):
        return read(value, event.identity);
      case json::key("msg_type"):
        return read(value, event.msg_type);
      case json::key("event"):
        return read(value, event.event);
      case json::key("change_type"):
        return read(value, event.change_type);
      case json::key("msg_id"):
        return read(value, event.msg_id);
      case json::key("sender"):
        return read(value, event.sender);
      case json::key("recipient"):
        return read(value, event.recipient);
      case json::key("conversation"):
        return read(value, event.conversation);
      case json::key("content"):
        return read(value, event.content);
      case json::key("reply"):
        return read(value, event.reply);
      case json::key("occurred_at"):
        return occurred = read(value, event.occurred_at);
      case json::key("received_at"):
        return received = read(value, event.received_at);
      case json::key("timeless"):
        return read(value, event.timeless);
      case json::key("attributes"):
        return read(value, event.attributes);
      case json::key("raw"):
        return read(value, event.raw);
      case json::key("receipt"):
        return read(value, event.receipt);
      case json::key("trace_id"):
        return read(value, event.trace_id);
      case json::key("normaliser"):
        return read(value, event.normaliser);
      default:
        return true;
    }
  });
  if (!result) return result.error();
  if (!id || !occurred || !received || event.type.empty() || event.account.empty())
    return Rejection{Reason::unreadable_record, "an event needs id, type, account, occurred_at and received_at"};
  return event;
}

}  // namespace wxpipe::schemas
