#include "operate/diff_report.hpp"

#include <fmt/format.h>

#include "common/report/cells.hpp"

namespace wxpipe::operate {
using report::counted, report::Kind, report::Level, report::Report, report::Table;

Report report_of(const Diff& diff, const std::string& schema) {
  Table tables{"tables",
               "",
               {{"table", "table"},
                {"added", "added", Kind::count},
                {"missing", "missing", Kind::count},
                {"changed", "changed", Kind::count}},
               {}};
  Table columns{"columns",
                "columns that changed",
                {{"table", "table"}, {"column", "column"}, {"rows", "rows changed", Kind::count}},
                {}};
  Table samples{"samples",
                "samples",
                {{"table", "table"},
                 {"kind", "kind"},
                 {"key", "key"},
                 {"column", "column"},
                 {"production", "in production"},
                 {"side", "in " + schema}},
                {}};
  int64_t different = 0;
  for (const auto& one : diff.tables) {
    different += one.added + one.missing + one.changed;
    tables.rows.push_back({one.table, one.added, one.missing, one.changed});
    for (const auto& [column, rows] : one.by_column) columns.rows.push_back({one.table, column, rows});
    for (const auto& sample : one.samples)
      samples.rows.push_back({one.table, sample.kind, report::with_valid_utf8(sample.key), sample.column,
                              report::with_valid_utf8(sample.production), report::with_valid_utf8(sample.side)});
  }
  Report report;
  report.facts = {{"schema", "", schema}, {"different", "", different}};
  report.tables = {std::move(tables), std::move(columns), std::move(samples),
                   report::list("left_out", "not compared", diff.left_out)};
  for (const auto& topic : diff.unfinished)
    report.findings.push_back({Level::warning,
                               fmt::format("a replay of {} into {} has not come to its end", topic, schema),
                               "Say it again with --resume; until then rows are missing."});
  if (different == 0)
    report.findings.push_back({Level::fine, fmt::format("{} and production are equal", schema)});
  else
    report.findings.push_back(
        {Level::error, fmt::format("{} different", counted(static_cast<uint64_t>(different), "row")),
         fmt::format("added: only in {}. missing: only in production. changed: the same key, other values.", schema)});
  return report;
}

}  // namespace wxpipe::operate
