// One line for each thing that happened, in the past tense, as key=value: `event=batch_written sink=messages rows=500
// ms=12`. No payloads, no secrets, no subjects. Callable from any thread. logfmt or JSON, to standard error.
#pragma once

#include <fmt/format.h>

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

namespace wxpipe::telemetry {

enum class Level { debug, info, warn, error };

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
void log(Level level, std::string_view event, std::initializer_list<Field> fields = {});

inline void log_debug(std::string_view event, std::initializer_list<Field> fields = {}) {
  log(Level::debug, event, fields);
}
inline void log_info(std::string_view event, std::initializer_list<Field> fields = {}) {
  log(Level::info, event, fields);
}
inline void log_warn(std::string_view event, std::initializer_list<Field> fields = {}) {
  log(Level::warn, event, fields);
}
inline void log_error(std::string_view event, std::initializer_list<Field> fields = {}) {
  log(Level::error, event, fields);
}

}  // namespace wxpipe::telemetry
