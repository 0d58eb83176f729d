#include "rig/ledger.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "common/json/read.hpp"
#include "common/json/write.hpp"

namespace wxpipe::rig {
namespace {
constexpr size_t kBlock = 64 << 10;

void name(std::string& out, std::string_view field) {
  out.append(out.back() == '{' ? "\"" : ",\"").append(field).append("\":");
}
void text(std::string& out, std::string_view field, std::string_view value) {
  name(out, field);
  json::append_string(out, value);
}
void text_or_null(std::string& out, std::string_view field, const std::optional<std::string>& value) {
  name(out, field);
  if (value)
    json::append_string(out, *value);
  else
    out += "null";
}
template <class Number>
void number(std::string& out, std::string_view field, Number value) {
  name(out, field);
  const fmt::format_int digits(value);
  out.append(digits.data(), digits.size());
}
template <class Number>
void number_or_null(std::string& out, std::string_view field, const std::optional<Number>& value) {
  if (value) return number(out, field, *value);
  name(out, field);
  out += "null";
}
void time(std::string& out, std::string_view field, Timestamp at) {
  name(out, field);
  out += '"';
  append_iso8601(out, at);
  out += '"';
}

using Value = simdjson::simdjson_result<simdjson::ondemand::value>;
bool is_null(Value& value) {
  bool null = false;
  return !value.is_null().get(null) && null;
}
bool read(Value value, std::string& out) {
  std::string_view view;
  if (value.get_string().get(view)) return false;
  out = view;
  return true;
}
bool read(Value value, bool& out) { return !value.get_bool().get(out); }
bool read(Value value, uint64_t& out) { return !value.get_uint64().get(out); }
bool read(Value value, int64_t& out) { return !value.get_int64().get(out); }
template <class Integer>
bool read_small(Value value, Integer& out) {
  int64_t wide = 0;
  if (!read(value, wide)) return false;
  out = static_cast<Integer>(wide);
  return true;
}
bool read(Value value, int& out) { return read_small(value, out); }
bool read(Value value, unsigned& out) { return read_small(value, out); }
bool read(Value value, Timestamp& out) {
  std::string_view view;
  return !value.get_string().get(view) && parse_iso8601(view, out);
}
bool read(Value value, Resend& out) {
  std::string_view view;
  if (value.get_string().get(view)) return false;
  for (const Resend each : {Resend::none, Resend::same, Resend::changed})
    if (to_string(each) == view) {
      out = each;
      return true;
    }
  return false;
}
template <class Thing>
bool read(Value value, std::optional<Thing>& out) {
  out.reset();
  return is_null(value) || read(value, out.emplace());
}

bool read_field(LedgerLine& line, std::string_view field, Value value) {
  switch (json::key(field)) {
    case json::key("serial"):
      return read(value, line.serial);
    case json::key("account"):
      return read(value, line.account);
    case json::key("kind"):
      return read(value, line.kind);
    case json::key("tenant"):
      return read(value, line.tenant);
    case json::key("subject"):
      return read(value, line.subject);
    case json::key("type"):
      return read(value, line.type);
    case json::key("key_order"):
      return read(value, line.key_order);
    case json::key("body_sha256"):
      return read(value, line.body_sha256);
    case json::key("token"):
      return read(value, line.token);
    case json::key("sealed"):
      return read(value, line.sealed);
    case json::key("identity_of"):
      return read(value, line.identity_of);
    case json::key("resend"):
      return read(value, line.resend);
    case json::key("poison"):
      return read(value, line.poison);
    case json::key("stranger"):
      return read(value, line.stranger);
    case json::key("attempts"):
      return read(value, line.attempts);
    case json::key("outcome"):
      return read(value, line.outcome);
    case json::key("status"):
      return read(value, line.status);
    case json::key("acked"):
      return read(value, line.acked);
    case json::key("planned_at"):
      return read(value, line.planned_at);
    case json::key("sent_at"):
      return read(value, line.sent_at);
    case json::key("acked_at"):
      return read(value, line.acked_at);
    case json::key("latency_us"):
      return read(value, line.latency_us);
    default:
      return true;  // a later version's
  }
}
}  // namespace

void encode(const LedgerLine& line, std::string& out) {
  out += '{';
  number(out, "serial", line.serial);
  text(out, "account", line.account);
  text(out, "kind", line.kind);
  text_or_null(out, "tenant", line.tenant);
  text(out, "subject", line.subject);
  text_or_null(out, "type", line.type);
  number_or_null(out, "key_order", line.key_order);
  text(out, "body_sha256", line.body_sha256);
  text(out, "token", line.token);
  name(out, "sealed");
  out += line.sealed ? "true" : "false";
  number_or_null(out, "identity_of", line.identity_of);
  text(out, "resend", to_string(line.resend));
  text_or_null(out, "poison", line.poison);
  text_or_null(out, "stranger", line.stranger);
  number(out, "attempts", line.attempts);
  text(out, "outcome", line.outcome);
  number_or_null(out, "status", line.status);
  name(out, "acked");
  out += line.acked ? "true" : "false";
  time(out, "planned_at", line.planned_at);
  time(out, "sent_at", line.sent_at);
  if (line.acked_at) {
    time(out, "acked_at", *line.acked_at);
  } else {
    name(out, "acked_at");
    out += "null";
  }
  number(out, "latency_us", line.latency_us);
  out += '}';
}

Result<LedgerLine> decode_ledger_line(std::string_view json) {
  const auto reject = [](std::string detail) { return Rejection{Reason::unreadable_record, std::move(detail)}; };
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  if (json::thread_reader().iterate(json).get(document) || document.get_object().get(object))
    return reject("not a JSON object");
  LedgerLine line;
  bool serial = false;
  for (auto member : object) {
    std::string_view field;
    if (member.unescaped_key().get(field)) return reject("broken JSON");
    const std::string kept(field);
    if (!read_field(line, kept, member.value())) return reject(fmt::format("field '{}' can't be read", kept));
    serial = serial || kept == "serial";
  }
  if (!serial) return reject("a ledger line needs its serial");
  return line;
}

Ledger::Ledger(const std::string& path)
    : path_(path),
      file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) {
  if (file_ < 0) throw UsageError(fmt::format("--ledger: {} can't be written: {}", path, std::strerror(errno)));
  buffer_.reserve(kBlock * 2);
}

Ledger::~Ledger() { ::close(file_); }

void Ledger::add(const LedgerLine& line) {
  encode(line, buffer_);
  buffer_ += '\n';
  if (buffer_.size() >= kBlock) flush();
}

void Ledger::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t written = ::write(file_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0)
      throw std::runtime_error(fmt::format("the ledger {} can't be written: {}", path_, std::strerror(errno)));
    rest.remove_prefix(static_cast<size_t>(written));
  }
  buffer_.clear();
}

}  // namespace wxpipe::rig
