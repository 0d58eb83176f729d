// One line for each thing that happened, in the past tense, as key=value: `event=batch_written sink=messages rows=500
// ms=12`. No payloads, no secrets, no subjects. Callable from any thread. logfmt or JSON, to standard error; and, where
// a process has one, to a second target.
#pragma once

#include <fmt/format.h>

#include <concepts>
#include <initializer_list>
#include <source_location>
#include <span>
#include <string>
#include <string_view>

#include "common/clock.hpp"

namespace wxpipe::telemetry {

enum class Level { debug, info, warn, error };
std::string_view to_string(Level level);

struct Field {
  template <class T>
  Field(std::string_view field_name, const T& field_value)
      : name(field_name),
        value(fmt::format("{}", field_value)),
        quoted(!std::is_arithmetic_v<T>) {}
  std::string_view name;
  std::string value;
  bool quoted;  // true: text, in quotes in JSON; false: a number or boolean
};

// Call it before the first line; the default is info and logfmt. Throws UsageError on an unknown word.
void configure_log(std::string_view level, std::string_view format);
bool log_enabled(Level level);

using Place = std::source_location;  // of the call: which part of wxpipe speaks
void log(Level level, std::string_view event, std::initializer_list<Field> fields = {}, Place place = Place::current());

inline void log_debug(std::string_view event, std::initializer_list<Field> fields = {},
                      Place place = Place::current()) {
  log(Level::debug, event, fields, place);
}
inline void log_info(std::string_view event, std::initializer_list<Field> fields = {}, Place place = Place::current()) {
  log(Level::info, event, fields, place);
}
inline void log_warn(std::string_view event, std::initializer_list<Field> fields = {}, Place place = Place::current()) {
  log(Level::warn, event, fields, place);
}
inline void log_error(std::string_view event, std::initializer_list<Field> fields = {},
                      Place place = Place::current()) {
  log(Level::error, event, fields, place);
}

// ` name=value name="two words"`
void append_fields(std::string& out, std::span<const Field> fields);

// A line as the second target gets it, after it was written to standard error. Views are valid during the call.
struct Line {
  Timestamp at;
  Level level;
  std::string_view event;
  std::span<const Field> fields;
  std::string_view file;  // the source file that wrote it, perhaps with a path before the repository's root
};
class LogTarget {
 public:
  virtual ~LogTarget() = default;
  // Called under a lock, from any thread. Must not wait, log or throw.
  virtual void take(const Line& line) noexcept = 0;
};
// While it lives, `target` gets each line of level info or above. Only one of them may live at a time.
class SecondTarget {
 public:
  explicit SecondTarget(LogTarget& target);
  ~SecondTarget();
  SecondTarget(const SecondTarget&) = delete;
  SecondTarget& operator=(const SecondTarget&) = delete;
};
// While one lives, this thread's lines go to standard error alone: lines about the second target itself, which would
// otherwise cause further ones.
class StandardErrorOnly {
 public:
  StandardErrorOnly();
  ~StandardErrorOnly();
  StandardErrorOnly(const StandardErrorOnly&) = delete;
  StandardErrorOnly& operator=(const StandardErrorOnly&) = delete;
};

}  // namespace wxpipe::telemetry
