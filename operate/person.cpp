#include "operate/person.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <initializer_list>

#include "common/postgres/sql_array.hpp"
#include "common/result.hpp"
#include "operate/accounts_seen.hpp"

namespace wxpipe::operate {
namespace {
using postgres::Connection, postgres::Parameters, postgres::Rows;
using report::Column, report::Level, report::Report, report::Table, report::Value;

// How a column of the answer becomes a value.
enum class As { text, number, real, time };
struct Named {
  std::string_view key;
  As as = As::text;
};

Value value_of(const Rows& rows, size_t row, size_t column, As as) {
  if (rows.is_null(row, column)) return {};
  switch (as) {
    case As::text:
      return rows.text(row, column);
    case As::number:
      return rows.integer(row, column);
    case As::time:
      return Timestamp(std::chrono::microseconds(rows.integer(row, column)));
    case As::real:
      break;
  }
  return std::strtod(rows.text(row, column).c_str(), nullptr);
}

Table table_of(std::string key, std::initializer_list<Named> columns, const Rows& rows) {
  Table table{std::move(key), "", {}, {}};
  for (const auto& one : columns) table.columns.push_back({std::string(one.key)});
  for (size_t i = 0; i < rows.size(); ++i) {
    auto& row = table.rows.emplace_back();
    size_t column = 0;
    for (const auto& one : columns) {
      row.push_back(value_of(rows, i, column, one.as));
      ++column;
    }
  }
  return table;
}

std::string us(std::string_view column) { return fmt::format("(extract(epoch from {}) * 1000000)::int8", column); }

// $1: accounts, $2: the person. Keys begin with account and tenant; a person has the tenants of their messages, or
// none.
constexpr std::string_view kKeys =
    "with keys as materialized (select a.account, t.tenant from unnest($1::text[]) a(account) cross join lateral (select '' as "
    "tenant union select coalesce(tenant, '') from (select tenant from messages where account = a.account and sender = $2::text "
    "order by occurred_at desc limit 50) m) t) ";

struct Place {
  std::string at = "infinity", key;
};
Place place_of(const std::string& after) {
  if (after.empty()) return {};
  const auto bar = after.find('|');
  Timestamp at;
  if (bar == after.npos || !parse_iso8601(after.substr(0, bar), at))
    throw UsageError(fmt::format("after: '{}' is no place; take `next` of the page before", after));
  return {after.substr(0, bar), after.substr(bar + 1)};
}
}  // namespace

Report person_report(Connection& connection, const PersonQuestion& question) {
  const auto place = place_of(question.after);
  postgres::SqlArray accounts(postgres::ElementType::text);
  if (!question.account.empty())
    accounts.add_text(question.account);
  else
    for (const auto& account : accounts_seen(connection)) accounts.add_text(account);
  const std::string known(accounts.bytes());
  const auto ask = [&](const std::string& sql) {
    return connection.execute(sql, Parameters().bytes(known).text(question.person));
  };

  Report report{.facts = {{"person", "", question.person}}};
  const auto followers = ask(fmt::format(
      "{}select f.account, f.tenant, f.owner, f.platform, f.state, f.change, {}, {}, {}, f.scene, f.channel, {}, {}, f.change_count "
      "from keys k cross join lateral (select * from followers where account = k.account and tenant = k.tenant and subject = "
      "$2::text limit 20) f order by f.account, f.tenant, f.owner limit 100",
      kKeys, us("f.changed_at"), us("f.subscribed_at"), us("f.unsubscribed_at"), us("f.first_seen_at"),
      us("f.last_seen_at")));
  report.tables.push_back(table_of("followers",
                                   {{"account"},
                                    {"tenant"},
                                    {"owner"},
                                    {"platform"},
                                    {"state"},
                                    {"change"},
                                    {"changed_at", As::time},
                                    {"subscribed_at", As::time},
                                    {"unsubscribed_at", As::time},
                                    {"scene"},
                                    {"channel"},
                                    {"first_seen_at", As::time},
                                    {"last_seen_at", As::time},
                                    {"change_count", As::number}},
                                   followers));
  const auto leads = ask(fmt::format(
      "{}select l.account, l.tenant, l.subject, l.score, l.scored_on, wxpipe.lead_score(l.account, l.tenant, l.subject, "
      "current_date), l.activity_count, {}, {}, l.contact_name, l.contact_phone, l.contact_wechat, l.contact_email, "
      "l.company_name, l.province, l.city, l.utm_source, l.utm_campaign from keys k cross join lateral (select * from leads where "
      "account = k.account and tenant = k.tenant and subject = $2::text limit 20) l order by l.account, l.tenant limit 100",
      kKeys, us("l.first_activity_at"), us("l.last_activity_at")));
  report.tables.push_back(table_of("leads",
                                   {{"account"},
                                    {"tenant"},
                                    {"subject"},
                                    {"score", As::number},
                                    {"scored_on"},
                                    {"score_today", As::number},
                                    {"activity_count", As::number},
                                    {"first_activity_at", As::time},
                                    {"last_activity_at", As::time},
                                    {"contact_name"},
                                    {"contact_phone"},
                                    {"contact_wechat"},
                                    {"contact_email"},
                                    {"company_name"},
                                    {"province"},
                                    {"city"},
                                    {"utm_source"},
                                    {"utm_campaign"}},
                                   leads));
  const auto parts = ask(
      std::string(kKeys) +
      "select d.account, d.day, d.rule, d.dimension, d.points, d.daily_cap, d.half_life_days, wxpipe.faded_points(d.points, "
      "d.daily_cap, d.half_life_days, current_date - d.day) / 1000000.0 from keys k cross join lateral (select * from "
      "wxpipe.lead_daily where account = k.account and tenant = k.tenant and subject = $2::text order by day desc limit 100) d "
      "order by d.day desc, d.rule limit 100");
  report.tables.push_back(table_of("score_parts",
                                   {{"account"},
                                    {"day"},
                                    {"rule"},
                                    {"dimension"},
                                    {"points", As::number},
                                    {"daily_cap", As::number},
                                    {"half_life_days", As::number},
                                    {"counts_today", As::real}},
                                   parts));

  // What happened, of three tables; each by its index, back from the place.
  const auto lateral = [&](std::string_view kind, std::string_view table, std::string_view person,
                           std::string_view type, std::string_view what, std::string_view more) {
    const auto key = fmt::format("('{}:' || event_id || {}) collate \"C\"", kind, more);
    return fmt::format(
        "select m.at, m.k, '{0}' as kind, a.account, m.type, m.what, m.event_id from unnest($1::text[]) a(account) cross join "
        "lateral (select occurred_at as at, {5} as k, {3} as type, {4} as what, event_id from {1} where account = a.account and "
        "{2} and occurred_at <= $3::text::timestamptz and (occurred_at, {5}) < ($3::text::timestamptz, $4::text) order by "
        "occurred_at desc, {5} desc limit $5::int8) m",
        kind, table, person, type, what, key);
  };
  const auto keyed = fmt::format(
      "select f.occurred_at as at, 'follower:' || f.event_id || f.change as k, 'follower' as kind, f.account, f.event_type as type, "
      "f.change || coalesce(' → ' || f.state, '') as what, f.event_id from keys k cross join lateral (select * from "
      "follower_history where account = k.account and tenant = k.tenant and subject = $2::text limit 1000) f where "
      "(f.occurred_at, ('follower:' || f.event_id || f.change) collate \"C\") < ($3::text::timestamptz, $4::text)");
  const auto rows = connection.execute(
      fmt::format(
          "{}select {}, k, kind, account, type, what, event_id from ({} union all {} union all {}) t order by at desc, k "
          "collate \"C\" desc limit $5::int8",
          kKeys, us("at"),
          lateral("message", "messages", "sender = $2::text", "type", "coalesce(left(content, 200), '')", "''"),
          lateral("lead", "lead_activities", "subject = $2::text", "event_type",
                  "rule || ': ' || points || ' points for ' || dimension", "rule"),
          keyed),
      Parameters()
          .bytes(known)
          .text(question.person)
          .text(place.at)
          .text(question.after.empty() ? std::string_view("~") : std::string_view(place.key))
          .int8(static_cast<int64_t>(question.limit) + 1));
  Table time_line{"time_line", "", {{"at"}, {"kind"}, {"account"}, {"type"}, {"what"}, {"event_id"}}, {}};
  const auto shown = std::min(rows.size(), question.limit);
  for (size_t i = 0; i < shown; ++i)
    time_line.rows.push_back({Timestamp(std::chrono::microseconds(rows.integer(i, 0))), rows.text(i, 2),
                              rows.text(i, 3), rows.text(i, 4), rows.text(i, 5), rows.text(i, 6)});
  report.facts.push_back({"next", "",
                          rows.size() > shown
                              ? Value(to_iso8601(Timestamp(std::chrono::microseconds(rows.integer(shown - 1, 0)))) +
                                      "|" + rows.text(shown - 1, 1))
                              : Value()});
  report.tables.push_back(std::move(time_line));

  Table linked{"linked", "", {{"account"}, {"subject"}, {"contact_name"}, {"score"}}, {}};
  constexpr size_t kPhone = 10;
  for (size_t i = 0; i < leads.size(); ++i) {
    if (leads.is_null(i, kPhone)) continue;
    const auto others = connection.execute(
        "select account, subject, contact_name, score from leads where contact_phone = $1::text and (account, tenant, subject) <> "
        "($2::text, $3::text, $4::text) order by account, subject limit 20",
        Parameters().text(leads.text(i, kPhone)).text(leads.text(i, 0)).text(leads.text(i, 1)).text(leads.text(i, 2)));
    for (size_t j = 0; j < others.size(); ++j)
      linked.rows.push_back({others.text(j, 0), others.text(j, 1),
                             others.is_null(j, 2) ? Value() : Value(others.text(j, 2)), others.integer(j, 3)});
  }
  report.tables.push_back(std::move(linked));
  if (followers.empty() && leads.empty() && rows.empty())
    report.findings.push_back({Level::note, "nothing is known of this person",
                               "People are known by the ids that the platforms give them: openid, external_userid."});
  return report;
}

}  // namespace wxpipe::operate
