// CustodyMark and its JSON, both ways; receipts taken apart. schemas/kafka/custody_mark.schema.json is the contract.
#include <charconv>

#include "schemas/custody_mark.hpp"
#include "schemas/json_fields.hpp"

namespace wxpipe::schemas {
namespace {
using Acknowledged = CustodyMark::Acknowledged;
using Run = CustodyMark::Run;

// Numbers of seven bits a byte, the lowest first; the eighth bit says that more come.
void append_varint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(0x80 | (value & 0x7f));
  out += static_cast<char>(value);
}

std::optional<uint64_t> take_varint(std::string_view& bytes) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 35 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

// A byte for a single receipt, two or more for a run: outcome * 2, plus 1 with the length (less 2) behind it.
std::string pack(const std::vector<Run>& runs) {
  std::string out;
  for (const auto& [outcome, length] : runs) {
    append_varint(out, uint64_t{outcome} * 2 + (length > 1 ? 1 : 0));
    if (length > 1) append_varint(out, length - 2);
  }
  return out;
}

bool unpack(std::string_view bytes, std::vector<Run>& runs) {
  int64_t receipts = 0;
  while (!bytes.empty()) {
    const auto head = take_varint(bytes);
    if (!head) return false;
    uint64_t length = 1;
    if (*head % 2 == 1) {
      const auto more = take_varint(bytes);
      if (!more) return false;
      length = *more + 2;
    }
    if (*head / 2 > UINT32_MAX || length > kMostReceiptsInMark) return false;
    receipts += static_cast<int64_t>(length);
    if (receipts > kMostReceiptsInMark) return false;
    runs.push_back({static_cast<uint32_t>(*head / 2), static_cast<uint32_t>(length)});
  }
  return true;
}

bool read_acknowledged(fields::Value value, std::vector<Acknowledged>& list) {
  simdjson::ondemand::array array;
  if (value.get_array().get(array)) return false;
  for (auto element : array) {
    simdjson::ondemand::object object;
    if (element.get_object().get(object)) return false;
    auto& one = list.emplace_back();
    for (auto member : object) {
      std::string_view name;
      if (member.unescaped_key().get(name)) return false;
      const auto hash = json::key(name);
      bool fine = true;
      std::string path;
      if (hash == json::key("account")) fine = fields::read(member.value(), one.account);
      if (hash == json::key("minute")) fine = fields::read(member.value(), one.minute);
      if (hash == json::key("count")) fine = fields::read(member.value(), one.count);
      if (hash == json::key("path")) {
        fine = fields::read(member.value(), path) && (path == "broker" || path == "spool");
        one.spooled = path == "spool";
      }
      if (!fine) return false;
    }
  }
  return true;
}

// Why the mark can't be what a process wrote; empty: it can.
std::string_view contradiction(const CustodyMark& mark) {
  if (mark.instance.empty() || mark.boot.empty() || mark.boot.find('/') != std::string::npos)
    return "a custody mark needs instance and boot";
  if (mark.number < 1 || mark.first < 1 || mark.next < mark.first) return "number, first or next is not possible";
  std::vector<int64_t> counts(mark.acknowledged.size() + 1);
  int64_t receipts = 0;
  for (const auto& [outcome, length] : mark.outcomes) {
    if (outcome >= counts.size()) return "an outcome that isn't in acknowledged";
    counts[outcome] += length;
    receipts += length;
  }
  if (receipts != mark.next - mark.first) return "the outcomes don't cover first to next";
  for (size_t i = 0; i < mark.acknowledged.size(); ++i)
    if (mark.acknowledged[i].count != counts[i + 1] || mark.acknowledged[i].account.empty())
      return "acknowledged doesn't agree with the outcomes";
  if (!mark.acknowledged.empty() && (mark.received_from == Timestamp{} || mark.received_to < mark.received_from))
    return "received_from and received_to are not possible";
  return {};
}
}  // namespace

std::optional<Receipt> parse_receipt(std::string_view text) {
  const auto slash = text.rfind('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto process = text.substr(0, slash), digits = text.substr(slash + 1);
  int64_t sequence = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), sequence);
  const bool whole = error == std::errc{} && end == digits.data() + digits.size();
  if (!whole || sequence < 1 || process.find('/') == std::string_view::npos) return std::nullopt;
  return Receipt{process, sequence};
}

void encode(const CustodyMark& mark, std::string& out) {
  fields::begin(out, kCustodyMarkSchema);
  fields::text(out, "instance", mark.instance);
  fields::text(out, "boot", mark.boot);
  fields::number(out, "number", mark.number);
  fields::time(out, "marked_at", mark.marked_at);
  if (mark.last) out += ",\"last\":true";
  fields::number(out, "first", mark.first);
  fields::number(out, "next", mark.next);
  if (mark.spool_events) fields::number(out, "spool_events", *mark.spool_events);
  if (!mark.acknowledged.empty()) {
    fields::time(out, "received_from", mark.received_from);
    fields::time(out, "received_to", mark.received_to);
  }
  fields::name(out, "acknowledged");
  out += '[';
  const char* between = "{\"account\":";
  for (const auto& [account, minute, spooled, count] : mark.acknowledged) {
    out += between;
    json::append_string(out, account);
    fields::time(out, "minute", minute);
    fields::word(out, "path", spooled ? "spool" : "broker");
    fields::number(out, "count", count);
    out += '}';
    between = ",{\"account\":";
  }
  out += ']';
  fields::name(out, "outcomes");
  json::append_base64(out, pack(mark.outcomes));
  out += '}';
}

Result<CustodyMark> decode_custody_mark(std::string_view json) {
  CustodyMark mark;
  const auto result = fields::read_object(json, kCustodyMarkSchema, {}, [&](uint64_t field, fields::Value value) {
    using fields::read;
    switch (field) {
      case json::key("instance"):
        return read(value, mark.instance);
      case json::key("boot"):
        return read(value, mark.boot);
      case json::key("number"):
        return read(value, mark.number);
      case json::key("marked_at"):
        return read(value, mark.marked_at);
      case json::key("last"):
        return read(value, mark.last);
      case json::key("first"):
        return read(value, mark.first);
      case json::key("next"):
        return read(value, mark.next);
      case json::key("spool_events"):
        return read(value, mark.spool_events.emplace());
      case json::key("received_from"):
        return read(value, mark.received_from);
      case json::key("received_to"):
        return read(value, mark.received_to);
      case json::key("acknowledged"):
        return read_acknowledged(value, mark.acknowledged);
      case json::key("outcomes"): {
        std::string_view encoded;
        std::string packed;
        return !value.get_string().get(encoded) && json::decode_base64(encoded, packed) &&
               unpack(packed, mark.outcomes);
      }
      default:
        return true;
    }
  });
  if (!result) return result.error();
  if (const auto why = contradiction(mark); !why.empty()) return Rejection{Reason::unreadable_record, std::string(why)};
  return mark;
}

}  // namespace wxpipe::schemas
