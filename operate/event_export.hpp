// Events as lines for programs and spreadsheets: what `wxpipe export` and the console's export write. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/report/report.hpp"

namespace wxpipe::operate {

inline constexpr int kWholeContent = 100'000;  // characters of an event's content

enum class ExportFormat { ndjson, csv };
// Empty: ndjson. Throws UsageError.
ExportFormat export_format(std::string_view word);

// What stands before the rows: of CSV, the columns' names, behind the mark by which spreadsheets know UTF-8.
std::string export_head(const report::Table& table, ExportFormat format);
// The table's rows, a line each.
std::string export_rows(const report::Table& table, ExportFormat format);

}  // namespace wxpipe::operate
