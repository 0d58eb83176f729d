// Time as wxpipe keeps it: microseconds since the Unix epoch, UTC, the precision of timestamptz(6). Decisions take a
// Timestamp as an argument; only shells own a Clock.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace wxpipe {

using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;

// "2026-11-24T14:04:49.123456Z": what JSON carries; Postgres and JavaScript read it as it is.
std::string to_iso8601(Timestamp at);
void append_iso8601(std::string& out, Timestamp at);
// Reads what to_iso8601 writes (any number of fraction digits up to 6). False: the text has another form.
bool parse_iso8601(std::string_view text, Timestamp& at);

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp now() const = 0;  // safe from any thread
};

// The machine's real time; lives for the whole program. Builds with fault points add the shift from the file that
// WXPIPE_CLOCK_SHIFT names: chaos runs make clocks jump with it.
const Clock& system_clock();

}  // namespace wxpipe
