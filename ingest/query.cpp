#include "ingest/query.hpp"

#include <algorithm>
#include <array>

namespace wxpipe::ingest {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string_view* place_of(Query& query, std::string_view name) {
  if (name == "signature") return &query.signature;
  if (name == "msg_signature") return &query.msg_signature;
  if (name == "timestamp") return &query.timestamp;
  if (name == "nonce") return &query.nonce;
  if (name == "echostr") return &query.echostr;
  return nullptr;
}

}  // namespace

bool decode_percent(std::string_view text, std::string& scratch, std::string_view& decoded) {
  if (text.find('%') == std::string_view::npos) {
    decoded = text;
    return true;
  }
  const size_t from = scratch.size();
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      scratch += text[at];
      continue;
    }
    if (text.size() - at < 3) return false;
    const int high = hex_digit(text[at + 1]), low = hex_digit(text[at + 2]);
    if (high < 0 || low < 0) return false;
    scratch += static_cast<char>(high << 4 | low);
    at += 2;
  }
  decoded = std::string_view(scratch).substr(from);
  return true;
}

std::optional<Refusal> parse_query(std::string_view raw, std::string& scratch, Query& query) {
  query = {};
  scratch.clear();
  scratch.reserve(raw.size());
  std::array<std::string_view, kMostParameters> names;
  size_t count = 0;
  while (!raw.empty()) {
    const std::string_view pair = raw.substr(0, raw.find('&'));
    raw.remove_prefix(std::min(raw.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const size_t equals = std::min(pair.find('='), pair.size());
    std::string_view name, value;
    if (!decode_percent(pair.substr(0, equals), scratch, name) ||
        !decode_percent(pair.substr(std::min(equals + 1, pair.size())), scratch, value) || count == names.size())
      return Refusal::bad_request;
    const auto end = names.begin() + static_cast<std::ptrdiff_t>(count);
    if (std::find(names.begin(), end, name) != end) return Refusal::duplicate_parameter;
    names[count++] = name;
    if (std::string_view* const place = place_of(query, name)) *place = value;
  }
  return std::nullopt;
}

}  // namespace wxpipe::ingest
