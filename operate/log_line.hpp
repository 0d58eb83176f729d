// A line of wxpipe's own log as a fact: so it becomes a row of system_logs (operate/logs_to_kafka.hpp). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/telemetry/log.hpp"
#include "schemas/facts/log_written.hpp"

namespace wxpipe::operate {

// The process that speaks.
struct Speaker {
  std::string command;   // ingest, process, sink, console, run
  std::string instance;  // [instance] name
  std::string boot;      // differs from start to start
};

// Which part of wxpipe a line is of: the role, and the folder or file below it.
struct Part {
  std::string service, module;
  bool operator==(const Part&) const = default;
};
// By the source file. What roles share (common, operate) speaks for the role that a field names, else for the command.
Part part_of(const telemetry::Line& line, std::string_view command);

// `sequence`: the number of the line since the start. The same line has the same id, so a repeat is the same row.
schemas::LogWritten fact_of(const telemetry::Line& line, const Speaker& speaker, uint64_t sequence);

}  // namespace wxpipe::operate
