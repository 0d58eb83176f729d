#include "common/telemetry/log.hpp"

#include <unistd.h>

#include <atomic>
#include <mutex>

#include "common/result.hpp"

namespace wxpipe::telemetry {
namespace {
std::atomic<Level> threshold{Level::info};
std::atomic<bool> as_json{false};
std::mutex target_mutex;
LogTarget* target = nullptr;
thread_local int standard_error_only = 0;

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

bool plain(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text)
    if (static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f) return false;
  return true;
}
}  // namespace

std::string_view to_string(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warn:
      return "warn";
    case Level::error:
      return "error";
  }
  return "error";
}

void append_fields(std::string& out, std::span<const Field> fields) {
  for (const auto& field : fields) {
    out += ' ';
    out += field.name;
    out += '=';
    if (!field.quoted || plain(field.value))
      out += field.value;
    else
      append_quoted(out, field.value);
  }
}

SecondTarget::SecondTarget(LogTarget& wanted) {
  const std::lock_guard lock(target_mutex);
  target = &wanted;
}
SecondTarget::~SecondTarget() {
  const std::lock_guard lock(target_mutex);
  target = nullptr;
}

StandardErrorOnly::StandardErrorOnly() { ++standard_error_only; }
StandardErrorOnly::~StandardErrorOnly() { --standard_error_only; }

void configure_log(std::string_view level, std::string_view format) {
  if (level == "debug")
    threshold = Level::debug;
  else if (level == "info")
    threshold = Level::info;
  else if (level == "warn")
    threshold = Level::warn;
  else if (level == "error")
    threshold = Level::error;
  else
    throw UsageError(fmt::format("log.level: '{}' is unknown; use debug, info, warn or error", level));
  if (format == "json")
    as_json = true;
  else if (format == "logfmt")
    as_json = false;
  else
    throw UsageError(fmt::format("log.format: '{}' is unknown; use logfmt or json", format));
}

bool log_enabled(Level level) { return level >= threshold.load(std::memory_order_relaxed); }

void log(Level level, std::string_view event, std::initializer_list<Field> fields, Place place) {
  if (!log_enabled(level)) return;
  std::string line;
  const auto now = system_clock().now();
  if (as_json) {
    line = fmt::format(R"({{"time":"{}","level":"{}","event":"{}")", to_iso8601(now), to_string(level), event);
    for (const auto& field : fields) {
      line += ",\"";
      line += field.name;
      line += "\":";
      if (field.quoted)
        append_quoted(line, field.value);
      else
        line += field.value;
    }
    line += "}\n";
  } else {
    line = fmt::format("time={} level={} event={}", to_iso8601(now), to_string(level), event);
    append_fields(line, {fields.begin(), fields.size()});
    line += '\n';
  }
  // One write per line: lines of several threads or processes don't mix. If standard error is closed, the line is lost:
  // nobody could read it.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());

  if (level == Level::debug || standard_error_only > 0) return;
  const std::lock_guard lock(target_mutex);
  if (target != nullptr) target->take({now, level, event, {fields.begin(), fields.size()}, place.file_name()});
}

}  // namespace wxpipe::telemetry
