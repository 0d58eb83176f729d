#include "operate/log_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "processors/text.hpp"
#include "schemas/event_id.hpp"

namespace wxpipe::operate {
namespace {
constexpr size_t kLongestMessage = 4096, kLongestField = 2048;  // bytes

struct Folder {
  std::string_view name, service;  // service: empty: shared by roles
};
constexpr std::array kFolders{Folder{"ingest", "ingest"}, Folder{"processors", "process"},
                              Folder{"sinks", "sink"},    Folder{"console", "console"},
                              Folder{"micro", "micro"},   Folder{"common", ""},
                              Folder{"operate", ""},      Folder{"cli", ""}};

std::string_view value_of(const telemetry::Line& line, std::string_view name) {
  const auto found = std::ranges::find(line.fields, name, &telemetry::Field::name);
  return found == line.fields.end() ? std::string_view() : found->value;
}

// Workers and consumers name what they do: {sink: messages}, {group: sink.messages}, {group: process}, {role: ingest}.
std::string_view service_in_fields(const telemetry::Line& line) {
  if (!value_of(line, "sink").empty()) return "sink";
  const auto group = value_of(line, "group");
  if (group.starts_with("sink.")) return "sink";
  return group == "process" ? group : value_of(line, "role");
}

std::string text_of(std::string_view value, size_t most) {
  return std::string(processors::head(schemas::printable(value), most));
}
}  // namespace

Part part_of(const telemetry::Line& line, std::string_view command) {
  auto file = line.file;
  file.remove_suffix(file.size() - std::min(file.size(), file.rfind('.')));
  // The last folder of a name that we know: a path may lead to the repository's root.
  std::string_view service, below = file.substr(file.rfind('/') + 1);
  for (size_t end = file.rfind('/'); end != file.npos && end > 0; end = file.rfind('/', end - 1)) {
    const auto begin = file.rfind('/', end - 1) + 1;  // 0 at the beginning of the text
    const auto name = file.substr(begin, end - begin);
    const auto known = std::ranges::find(kFolders, name, &Folder::name);
    if (known != kFolders.end()) {
      service = known->service;
      below = file.substr(end + 1);
      break;
    }
    if (begin == 0) break;
  }
  if (service.empty()) service = service_in_fields(line);
  if (service.empty()) service = command;
  return {std::string(service), std::string(below.substr(0, below.find('/')))};
}

schemas::LogWritten fact_of(const telemetry::Line& line, const Speaker& speaker, uint64_t sequence) {
  schemas::LogWritten log;
  const auto number = fmt::format("{}", sequence);
  const std::array<std::string_view, 4> parts{"log", speaker.instance, speaker.boot, number};
  log.log_id = log.origin.event_id = schemas::content_id(line.at, parts);
  log.origin.platform = "wxpipe";
  log.origin.occurred_at = log.origin.received_at = line.at;
  log.origin.event_type = log.action = line.event;
  log.level = to_string(line.level);
  auto part = part_of(line, speaker.command);
  log.service = std::move(part.service);
  log.module = std::move(part.module);
  log.instance = speaker.instance;
  std::string message(line.event);
  telemetry::append_fields(message, line.fields);
  log.message = text_of(message, kLongestMessage);
  for (const auto& field : line.fields) {
    auto value = text_of(field.value, kLongestField);
    if (field.name == "trace_id")
      log.origin.trace_id = std::move(value);
    else if (field.name == "span_id")
      log.span_id = std::move(value);
    else if (field.name == "account")
      log.origin.account = std::move(value);
    else
      log.context.emplace_back(field.name, std::move(value));
  }
  return log;
}

}  // namespace wxpipe::operate
