#include "schemas/fact_json.hpp"

#include <charconv>
#include <limits>

namespace wxpipe::schemas {

std::string printable(std::string_view text) {
  if (json::is_utf8(text) && text.find('\0') == std::string_view::npos) return std::string(text);
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    constexpr std::string_view kHex = "0123456789abcdef";
    if (byte >= 0x20 && byte < 0x7f)
      out += c;
    else
      out.append("\\x").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
  }
  return out;
}

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

namespace fact_json {

void append(std::string& out, const std::string& text) { json::append_string(out, text); }

void append(std::string& out, bool value) { out += value ? "true" : "false"; }

void append(std::string& out, int64_t value) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

void append(std::string& out, Timestamp at) {
  out += '"';
  append_iso8601(out, at);
  out += '"';
}

void append(std::string& out, const Uuid& id) {
  out += '"';
  append_uuid(out, id);
  out += '"';
}

void append(std::string& out, Reason reason) { out.append(1, '"').append(to_string(reason)).append(1, '"'); }

void append(std::string& out, const Attributes& attributes) { append_json(out, attributes); }

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

bool read(Value value, Reason& out) {
  std::string_view found;
  if (value.get_string().get(found)) return false;
  for (int i = 0; i < kReasonCount; ++i)
    if (to_string(static_cast<Reason>(i)) == found) {
      out = static_cast<Reason>(i);
      return true;
    }
  return false;
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

// Only finds the object's end: what is inside is read when it is needed.
bool read(Value value, AttributeTree& out) {
  simdjson::ondemand::json_type type;
  std::string_view json;
  if (value.type().get(type) || type != simdjson::ondemand::json_type::object ||
      simdjson::to_json_string(value).get(json))
    return false;
  out = AttributeTree::of_json(std::string(json));
  return true;
}

bool read_base64(Value value, std::string& out) {
  std::string_view encoded;
  return !value.get_string().get(encoded) && json::decode_base64(encoded, out);
}

Rejection unreadable(std::string_view what, std::string_view which, std::string_view behind) {
  return {Reason::unreadable_record, std::string(what).append(which).append(behind)};
}

}  // namespace fact_json
}  // namespace wxpipe::schemas
