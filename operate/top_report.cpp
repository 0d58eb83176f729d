#include "operate/top_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "common/result.hpp"
#include "operate/away.hpp"
#include "operate/dead_letters.hpp"
#include "sinks/custody/custody_store.hpp"

namespace wxpipe::operate {
using report::Kind, report::Level, report::Report, report::Table, report::Value;

namespace {
Value in_microseconds(const std::optional<double>& seconds) {
  return seconds ? Value(static_cast<int64_t>(*seconds * 1e6)) : Value();
}
int64_t rounded(double number) { return static_cast<int64_t>(std::lround(number)); }
double tenths(double number) { return std::round(number * 10) / 10; }
}  // namespace

Servers::Servers(const config::Settings& settings, const sinks::FamilyConnections::Open& open)
    : settings_(settings),
      databases_(settings, [open](const sinks::FamilyDatabase& database) {
        auto connection = open(database);
        connection->execute("set statement_timeout = 3000; set default_transaction_read_only = on");
        return connection;
      }) {}
Servers::~Servers() = default;

Servers::Look Servers::look() {
  Look look;
  try {
    if (!meter_) meter_ = std::make_unique<LagMeter>(settings_);
    look.unaccounted = sinks::CustodyStore(databases_.of<schemas::CustodyMark>()).unaccounted();
    look.open_letters = open_letters();
    look.lag = meter_->look(databases_);
  } catch (const std::runtime_error& error) {  // shown in this look, and tried again for the next one
    look.trouble = error.what();
    databases_.forget_all();
  }
  return look;
}

// Not known if one of the databases gives no answer; the lag says which.
std::optional<int64_t> Servers::open_letters() {
  int64_t letters = 0;
  bool all = true;
  for (const auto& database : databases_.databases())
    all =
        databases_.try_to_ask(database, [&](auto& connection) { letters += count_letters(connection, LetterFilter{}); })
            .empty() &&
        all;
  return all ? std::optional(letters) : std::nullopt;
}

Report report_of(const Look& before, const Look& now, TopOrder order) {
  Report report;
  std::vector<RoleLine> lines;
  for (size_t i = 0; i < now.roles.size(); ++i)
    for (auto& line : role_lines(before.roles.at(i), now.roles[i])) lines.push_back(std::move(line));
  sort(lines, order);
  Table roles{"roles",
              "",
              {{"address", "address"},
               {"role", "role"},
               {"per_second", "in/s", Kind::count},
               {"bad_per_second", "bad/s", Kind::count},
               {"median_us", "median", Kind::duration},
               {"p99_us", "p99", Kind::duration},
               {"waiting", "waiting", Kind::count},
               {"state", "state"}},
              {}};
  int64_t spool = 0;
  for (const auto& line : lines) {
    if (line.role == "ingest") spool += rounded(line.waiting);
    roles.rows.push_back({line.address, line.role, tenths(line.per_second), tenths(line.bad_per_second),
                          in_microseconds(line.median), in_microseconds(line.p99), rounded(line.waiting), line.state});
    if (line.role.empty())
      report.findings.push_back({Level::warning, fmt::format("no role answers at {}: {}", line.address, line.state),
                                 "Name the [admin] listen of each role: --admin HOST:PORT."});
  }
  report.tables.push_back(std::move(roles));

  const auto& servers = now.servers;
  report.facts.push_back({"spool_events", "events in spools", spool, Kind::count});
  if (servers.trouble.empty()) {
    report.facts.push_back({"unaccounted", "unaccounted", servers.unaccounted, Kind::count});
    report.facts.push_back({"open_dead_letters", "open dead letters", servers.open_letters, Kind::count});
    if (servers.unaccounted.value_or(0) > 0)
      report.findings.push_back(
          {Level::error, "callbacks were acknowledged and are found nowhere", "`wxpipe audit --repair` names each."});
  } else {
    report.findings.push_back({Level::warning,
                               "lag, dead letters and unaccounted can't be asked for: " + servers.trouble,
                               "`wxpipe doctor` says more."});
  }
  if (servers.lag && before.servers.lag) {
    Table readers{"readers",
                  "readers",
                  {{"reader", "reader"},
                   {"records", "records behind", Kind::count},
                   {"age_us", "oldest waits", Kind::duration},
                   {"in_per_second", "in/s", Kind::count},
                   {"out_per_second", "out/s", Kind::count},
                   {"catch_up_us", "caught up in", Kind::duration}},
                  {}};
    for (const auto& one : operate::readers(*before.servers.lag, *servers.lag))
      readers.rows.push_back({one.reader, one.records, one.age.count(), tenths(one.in_per_second),
                              tenths(one.out_per_second), one.catch_up ? Value(one.catch_up->count()) : Value()});
    report.tables.push_back(std::move(readers));
    add_away(report, "sinks", servers.lag->away);
  }
  return report;
}

}  // namespace wxpipe::operate
