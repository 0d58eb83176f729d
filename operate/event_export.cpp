#include "operate/event_export.hpp"

#include <fmt/format.h>

#include "common/result.hpp"

namespace wxpipe::operate {
namespace {
std::string csv_cell(std::string_view text) {
  // A spreadsheet takes these for formulas.
  constexpr std::string_view kFormula = "=+-@\t\r";
  std::string out = "\"";
  if (!text.empty() && kFormula.find(text.front()) != kFormula.npos) out += '\'';
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  return out + '"';
}

std::string csv_cell(const report::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value.is())) return csv_cell(std::string_view(*text));
  std::string json;
  report::append_row(json, {}, {value});
  return json == "null" ? "" : json;
}
}  // namespace

ExportFormat export_format(std::string_view word) {
  if (word.empty() || word == "ndjson") return ExportFormat::ndjson;
  if (word == "csv") return ExportFormat::csv;
  throw UsageError(fmt::format("format: '{}' is none; write ndjson or csv", word));
}

std::string export_head(const report::Table& table, ExportFormat format) {
  if (format == ExportFormat::ndjson) return {};
  std::string out = "\xEF\xBB\xBF";
  for (size_t i = 0; i < table.columns.size(); ++i) out += (i == 0 ? "" : ",") + table.columns[i].key;
  return out + "\r\n";
}

std::string export_rows(const report::Table& table, ExportFormat format) {
  std::string out;
  for (const auto& row : table.rows) {
    if (format == ExportFormat::csv) {
      for (size_t i = 0; i < row.size(); ++i) out += (i == 0 ? "" : ",") + csv_cell(row[i]);
      out += "\r\n";
    } else {
      report::append_row(out, table.columns, row);
      out += '\n';
    }
  }
  return out;
}

}  // namespace wxpipe::operate
