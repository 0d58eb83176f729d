#include "rig/ledger.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <concepts>
#include <cstring>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "common/json/read.hpp"
#include "common/json/write.hpp"

namespace wxpipe::rig {
namespace {
using namespace std::string_view_literals;

constexpr size_t kBlock = 64 << 10;

// The fields of a line: name and member, in the order in which they are written.
constexpr std::tuple kFields{
    std::pair{"serial"sv, &LedgerLine::serial},
    std::pair{"account"sv, &LedgerLine::account},
    std::pair{"kind"sv, &LedgerLine::kind},
    std::pair{"tenant"sv, &LedgerLine::tenant},
    std::pair{"subject"sv, &LedgerLine::subject},
    std::pair{"type"sv, &LedgerLine::type},
    std::pair{"key_order"sv, &LedgerLine::key_order},
    std::pair{"body_sha256"sv, &LedgerLine::body_sha256},
    std::pair{"token"sv, &LedgerLine::token},
    std::pair{"sealed"sv, &LedgerLine::sealed},
    std::pair{"identity_of"sv, &LedgerLine::identity_of},
    std::pair{"resend"sv, &LedgerLine::resend},
    std::pair{"poison"sv, &LedgerLine::poison},
    std::pair{"stranger"sv, &LedgerLine::stranger},
    std::pair{"attempts"sv, &LedgerLine::attempts},
    std::pair{"outcome"sv, &LedgerLine::outcome},
    std::pair{"status"sv, &LedgerLine::status},
    std::pair{"acked"sv, &LedgerLine::acked},
    std::pair{"planned_at"sv, &LedgerLine::planned_at},
    std::pair{"sent_at"sv, &LedgerLine::sent_at},
    std::pair{"acked_at"sv, &LedgerLine::acked_at},
    std::pair{"latency_us"sv, &LedgerLine::latency_us},
};

void write(std::string& out, std::string_view text) { json::append_string(out, text); }
void write(std::string& out, Resend resend) { json::append_string(out, to_string(resend)); }
void write(std::string& out, Timestamp at) {
  out += '"';
  append_iso8601(out, at);
  out += '"';
}
template <std::integral Number>
void write(std::string& out, Number value) {
  if constexpr (std::is_same_v<Number, bool>) {
    out += value ? "true" : "false";
  } else {
    const fmt::format_int digits(value);
    out.append(digits.data(), digits.size());
  }
}
template <class Thing>
void write(std::string& out, const std::optional<Thing>& value) {
  value ? write(out, *value) : void(out += "null");
}

using Value = simdjson::simdjson_result<simdjson::ondemand::value>;
bool read(Value value, std::string& out) {
  std::string_view text;
  if (value.get_string().get(text)) return false;
  out = text;
  return true;
}
bool read(Value value, Timestamp& out) {
  std::string_view text;
  return !value.get_string().get(text) && parse_iso8601(text, out);
}
bool read(Value value, Resend& out) {
  std::string_view text;
  if (value.get_string().get(text)) return false;
  for (const Resend each : {Resend::none, Resend::same, Resend::changed})
    if (to_string(each) == text) {
      out = each;
      return true;
    }
  return false;
}
template <std::integral Number>
bool read(Value value, Number& out) {
  using Wide = std::conditional_t<std::is_unsigned_v<Number>, uint64_t, int64_t>;
  std::conditional_t<std::is_same_v<Number, bool>, bool, Wide> wide{};
  if (value.get(wide)) return false;
  out = static_cast<Number>(wide);
  return true;
}
template <class Thing>
bool read(Value value, std::optional<Thing>& out) {
  out.reset();
  bool null = false;
  return (!value.is_null().get(null) && null) || read(value, out.emplace());
}
}  // namespace

void encode(const LedgerLine& line, std::string& out) {
  char before = '{';
  const auto each = [&](const auto& field) {
    out.append(1, std::exchange(before, ',')).append(1, '"').append(field.first).append("\":");
    write(out, line.*field.second);
  };
  std::apply([&](const auto&... fields) { (each(fields), ...); }, kFields);
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
    std::string_view name;
    if (member.unescaped_key().get(name)) return reject("broken JSON");
    serial = serial || name == "serial";
    bool readable = true;  // an unknown field comes from a later version
    const auto take = [&](const auto& field) {
      if (field.first != name) return false;
      readable = read(member.value(), line.*field.second);
      return true;
    };
    const std::string kept(name);  // a copy: reading the value overwrites the original
    std::apply([&](const auto&... fields) { (take(fields) || ...); }, kFields);
    if (!readable) return reject(fmt::format("field '{}' can't be read", kept));
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
