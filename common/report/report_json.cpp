// The report as JSON and NDJSON (declared in report.hpp).
#include <fmt/format.h>

#include <cmath>

#include "common/json/write.hpp"
#include "common/report/cells.hpp"
#include "common/report/report.hpp"

namespace wxpipe::report {
namespace {
void append_text(std::string& out, std::string_view text) {
  json::append_string(out, json::is_utf8(text) ? text : std::string_view(with_valid_utf8(text)));
}

// "key":value,"key":value between braces or brackets.
class List {
 public:
  List(std::string& out, std::string_view brackets) : out_(out), close_(brackets[1]) { out_ += brackets[0]; }
  ~List() { out_ += close_; }
  std::string& next() {
    if (!first_) out_ += ',';
    first_ = false;
    return out_;
  }
  std::string& next(std::string_view key) {
    append_text(next(), key);
    return out_ += ':';
  }

 private:
  std::string& out_;
  const char close_;
  bool first_ = true;
};

void append(std::string& out, const Value& value);

struct Append {
  std::string& out;
  void operator()(std::monostate) const { out += "null"; }
  void operator()(bool yes) const { out += yes ? "true" : "false"; }
  void operator()(int64_t number) const { out += fmt::format("{}", number); }
  void operator()(uint64_t number) const { out += fmt::format("{}", number); }
  // JSON has no infinity.
  void operator()(double number) const { out += std::isfinite(number) ? fmt::format("{}", number) : "null"; }
  void operator()(const std::string& text) const { append_text(out, text); }
  void operator()(Timestamp at) const { append_text(out, to_iso8601(at)); }
  void operator()(const Object& fields) const {
    List object(out, "{}");
    for (const auto& [key, value] : fields) append(object.next(key), value);
  }
};
void append(std::string& out, const Value& value) { std::visit(Append{out}, value.is()); }
}  // namespace

void append_row(std::string& out, const std::vector<Column>& columns, const Row& row) {
  if (columns.empty()) return append(out, row.front());
  List object(out, "{}");
  for (size_t i = 0; i < columns.size(); ++i)
    if (!columns[i].key.empty()) append(object.next(columns[i].key), row[i]);
}

std::string to_json(const Report& report) {
  std::string out;
  {
    List object(out, "{}");
    for (const auto& fact : report.facts)
      if (!fact.key.empty()) append(object.next(fact.key), fact.value);
    for (const auto& table : report.tables) {
      if (table.key.empty()) continue;
      List rows(object.next(table.key), "[]");
      for (const auto& row : table.rows) append_row(rows.next(), table.columns, row);
    }
    List findings(object.next("findings"), "[]");
    for (const auto& [level, sentence, remedy] : report.findings)
      append(findings.next(), Object{{"level", to_string(level)},
                                     {"text", sentence},
                                     {"remedy", remedy.empty() ? Value() : Value(remedy)}});
  }
  return out;
}

}  // namespace wxpipe::report
