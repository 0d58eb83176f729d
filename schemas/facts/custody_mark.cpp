#include "schemas/facts/custody_mark.hpp"

#include <charconv>

#include "schemas/fact_json.hpp"

namespace wxpipe::schemas {
namespace {
using Run = OutcomeRun;

// Numbers with seven bits in each byte, lowest first; the eighth bit says that more follow.
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

// One byte for a single receipt: outcome * 2. Two or more for a run: outcome * 2 + 1, then its length - 2.
std::string pack(const std::vector<Run>& runs) {
  std::string out;
  for (const auto& [outcome, length] : runs) {
    append_varint(out, uint64_t{outcome} * 2 + (length > 1 ? 1 : 0));
    if (length > 1) append_varint(out, length - 2);
  }
  return out;
}

// A reader of its own: the thread's reader is busy with the mark around them.
json::Reader& inner_reader() {
  thread_local json::Reader reader;
  return reader;
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
}  // namespace

std::string_view contradiction(const CustodyMark& mark) {
  if (mark.boot.find('/') != std::string::npos) return "boot has a slash";
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
void append_json(std::string& out, const std::vector<AcknowledgedCallbacks>& list) {
  out += '[';
  const char* between = "{\"account\":";
  for (const auto& [account, minute, spooled, count] : list) {
    out += between;
    json::append_string(out, account);
    out += ",\"minute\":";
    fact_json::append(out, minute);
    out += spooled ? ",\"path\":\"spool\",\"count\":" : ",\"path\":\"broker\",\"count\":";
    fact_json::append(out, count);
    out += '}';
    between = ",{\"account\":";
  }
  out += ']';
}

bool read_json(std::string_view json, std::vector<AcknowledgedCallbacks>& list) {
  simdjson::ondemand::document document;
  simdjson::ondemand::array array;
  if (inner_reader().iterate(json).get(document) || document.get_array().get(array)) return false;
  for (auto element : array) {
    simdjson::ondemand::object object;
    if (element.get_object().get(object)) return false;
    auto& one = list.emplace_back();
    for (auto member : object) {
      std::string_view name;
      if (member.unescaped_key().get(name)) return false;
      bool fine = true;
      if (name == "account") fine = fact_json::read(member.value(), one.account);
      if (name == "minute") fine = fact_json::read(member.value(), one.minute);
      if (name == "count") fine = fact_json::read(member.value(), one.count);
      if (name == "path") {
        std::string path;
        fine = fact_json::read(member.value(), path) && (path == "broker" || path == "spool");
        one.spooled = path == "spool";
      }
      if (!fine) return false;
    }
  }
  return true;
}

void append_json(std::string& out, const std::vector<OutcomeRun>& runs) { json::append_base64(out, pack(runs)); }

bool read_json(std::string_view json, std::vector<OutcomeRun>& runs) {
  simdjson::ondemand::document document;
  std::string_view encoded;
  std::string packed;
  return !inner_reader().iterate(json).get(document) && !document.get_string().get(encoded) &&
         json::decode_base64(encoded, packed) && unpack(packed, runs);
}

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

}  // namespace wxpipe::schemas
