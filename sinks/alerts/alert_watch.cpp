#include "sinks/alerts/alert_watch.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "common/result.hpp"
#include "common/runtime/stop_wait.hpp"
#include "common/telemetry/log.hpp"
#include "sinks/custody/custody_store.hpp"

namespace wxpipe::sinks {
namespace {
using postgres::Parameters;

// No question may hold a stop up.
constexpr const char* kSession = "set statement_timeout = '5s'";

// The lock of the process that looks; Postgres releases it when the connection ends.
constexpr const char* kTryLock = "select pg_try_advisory_lock(hashtext('wxpipe.alerts'), 0)";
constexpr const char* kUnlock = "select pg_advisory_unlock(hashtext('wxpipe.alerts'), 0)";

// Through the index; of a flood it counts no more than any threshold can be.
constexpr const char* kDeadLetters =
    "select count(*) from (select from dead_letters where failed_at > $1::text::timestamptz - interval '10 minutes' "
    "and failed_at <= $1::text::timestamptz limit 100000) d";

// Whoever has been silent for thirty days is gone: its alert ends.
constexpr const char* kInstances =
    "select i.account, to_char(i.heartbeat_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), "
    "true, coalesce(a.heartbeat_interval, 0) "
    "from instances i left join wxpipe.accounts a on a.name = i.account "
    "where i.login = '' and i.heartbeat_at > $1::text::timestamptz - interval '30 days' and a.retired_at is null "
    "order by i.account";
// Instances that send heartbeats have a rule of their own. Usual: heard on three of the seven days before it was last
// heard.
constexpr const char* kAccounts =
    "select h.account, to_char(h.last_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), "
    "(select count(*) from account_health d "
    "where d.account = h.account and d.day > (h.last_at at time zone 'UTC')::date - 7) >= 3 "
    "from (select d.account, max(d.last_seen_at) as last_at from account_health d "
    "where d.day > ($1::text::timestamptz at time zone 'UTC')::date - 30 group by d.account) h "
    "left join wxpipe.accounts a on a.name = h.account "
    "where a.retired_at is null and not exists (select from instances i where i.account = h.account and i.login = '' "
    "and i.heartbeat_at is not null) "
    "order by h.account";

constexpr const char* kOpenAlerts =
    "select alert_id, rule, source_type, source_id, to_char(opened_at at time zone 'UTC', "
    "'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') from alert_records where rule is not null and resolved_at is null";
// The id is of rule, source and beginning, so the same alert is never opened twice; nor is a second one of the same
// rule and source while one is open (the index alert_records_open).
constexpr const char* kOpen =
    "insert into alert_records (alert_id, alert_uuid, rule, account, told, opened_at, last_told_at) "
    "select n.id, n.id::text, $1::text, $5::text, wxpipe.told_entries(jsonb_build_object('source_type', $2::text, "
    "'source_id', $3::text, 'level', $6::text, 'title', $7::text, 'message', $8::text, 'metric_name', $9::text, "
    "'metric_value', $10::text, 'threshold_value', $11::text), "
    "wxpipe.told_order($4::text::timestamptz, 0), n.id), $4::text::timestamptz, $4::text::timestamptz "
    "from (select wxpipe.eid('own alert', $1::text, $2::text, $3::text, $4::text) as id) n "
    "on conflict do nothing";
constexpr const char* kResolve =
    "update alert_records set resolved_at = $2::text::timestamptz, last_told_at = greatest(last_told_at, "
    "$2::text::timestamptz), updated_at = now() where alert_id = $1::text::uuid and resolved_at is null";

Timestamp time_of(const postgres::Rows& rows, size_t row, size_t column) {
  Timestamp at;
  if (!parse_iso8601(rows.text(row, column), at)) throw std::logic_error("not a time: " + rows.text(row, column));
  return at;
}

std::vector<Heard> heard(const postgres::Rows& rows) {
  std::vector<Heard> all;
  for (size_t i = 0; i < rows.size(); ++i) {
    all.push_back({rows.text(i, 0), time_of(rows, i, 1), rows.text(i, 2) == "t", {}});
    if (rows.columns() > 3) all.back().interval = std::chrono::seconds(rows.integer(i, 3));
  }
  return all;
}

std::vector<OpenAlert> open_alerts(postgres::Connection& connection) {
  const auto rows = connection.execute(kOpenAlerts);
  std::vector<OpenAlert> all;
  for (size_t i = 0; i < rows.size(); ++i)
    all.push_back({rows.text(i, 0), {rows.text(i, 1), rows.text(i, 2), rows.text(i, 3)}, time_of(rows, i, 4)});
  return all;
}

void write(postgres::Connection& connection, const AlertChanges& changes) {
  for (const auto& [id, key, at] : changes.resolved)
    if (connection.execute(kResolve, Parameters().text(id).text(to_iso8601(at))).affected() > 0)
      telemetry::log_info("alert_resolved", {{"rule", key.rule}, {"of", key.source_type}, {"source", key.source_id}});
  for (const auto& alert : changes.opened) {
    const auto opened_at = to_iso8601(alert.opened_at), value = fmt::format("{}", alert.value),
               threshold = fmt::format("{}", alert.threshold);
    const auto written = connection.execute(kOpen, Parameters()
                                                       .text(alert.key.rule)
                                                       .text(alert.key.source_type)
                                                       .text(alert.key.source_id)
                                                       .text(opened_at)
                                                       .text(alert.account)
                                                       .text(alert.level)
                                                       .text(alert.title)
                                                       .text(alert.message)
                                                       .text(alert.metric_name)
                                                       .text(value)
                                                       .text(threshold));
    if (written.affected() > 0)
      telemetry::log_warn("alert_opened", {{"rule", alert.key.rule},
                                           {"of", alert.key.source_type},
                                           {"source", alert.key.source_id},
                                           {"value", alert.value},
                                           {"threshold", alert.threshold}});
  }
}
}  // namespace

AlertWatch::AlertWatch(const config::Settings& settings, const Clock& clock, AskReaders ask_readers)
    : settings_(settings),
      clock_(clock),
      ask_readers_(std::move(ask_readers)),
      databases_(settings, "wxpipe sink alerts", kSession) {}

void AlertWatch::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::string hindrance;
    try {
      look();
    } catch (const Unavailable& error) {
      hindrance = error.what();
    } catch (const UsageError& error) {  // wrong schema version: somebody may be about to migrate
      hindrance = error.what();
    } catch (const postgres::SqlError& error) {
      hindrance = error.what();
    }
    if (!hindrance.empty()) {
      databases_.forget_all();
      if (hindrance != hindrance_ && !stop.stop_requested())
        telemetry::log_warn("alert_watch_hindered", {{"why", hindrance}});
    }
    hindrance_ = hindrance;
    runtime::wait(stop, settings_.alerts.every);
  }
}

void AlertWatch::look() {
  if (here().execute(kTryLock).text(0, 0) != "t") return;
  // Before what is observed: an alert that is opened meanwhile isn't judged by what was seen before it.
  const auto open = open_alerts(here());
  std::string unknown;
  const auto changes = decide_alerts(settings_.alerts, observe(unknown), open);
  write(here(), changes);
  here().execute(kUnlock);
  if (!unknown.empty()) throw Unavailable(unknown);
}

Observed AlertWatch::observe(std::string& unknown) {
  Observed observed;
  // Readers first: what they have taken by then is in the tables that are read next.
  observed.now = clock_.now();
  try {
    if (ask_readers_) observed.readers = ask_readers_(databases_);
  } catch (const Unavailable& error) {
    unknown = error.what();  // the other rules are tried all the same
  }
  const auto now = to_iso8601(observed.now);
  observed.unaccounted = CustodyStore(here()).unaccounted();
  observed.dead_letters = 0;
  for (const auto& database : databases_.databases()) {  // each sink stores them in the database of its family
    auto why = databases_.try_to_ask(database, [&](postgres::Connection& connection) {
      const auto letters = connection.execute(kDeadLetters, Parameters().text(now)).integer(0, 0);
      if (observed.dead_letters) *observed.dead_letters += letters;
    });
    if (why.empty()) continue;
    observed.dead_letters.reset();
    unknown = std::move(why);
  }
  observed.instances = heard(here().execute(kInstances, Parameters().text(now)));
  observed.accounts = heard(here().execute(kAccounts, Parameters().text(now)));
  return observed;
}

}  // namespace wxpipe::sinks
