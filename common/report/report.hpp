// The result of a command as a value: facts, tables and findings. It can be shown as text for people, as JSON or as
// NDJSON. It knows no terminal and no command line. Pure; any thread.
//
// People read titles, programs read keys (snake_case). The text leaves out parts without a title; the JSON leaves out
// parts without a key.
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/clock.hpp"

namespace wxpipe::report {

struct Field;
using Object = std::vector<Field>;

// A JSON value. Numbers stay numbers, moments are ISO 8601 in UTC, no value is null.
class Value {
 public:
  Value() = default;
  Value(bool yes) : is_(yes) {}
  template <std::signed_integral Number>
  Value(Number number) : is_(int64_t{number}) {}
  template <std::unsigned_integral Number>
  Value(Number number) : is_(uint64_t{number}) {}
  Value(double number) : is_(number) {}
  template <class Text>
  requires std::convertible_to<const Text&, std::string_view> Value(const Text& text)
      : is_(std::string(std::string_view(text))) {}
  Value(Timestamp at) : is_(at) {}
  Value(Object fields);
  template <class T>
  Value(const std::optional<T>& maybe) : Value(maybe ? Value(*maybe) : Value()) {}

  const auto& is() const { return is_; }

 private:
  std::variant<std::monostate, bool, int64_t, uint64_t, double, std::string, Timestamp, Object> is_;
};

struct Field {
  std::string key;
  Value value;
};
inline Value::Value(Object fields) : is_(std::move(fields)) {}

// How text shows a value: counts as 12,345, aligned right; durations (JSON: microseconds) as 1.83 ms.
enum class Kind { text, count, duration, time, minute, day };

struct Fact {
  std::string key, title;
  Value value{};
  Kind kind = Kind::text;
  std::string words{};  // for people, if it says more than the value
};

struct Column {
  std::string key, title{};
  Kind kind = Kind::text;
};
using Row = std::vector<Value>;

struct Table {
  std::string key, title;
  std::vector<Column> columns{};  // none: a list of single values, a line each
  std::vector<Row> rows{};
  Row total{};  // a last line for people
};

template <class Values>
Table list(std::string key, std::string title, const Values& values) {
  Table table{std::move(key), std::move(title), {}, {}};
  for (const auto& value : values) table.rows.push_back({value});
  return table;
}

enum class Level {
  fine,
  note,
  warning,
  error,         // something is wrong with what was looked at
  misconfigured  // something is wrong with the configuration; an error as well
};
std::string_view to_string(Level level);

struct Finding {
  Level level;
  std::string sentence;
  std::string remedy{};  // what to do about it
};

struct Report {
  std::vector<Fact> facts{};
  std::vector<Table> tables{};
  std::vector<Finding> findings{};
  size_t main = 0;  // index of the table that comes first, even without a title; NDJSON has its rows
};

// One object without a newline: the facts, the tables as lists, "findings".
std::string to_json(const Report& report);
// One row of NDJSON, without a newline. Commands that stream rows call it for each one.
void append_row(std::string& out, const std::vector<Column>& columns, const Row& row);

struct Style {
  bool colours = false;
  size_t width = 0;  // lines are broken at this width; 0: never
};
// The values of NO_COLOR and TERM.
Style style_for(bool terminal, size_t width, std::string_view no_color, std::string_view term);

std::string to_text(const Report& report, const Style& style);
std::string to_text(const std::vector<Finding>& findings, const Style& style);

// For sentences and a fact's words.
std::string counted(uint64_t number, std::string_view what);  // 1 row, 12,345 rows
std::string grouped(uint64_t number);                         // 12,345
std::string duration_words(std::chrono::microseconds time);   // 1.83 ms

}  // namespace wxpipe::report
