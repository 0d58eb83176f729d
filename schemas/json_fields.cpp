#include "schemas/json_fields.hpp"

#include <limits>

namespace wxpipe::schemas {

void append_json(std::string& out, const Attributes& value) {
  out += '{';
  for (size_t i = 0; i < value.size();) {
    if (i > 0) out += ',';
    json::append_string(out, value[i].first);
    out += ':';
    size_t end = i + 1;
    while (end < value.size() && value[end].first == value[i].first) ++end;
    if (end == i + 1) {
      json::append_string(out, value[i].second);
    } else {
      out += '[';
      for (size_t j = i; j < end; ++j) {
        if (j > i) out += ',';
        json::append_string(out, value[j].second);
      }
      out += ']';
    }
    i = end;
  }
  out += '}';
}

}  // namespace wxpipe::schemas

namespace wxpipe::schemas::fields {

void attributes(std::string& out, std::string_view field, const Attributes& value) {
  if (value.empty()) return;
  name(out, field);
  append_json(out, value);
}

void begin(std::string& out, std::string_view schema) {
  out += "{\"schema\":\"";
  out += schema;
  out += '"';
}

void origin(std::string& out, const Origin& value) {
  id(out, "event_id", value.event_id);
  text(out, "event_type", value.event_type);
  text(out, "platform", value.platform);
  text(out, "account", value.account);
  text_unless_empty(out, "tenant", value.tenant);
  text(out, "subject", value.subject);
  time(out, "occurred_at", value.occurred_at);
  time(out, "received_at", value.received_at);
  if (value.timeless) out += ",\"timeless\":true";
  text_unless_empty(out, "receipt", value.receipt);
  text_unless_empty(out, "trace_id", value.trace_id);
}

bool read(Value value, std::string& out) {
  std::string_view found;
  if (value.get_string().get(found)) return false;
  out = found;
  return true;
}

bool read(Value value, bool& out) { return !value.get_bool().get(out); }

bool read(Value value, int64_t& out) { return !value.get_int64().get(out); }

bool read(Value value, int& out) {
  int64_t found;
  if (value.get_int64().get(found) || found < std::numeric_limits<int>::min() ||
      found > std::numeric_limits<int>::max())
    return false;
  out = static_cast<int>(found);
  return true;
}

bool read(Value value, Timestamp& out) {
  std::string_view found;
  return !value.get_string().get(found) && parse_iso8601(found, out);
}

bool read(Value value, Uuid& out) {
  std::string_view found;
  return !value.get_string().get(found) && parse_uuid(found, out);
}

bool read(Value value, Attributes& out) {
  simdjson::ondemand::object object;
  if (value.get_object().get(object)) return false;
  for (auto member : object) {
    std::string_view member_name;
    if (member.unescaped_key().get(member_name)) return false;
    std::string kept_name(member_name);
    simdjson::ondemand::value member_value;
    simdjson::ondemand::json_type type;
    if (member.value().get(member_value) || member_value.type().get(type)) return false;
    if (type != simdjson::ondemand::json_type::array) {
      std::string text;
      if (!read(Value(std::move(member_value)), text)) return false;
      out.emplace_back(std::move(kept_name), std::move(text));
      continue;
    }
    simdjson::ondemand::array array;
    if (member_value.get_array().get(array)) return false;
    for (auto element : array) {
      std::string text;
      if (!read(element, text)) return false;
      out.emplace_back(kept_name, std::move(text));
    }
  }
  return true;
}

std::optional<bool> read_origin(uint64_t field, Value value, Origin& origin) {
  switch (field) {
    case json::key("event_id"):
      return read(value, origin.event_id);
    case json::key("event_type"):
      return read(value, origin.event_type);
    case json::key("platform"):
      return read(value, origin.platform);
    case json::key("account"):
      return read(value, origin.account);
    case json::key("tenant"):
      return read(value, origin.tenant);
    case json::key("subject"):
      return read(value, origin.subject);
    case json::key("occurred_at"):
      return read(value, origin.occurred_at);
    case json::key("received_at"):
      return read(value, origin.received_at);
    case json::key("timeless"):
      return read(value, origin.timeless);
    case json::key("receipt"):
      return read(value, origin.receipt);
    case json::key("trace_id"):
      return read(value, origin.trace_id);
    default:
      return std::nullopt;
  }
}

}  // namespace wxpipe::schemas::fields
