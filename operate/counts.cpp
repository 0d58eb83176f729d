#include "operate/counts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <set>

#include "common/postgres/sql_array.hpp"
#include "common/result.hpp"
#include "common/uuid.hpp"
#include "ingest/account.hpp"
#include "operate/accounts_seen.hpp"
#include "sinks/custody/custody_store.hpp"
#include "sinks/families.hpp"

namespace wxpipe::operate {
namespace {
using namespace std::chrono_literals;
using postgres::Connection, postgres::Parameters, postgres::Rows;
using report::Level, report::Report, report::Row, report::Table, report::Value;

constexpr size_t kNewest = 1'000;         // events whose types are counted, of each account
constexpr int64_t kMostGained = 100'000;  // rows counted

constexpr std::string_view kSums =
    "sum(acknowledged) filter (where family = 'custody'), sum(stored) filter (where family = 'messages'), sum(duplicates) filter "
    "(where family in ('messages', 'dead_letters')), sum(dead_letters) filter (where family in ('messages', 'dead_letters')) + "
    "coalesce(sum(stored) filter (where family = 'dead_letters'), 0)";

Timestamp moment(const Rows& rows, size_t row, size_t column) {
  return Timestamp(std::chrono::microseconds(rows.integer(row, column)));
}
int64_t number(const Rows& rows, size_t row, size_t column) {
  return rows.is_null(row, column) ? 0 : rows.integer(row, column);
}
Counts counts_of(const Rows& rows, size_t row, size_t column) {
  return {number(rows, row, column), number(rows, row, column + 1), number(rows, row, column + 2),
          number(rows, row, column + 3)};
}
void append(Row& row, const Counts& counts) {
  for (const auto count : {counts.acknowledged, counts.stored, counts.duplicates, counts.dead_letters})
    row.emplace_back(count);
}
std::string us(std::string_view column) { return fmt::format("(extract(epoch from {}) * 1000000)::int8", column); }

struct Range {
  std::string_view name;
  std::chrono::seconds length, step;
};
constexpr std::array<Range, 3> kRanges{{{"hour", 1h, 60s}, {"day", 24h, 300s}, {"month", 24h * 30, 7200s}}};

std::string accounts_array(Connection& connection, const std::string& account) {
  postgres::SqlArray accounts(postgres::ElementType::text);
  if (!account.empty())
    accounts.add_text(account);
  else
    for (const auto& one : accounts_seen(connection)) accounts.add_text(one);
  return std::string(accounts.bytes());
}
}  // namespace

Steps counts_by_step(Connection& connection, const CountWindow& window) {
  const auto rows = connection.execute(
      fmt::format(
          "select (extract(epoch from date_bin(make_interval(secs => $4::int8), minute, $1::text::timestamptz)) * "
          "1000000)::int8, {} from wxpipe.ledger where minute >= $1::text::timestamptz and minute < $2::text::timestamptz "
          "and family in ('custody', 'messages', 'dead_letters') and ($3::text = '' or account = $3::text) group by 1",
          kSums),
      Parameters()
          .text(to_iso8601(window.from))
          .text(to_iso8601(window.to))
          .text(window.account)
          .int8(window.step.count()));
  std::map<Timestamp, Counts> found;
  for (size_t i = 0; i < rows.size(); ++i) found[moment(rows, i, 0)] = counts_of(rows, i, 1);
  Steps steps;
  for (auto at = window.from; at < window.to; at += window.step) steps.emplace_back(at, found[at]);
  return steps;
}

Steps KnownCounts::by_step(Connection& connection, const CountWindow& window, Timestamp now) {
  constexpr int kStillGrow = 2;  // steps: the one that isn't over, and the one before, for what is late
  const std::lock_guard lock(mutex_);
  std::erase_if(known_, [&](const auto& one) { return now - one.second.read_at >= kKept; });
  if (known_.size() >= kMost) known_.clear();
  auto& known = known_[{window.account, window.step}];
  if (known.steps.empty() || known.steps.front().first > window.from) {
    auto over = window;
    over.to = std::max(window.from, window.to - kStillGrow * window.step);
    known = {now, counts_by_step(connection, over)};
  }
  Steps steps;
  std::ranges::copy_if(known.steps, std::back_inserter(steps),
                       [&](const auto& step) { return step.first >= window.from && step.first < window.to; });
  auto rest = window;
  if (!steps.empty()) rest.from = steps.back().first + window.step;
  std::ranges::move(counts_by_step(connection, rest), std::back_inserter(steps));
  return steps;
}

Today counts_of_today(Connection& connection, const std::string& account, Timestamp today, Timestamp now) {
  const auto accounts = accounts_array(connection, account);
  const auto since = to_iso8601(today);
  const auto relations = connection.execute(
      "select count(*) filter (where change in ('subscribed', 'added')), count(*) filter (where change in ('unsubscribed', "
      "'removed_by_member', 'removed_by_customer')) from unnest($1::text[]) a(account) cross join lateral (select change from "
      "follower_history where account = a.account and occurred_at >= $2::text::timestamptz limit $3::int8) h",
      Parameters().bytes(accounts).text(since).int8(kMostGained));
  const auto leads = connection.execute(
      "select count(*) from (select 1 from leads where first_activity_at >= $1::text::timestamptz and ($2::text = '' or account = "
      "$2::text) limit $3::int8) l",
      Parameters().text(since).text(account).int8(kMostGained));
  // In the order of the index. Without statistics the planner believes that sorting all rows of an account is cheaper.
  postgres::Transaction transaction(connection);
  transaction.execute("set local enable_sort = off; set local enable_bitmapscan = off");
  const auto newest = transaction.execute(
      fmt::format(
          "select type, count(*), {} from unnest($1::text[]) a(account) cross join lateral (select type, occurred_at from "
          "messages where account = a.account and occurred_at <= $2::text::timestamptz order by occurred_at desc limit "
          "$3::int8) m group by type order by 2 desc, 1 limit 100",
          us("min(occurred_at)")),
      Parameters().bytes(accounts).text(to_iso8601(now)).int8(static_cast<int64_t>(kNewest)));
  transaction.commit();
  Today found{.followers_gained = relations.integer(0, 0),
              .followers_lost = relations.integer(0, 1),
              .leads_gained = leads.integer(0, 0),
              .types = {},
              .types_since = {}};
  for (size_t i = 0; i < newest.size(); ++i) {
    found.types.emplace_back(newest.text(i, 0), newest.integer(i, 1));
    found.types_since = std::min(found.types_since.value_or(Timestamp::max()), moment(newest, i, 2));
  }
  return found;
}

Today KnownCounts::today(Connection& connection, const std::string& account, Timestamp today, Timestamp now) {
  const std::lock_guard lock(today_mutex_);
  std::erase_if(today_, [&](const auto& one) { return now >= one.second.until; });
  if (const auto known = today_.find({account, today}); known != today_.end()) return known->second.counts;
  const auto began = std::chrono::steady_clock::now();
  auto counts = counts_of_today(connection, account, today, now);
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began);
  if (today_.size() >= kMost) today_.clear();
  const auto kept = std::min<std::chrono::microseconds>(kTodayKept, took * kTodayTimes);
  today_.insert_or_assign({account, today}, KnownToday{now + kept, counts});
  return counts;
}

void add_overview(Report& report, Connection& connection, const OverviewQuestion& question, KnownCounts& known) {
  const auto range = std::ranges::find(kRanges, question.range, &Range::name);
  if (range == kRanges.end())
    throw UsageError(fmt::format("range: there is no '{}'; there are hour, day and month", question.range));
  // Whole steps, the last one as far as it has come.
  const auto step = std::chrono::duration_cast<std::chrono::microseconds>(range->step);
  const auto end = Timestamp((question.now.time_since_epoch() / step + 1) * step);
  const CountWindow window{end - range->length, end, range->step, question.account};
  const bool long_one = range->length > 24h;
  const auto steps = long_one ? known.by_step(connection, window, question.now) : counts_by_step(connection, window);
  Table minutes{"minutes", "", {{"at"}, {"acknowledged"}, {"stored"}, {"duplicates"}, {"dead_letters"}}, {}};
  for (const auto& [at, counts] : steps) {
    Row row{at};
    append(row, counts);
    minutes.rows.push_back(std::move(row));
  }

  const auto day = connection.execute(
      "select coalesce(sum(acknowledged), 0) from wxpipe.ledger where minute >= $1::text::timestamptz and family = 'custody' and "
      "($2::text = '' or account = $2::text)",
      Parameters().text(to_iso8601(question.today)).text(question.account));
  const auto today = known.today(connection, question.account, question.today, question.now);
  Table types{"types", "", {{"type"}, {"events"}}, {}};
  int64_t of = 0;
  for (const auto& [type, events] : today.types) {
    types.rows.push_back({type, events});
    of += events;
  }

  report.facts.insert(report.facts.end(),
                      {{"at", "", question.now},
                       {"range", "", question.range},
                       {"account", "", question.account.empty() ? Value() : Value(question.account)},
                       {"step_s", "", range->step.count()},
                       {"today", "", question.today},
                       {"acknowledged_today", "", day.integer(0, 0)},
                       {"followers_gained_today", "", today.followers_gained},
                       {"followers_lost_today", "", today.followers_lost},
                       {"leads_gained_today", "", today.leads_gained},
                       {"types_of", "", of},
                       {"types_since", "", today.types_since}});
  report.tables.push_back(std::move(minutes));
  report.tables.push_back(std::move(types));
}

Report custody_report(Connection& connection, const CountWindow& window) {
  constexpr auto kLongest = 31 * 24h;
  if (window.from >= window.to)
    throw UsageError(fmt::format("to: {} is not after from, {}", to_iso8601(window.to), to_iso8601(window.from)));
  if (window.to - window.from > kLongest) throw UsageError("at most 31 days at once; choose from and to");
  const auto rows = connection.execute(
      fmt::format(
          "select account, {}, {} from wxpipe.ledger where minute >= $1::text::timestamptz and minute < "
          "$2::text::timestamptz and family in ('custody', 'messages', 'dead_letters') and ($3::text = '' or account = "
          "$3::text) group by account, minute order by minute desc, account limit 50000",
          us("minute"), kSums),
      Parameters().text(to_iso8601(window.from)).text(to_iso8601(window.to)).text(window.account));
  constexpr size_t kMostMinutes = 2'000;
  Table by_account{
      "by_account", "", {{"account"}, {"acknowledged"}, {"stored"}, {"duplicates"}, {"dead_letters"}, {"rest"}}, {}};
  Table by_minute{"by_minute",
                  "",
                  {{"account"}, {"minute"}, {"acknowledged"}, {"stored"}, {"duplicates"}, {"dead_letters"}, {"rest"}},
                  {}};
  std::map<std::string, Counts> sums;
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto counts = counts_of(rows, i, 2);
    auto& sum = sums[rows.text(i, 0)];
    sum.acknowledged += counts.acknowledged;
    sum.stored += counts.stored;
    sum.duplicates += counts.duplicates;
    sum.dead_letters += counts.dead_letters;
    if (by_minute.rows.size() >= kMostMinutes) continue;
    Row row{rows.text(i, 0), moment(rows, i, 1)};
    append(row, counts);
    row.emplace_back(counts.rest());
    by_minute.rows.push_back(std::move(row));
  }
  for (const auto& [account, counts] : sums) {
    Row row{account};
    append(row, counts);
    row.emplace_back(counts.rest());
    by_account.rows.push_back(std::move(row));
  }
  const auto marks = connection.execute(
      fmt::format(
          "select instance, boot, {}, sum(unaccounted), bool_or(last) from (select * from wxpipe.custody_marks where "
          "received_from >= $1::text::timestamptz and received_from < $2::text::timestamptz order by received_from desc "
          "limit 10000) m group by instance, boot order by 3 desc limit 100",
          us("max(marked_at)")),
      Parameters().text(to_iso8601(window.from)).text(to_iso8601(window.to)));
  Table boots{"boots", "", {{"instance"}, {"boot"}, {"marked_at"}, {"unaccounted"}, {"ended"}}, {}};
  for (size_t i = 0; i < marks.size(); ++i)
    boots.rows.push_back(
        {marks.text(i, 0), marks.text(i, 1), moment(marks, i, 2), marks.integer(i, 3), marks.text(i, 4) == "t"});
  const auto unaccounted = sinks::CustodyStore(connection).unaccounted();

  Report report{.facts = {{"from", "", window.from},
                          {"to", "", window.to},
                          {"account", "", window.account.empty() ? Value() : Value(window.account)},
                          {"unaccounted", "", unaccounted}},
                .tables = {std::move(by_account), std::move(by_minute), std::move(boots)}};
  if (rows.size() > kMostMinutes)
    report.findings.push_back({Level::note, fmt::format("only the newest {} minutes are listed", kMostMinutes),
                               "Choose a shorter time or one account."});
  if (unaccounted > 0)
    report.findings.push_back({Level::error, "callbacks were acknowledged and are found nowhere",
                               "The proof names each; the repair looks for what can be sent again."});
  return report;
}

Report accounts_report(Connection& connection, const Databases& databases, const config::Settings& settings,
                       Timestamp now) {
  std::map<std::string, const config::AccountSettings*> all;
  for (const auto& account : accounts_seen(connection)) all[account] = nullptr;
  for (const auto& account : settings.accounts) all[account.name] = &account;
  postgres::SqlArray names(postgres::ElementType::text);
  for (const auto& [name, configured] : all) names.add_text(name);
  const auto at = to_iso8601(now);
  const auto rows = connection.execute(
      fmt::format(
          "select a.account, {}, coalesce(d.by_broker + d.by_spool, 0), coalesce(d.by_spool, 0), coalesce(w.by_broker + "
          "w.by_spool, 0), (extract(epoch from greatest(wxpipe.longest_silence(substring(d.active_minutes from 1 for t.minutes)), "
          "wxpipe.longest_silence(y.active_minutes))) * 1000000)::int8 from unnest($1::text[]) a(account) cross join (select "
          "($2::text::timestamptz at time zone 'UTC')::date as day, (extract(epoch from $2::text::timestamptz)::int8 / 60 % "
          "1440)::int as minutes) t left join lateral (select last_seen_at from account_health where account = a.account and day > "
          "t.day - 35 order by day desc limit 1) l on true left join account_health d on d.account = a.account and d.day = t.day "
          "left join account_health y on y.account = a.account and y.day = t.day - 1 left join account_health w on w.account = "
          "a.account and w.day = t.day - 7",
          us("l.last_seen_at")),
      Parameters().bytes(names.bytes()).text(at));
  const auto hours = connection.execute(
      "select account, sum(acknowledged) filter (where minute >= $1::text::timestamptz - interval '1 hour'), sum(acknowledged) "
      "filter (where minute < $1::text::timestamptz - interval '1 hour') from wxpipe.ledger where family = 'custody' and ((minute > "
      "$1::text::timestamptz - interval '1 hour' and minute <= $1::text::timestamptz) or (minute > $1::text::timestamptz - interval "
      "'7 days 1 hour' and minute <= $1::text::timestamptz - interval '7 days')) group by account",
      Parameters().text(at));
  std::map<std::string, std::pair<int64_t, int64_t>> by_hour;
  for (size_t i = 0; i < hours.size(); ++i) by_hour[hours.text(i, 0)] = {number(hours, i, 1), number(hours, i, 2)};
  std::map<std::string, int64_t> letters;
  for (auto* each : databases)
    for (const auto& [account, count] : count_letters(*each, LetterFilter{}, "account")) letters[account] += count;

  Table table{"accounts",
              "",
              {{"account"},
               {"title"},
               {"kind"},
               {"address"},
               {"last_callback_at"},
               {"silent_us"},
               {"last_hour"},
               {"same_hour_last_week"},
               {"today"},
               {"same_day_last_week"},
               {"by_spool_today"},
               {"longest_silence_us"},
               {"open_dead_letters"},
               {"state"}},
              {}};
  Report report;
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto& name = rows.text(i, 0);
    const auto* configured = all[name];
    std::optional<Timestamp> last;
    if (!rows.is_null(i, 1)) last = moment(rows, i, 1);
    const auto [hour, week] = by_hour[name];
    const std::string_view state = !last ? "never" : hour == 0 && week > 0 ? "silent" : "fine";
    table.rows.push_back({name, configured ? configured->title : "", configured ? configured->kind : "",
                          configured ? ingest::address_to_enter(*configured, settings.ingest.public_url) : "", last,
                          last ? Value(std::max<int64_t>(0, (now - *last).count())) : Value(), hour, week,
                          rows.integer(i, 2), rows.integer(i, 4), rows.integer(i, 3),
                          rows.is_null(i, 5) ? Value() : Value(rows.integer(i, 5)), letters[name], state});
    if (state == "silent")
      report.findings.push_back(
          {Level::warning,
           fmt::format("{}: nothing came in the last hour; a week ago {} came in the same hour", name,
                       report::counted(static_cast<uint64_t>(week), "callback")),
           fmt::format(
               "`wxpipe doctor callback {}` plays the platform; `wxpipe trace --refused --account {}` says what was "
               "refused.",
               name, name)});
  }
  report.tables.push_back(std::move(table));
  return report;
}

Table claims_table(sinks::FamilyConnections& databases) {
  Table table{"claims", "", {{"group"}, {"topic"}, {"partition"}, {"owner"}, {"epoch"}, {"moved_at"}}, {}};
  for (const auto& database : databases.databases()) {
    // A family that lay here before has left its offsets here.
    const auto lies_here = [&](const std::string& group) {
      return std::ranges::any_of(database.families,
                                 [&](const auto* family) { return group.ends_with(sinks::group_id("", *family)); });
    };
    if (database.families.empty()) continue;
    const auto rows = databases.to(database).execute(fmt::format(
        "select group_id, topic, partition, owner, epoch, {} from wxpipe.sink_offsets order by group_id, topic, "
        "partition limit 5000",
        us("updated_at")));
    for (size_t i = 0; i < rows.size(); ++i)
      if (lies_here(rows.text(i, 0)))
        table.rows.push_back({rows.text(i, 0), rows.text(i, 1), rows.integer(i, 2), rows.text(i, 3), rows.integer(i, 4),
                              moment(rows, i, 5)});
  }
  return table;
}

Report actions_report(const Databases& databases, const std::string& who, size_t limit) {
  Table table{"actions",
              "",
              {{"at"},
               {"operator"},
               {"address"},
               {"operation"},
               {"resource_type"},
               {"resource_id"},
               {"filter"},
               {"affected"},
               {"reason"},
               {"command_id"}},
              {}};
  std::vector<std::pair<Timestamp, Row>> all;
  for (auto* connection : databases) {
    const auto rows = connection->execute(
        fmt::format(
            "select {}, operator, address, operation, resource_type, resource_id, filter, affected, reason, command_id "
            "from audit_logs where {} order by occurred_at desc limit $2::int8",
            us("occurred_at"), who.empty() ? "$1::text is not null" : "operator = $1::text"),
        Parameters().text(who).int8(static_cast<int64_t>(limit)));
    const auto text = [&](size_t row, size_t column) {
      return rows.is_null(row, column) ? Value() : Value(rows.text(row, column));
    };
    for (size_t i = 0; i < rows.size(); ++i)
      all.emplace_back(moment(rows, i, 0),
                       Row{moment(rows, i, 0), rows.text(i, 1), rows.text(i, 2), rows.text(i, 3), rows.text(i, 4),
                           text(i, 5), text(i, 6), rows.integer(i, 7), text(i, 8), rows.text(i, 9)});
  }
  std::ranges::stable_sort(all, std::greater<>(), &std::pair<Timestamp, Row>::first);
  for (auto& [at, row] : all)
    if (table.rows.size() < limit) table.rows.push_back(std::move(row));
  return {.tables = {std::move(table)}};
}

std::optional<std::string> body_of(const Databases& databases, const std::string& id) {
  Uuid uuid;
  if (!parse_uuid(id, uuid)) throw UsageError(fmt::format("'{}' is no id", id));
  const auto nibble = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (auto* connection : databases) {
    const auto rows = connection->execute(
        "select encode(coalesce(body_bytes, convert_to(body, 'UTF8')), 'hex') from messages where event_id = $1::text::uuid "
        "union all select encode(body, 'hex') from dead_letters where dead_letter_id = $1::text::uuid limit 1",
        Parameters().text(id));
    if (rows.empty()) continue;
    const auto& hex = rows.text(0, 0);
    std::string bytes;
    for (size_t i = 0; i + 1 < hex.size(); i += 2) bytes += static_cast<char>(nibble(hex[i]) * 16 + nibble(hex[i + 1]));
    return bytes;
  }
  return std::nullopt;
}

}  // namespace wxpipe::operate
