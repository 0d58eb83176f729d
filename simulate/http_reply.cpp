#include "simulate/http_reply.hpp"

#include <charconv>
#include <optional>

namespace wxpipe::simulate {
namespace {
constexpr auto npos = std::string_view::npos;
constexpr std::string_view kEnd = "\r\n";
constexpr size_t kLongest = 1 << 20;  // of an answer: no platform would read as much

bool equal_ignoring_case(std::string_view left, std::string_view lower) {
  if (left.size() != lower.size()) return false;
  for (size_t i = 0; i < left.size(); ++i) {
    const char c = left[i] >= 'A' && left[i] <= 'Z' ? static_cast<char>(left[i] - 'A' + 'a') : left[i];
    if (c != lower[i]) return false;
  }
  return true;
}

template <class Number>
std::optional<Number> number(std::string_view text, int base = 10) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view trimmed(std::string_view text) {
  const size_t from = text.find_first_not_of(" \t");
  return from == npos ? std::string_view() : text.substr(from, text.find_last_not_of(" \t") - from + 1);
}
}  // namespace

ParseOutcome HttpReplyParser::parse(std::string_view bytes, HttpReply& reply) {
  const size_t head = bytes.find("\r\n\r\n");
  if (head == npos) return bytes.size() > kLongest ? ParseOutcome::malformed : ParseOutcome::more;
  // HTTP/1.1 200 OK
  if (!bytes.starts_with("HTTP/1.") || bytes.size() < 13) return ParseOutcome::malformed;
  const auto status = number<unsigned>(bytes.substr(9, 3));
  if (!status) return ParseOutcome::malformed;
  reply = {*status, {}, bytes[7] == '1'};

  std::optional<size_t> length;
  bool chunked = false;
  for (size_t at = bytes.find(kEnd) + 2; at < head + 2;) {
    const size_t end = bytes.find(kEnd, at);
    const std::string_view line = bytes.substr(at, end - at);
    at = end + 2;
    const size_t colon = line.find(':');
    if (colon == npos) return ParseOutcome::malformed;
    const std::string_view name = line.substr(0, colon), value = trimmed(line.substr(colon + 1));
    if (equal_ignoring_case(name, "content-length")) {
      length = number<size_t>(value);
      if (!length || *length > kLongest) return ParseOutcome::malformed;
    } else if (equal_ignoring_case(name, "connection")) {
      reply.keep_alive =
          equal_ignoring_case(value, "close") ? false : reply.keep_alive || equal_ignoring_case(value, "keep-alive");
    } else if (equal_ignoring_case(name, "transfer-encoding")) {
      chunked = equal_ignoring_case(value, "chunked");
    }
  }
  const size_t body = head + 4;
  if (*status == 204 || *status == 304) length = 0;
  if (chunked) return chunks(bytes, body, reply);
  if (!length) return ParseOutcome::malformed;
  if (bytes.size() < body + *length) return ParseOutcome::more;
  reply.body = bytes.substr(body, *length);
  size_ = body + *length;
  return ParseOutcome::done;
}

ParseOutcome HttpReplyParser::chunks(std::string_view bytes, size_t at, HttpReply& reply) {
  joined_.clear();
  for (;;) {
    const size_t end = bytes.find(kEnd, at);
    if (end == npos) return ParseOutcome::more;
    const std::string_view line = bytes.substr(at, end - at);
    const auto size = number<size_t>(trimmed(line.substr(0, line.find(';'))), 16);
    if (!size || *size + joined_.size() > kLongest) return ParseOutcome::malformed;
    at = end + 2;
    if (*size == 0) {  // trailers, which nobody sends here, and an empty line
      const size_t last = bytes.substr(at).starts_with(kEnd) ? at : bytes.find("\r\n\r\n", at);
      if (last == npos) return ParseOutcome::more;
      size_ = last + (last == at ? 2 : 4);
      if (size_ > bytes.size()) return ParseOutcome::more;
      reply.body = joined_;
      return ParseOutcome::done;
    }
    if (bytes.size() < at + *size + 2) return ParseOutcome::more;
    joined_.append(bytes.substr(at, *size));
    at += *size + 2;
  }
}

}  // namespace wxpipe::simulate
