#include "operate/lag_report.hpp"

#include <fmt/format.h>

#include "operate/away.hpp"

namespace wxpipe::operate {
using report::Kind, report::Level, report::Report, report::Table, report::Value;

namespace {
double tenths(double number) { return static_cast<double>(static_cast<int64_t>(10 * number + 0.5)) / 10; }
}  // namespace

Report report_of(const LagLook& before, const LagLook& now, bool partitions) {
  Table readers{"readers",
                "",
                {{"reader", "reader"},
                 {"partitions", "partitions", Kind::count},
                 {"records", "records behind", Kind::count},
                 {"estimated"},
                 {"age_us", "oldest waits", Kind::duration},
                 {"in_per_second", "in/s", Kind::count},
                 {"out_per_second", "out/s", Kind::count},
                 {"catch_up_us", "caught up in", Kind::duration}},
                {}};
  Report report;
  for (const auto& one : operate::readers(before, now)) {
    readers.rows.push_back({one.reader, one.partitions, one.records, one.estimated, one.age.count(),
                            tenths(one.in_per_second), tenths(one.out_per_second),
                            one.catch_up ? Value(one.catch_up->count()) : Value()});
    if (one.stands_still)
      report.findings.push_back(
          {Level::warning,
           fmt::format(
               "{} takes nothing, and {} waiting", one.reader,
               one.records == 1 ? "1 record is" : report::grouped(static_cast<uint64_t>(one.records)) + " records are"),
           "Is a process of that role running? Its /readyz and its newest warnings say what hinders it."});
    if (one.undecided > 0)
      report.findings.push_back(
          {Level::warning, fmt::format("{} waits for a transaction that is still open", one.reader),
           "The broker ends it within transaction.timeout.ms. If this stays, look at the processes that write there."});
  }
  add_away(report, "sinks", now.away);
  report.tables.push_back(std::move(readers));
  if (partitions) {
    Table each{"partitions",
               "",
               {{"reader", "reader"},
                {"topic", "topic"},
                {"partition", "partition", Kind::count},
                {"next", "next offset", Kind::count},
                {"end", "end", Kind::count},
                {"undecided", "undecided", Kind::count},
                {"records", "records behind", Kind::count},
                {"estimated"},
                {"oldest", "oldest received", Kind::time}},
               {}};
    for (const auto& one : now.partitions)
      each.rows.push_back({one.reader, one.partition.topic, one.partition.number, one.next, one.end, one.undecided,
                           one.records, one.estimated, one.oldest});
    report.main = report.tables.size();
    report.tables.push_back(std::move(each));
  }
  return report;
}

}  // namespace wxpipe::operate
