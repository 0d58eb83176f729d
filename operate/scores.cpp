#include "operate/scores.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>

#include "common/postgres/sql_array.hpp"
#include "common/result.hpp"
#include "operate/accounts_seen.hpp"
#include "schemas/fact_json.hpp"
#include "schemas/fact_list.hpp"

namespace wxpipe::operate {
namespace {
using postgres::Connection, postgres::ElementType, postgres::Parameters, postgres::SqlArray;

double number(const std::string& text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

bool is_a_day(Connection& connection, const std::string& on) {
  if (on.size() != 10) return false;
  try {
    connection.execute("select $1::text::date", Parameters().text(on));
  } catch (const postgres::SqlError&) {
    return false;
  }
  return true;
}
// Of one event: a record has one, or all of them (docs/decisions/0020-activities-share-a-record.md). They come from
// today's rules, not from a topic, so each can be read.
std::vector<schemas::LeadActivity> activities_in(std::string_view value) {
  if (schemas::begins_as_list<schemas::LeadActivity>(value))
    return schemas::decode_list<schemas::LeadActivity>(value).value();
  return {schemas::decode<schemas::LeadActivity>(value).value()};
}
}  // namespace

std::vector<LeadKey> find_leads(Connection& connection, std::string_view subject, std::string_view account) {
  const auto rows = connection.execute(
      fmt::format(
          "select l.account, l.tenant, l.subject from (select $1::text as account where $1::text <> '' union select "
          "s.account from ({}) s where $1::text = '') a cross join lateral (select l.account, l.tenant, l.subject from "
          "(select distinct d.tenant from lead_activities d where d.account = a.account and d.subject = $2::text) t join "
          "leads l on l.account = a.account and l.tenant = t.tenant and l.subject = $2::text) l order by 1, 2",
          accounts_in("leads")),
      Parameters().text(account).text(subject));
  std::vector<LeadKey> leads;
  for (size_t i = 0; i < rows.size(); ++i) leads.push_back({rows.text(i, 0), rows.text(i, 1), rows.text(i, 2)});
  return leads;
}

ExplainedScore explain_score(Connection& connection, const LeadKey& lead, const std::string& on) {
  if (!on.empty() && !is_a_day(connection, on)) throw UsageError(fmt::format("--on: '{}' is no day; 2026-11-24", on));
  const auto key = [&] { return Parameters().text(lead.account).text(lead.tenant).text(lead.subject).text(on); };
  ExplainedScore explained;
  const auto row = connection.execute(
      "select d.on_day::text, wxpipe.lead_score($1::text, $2::text, $3::text, d.on_day) from (select "
      "coalesce(nullif($4::text, '')::date, (select l.scored_on from leads l where l.account = $1::text and l.tenant = $2::text "
      "and l.subject = $3::text)) as on_day) d",
      key());
  explained.on = row.text(0, 0);
  explained.by_sums = row.integer(0, 1);
  // A rule's points of one day add up until the cap: each activity has the part by which it moved the sum. So the parts
  // add up to exactly what the sums by day and rule give.
  const auto rows = connection.execute(
      "select (extract(epoch from a.occurred_at) * 1000000)::int8, a.event_id, a.event_type, a.rule, a.dimension, "
      "coalesce(a.description, ''), a.points, (wxpipe.faded_points(a.until, a.daily_cap, 0, 0) - "
      "wxpipe.faded_points(a.until - a.points, a.daily_cap, 0, 0)) / 1000000.0::float8, (wxpipe.faded_points(a.until, "
      "a.daily_cap, a.half_life_days, o.on_day - a.day) - wxpipe.faded_points(a.until - a.points, a.daily_cap, "
      "a.half_life_days, o.on_day - a.day)) / 1000000.0::float8 from (select $4::text::date as on_day) o cross join lateral "
      "(select a.*, (a.occurred_at at time zone 'UTC')::date as day, sum(a.points) over (partition by (a.occurred_at at time "
      "zone 'UTC')::date, a.rule, a.daily_cap, a.half_life_days order by a.occurred_at, a.activity_id) as until from "
      "lead_activities a where a.account = $1::text and a.tenant = $2::text and a.subject = $3::text and a.occurred_at < "
      "(o.on_day + 1)::timestamp at time zone 'UTC') a order by a.occurred_at desc, a.activity_id desc",
      Parameters().text(lead.account).text(lead.tenant).text(lead.subject).text(explained.on));
  for (size_t i = 0; i < rows.size(); ++i) {
    explained.parts.push_back({Timestamp(std::chrono::microseconds(rows.integer(i, 0))), rows.text(i, 1),
                               rows.text(i, 2), rows.text(i, 3), rows.text(i, 4), rows.text(i, 5), rows.integer(i, 6),
                               number(rows.text(i, 7)), number(rows.text(i, 8))});
    explained.sum += explained.parts.back().now;
  }
  explained.score = std::max<int64_t>(0, std::min<int64_t>(100, std::llround(explained.sum)));
  return explained;
}

ScoreTrial::ScoreTrial(Connection& connection) : connection_(connection) {
  connection_.execute(
      "create temporary table replayed_events (event_id uuid primary key, account text not null collate \"C\", tenant text "
      "not null collate \"C\", subject text not null collate \"C\"); "
      "create temporary table replayed_activities (activity_id uuid primary key, account text not null collate \"C\", tenant "
      "text not null collate \"C\", subject text not null collate \"C\", day date not null, rule text not null collate \"C\", "
      "daily_cap int4 not null, half_life_days int4 not null, points int8 not null)");
}

void ScoreTrial::take(std::span<const Made> records) {
  SqlArray event_ids(ElementType::uuid), accounts(ElementType::text), tenants(ElementType::text),
      subjects(ElementType::text);
  SqlArray ids(ElementType::uuid), of_accounts(ElementType::text), of_tenants(ElementType::text),
      of_subjects(ElementType::text), times(ElementType::timestamptz), rules(ElementType::text),
      caps(ElementType::int4), half_lives(ElementType::int4), points(ElementType::int4);
  for (const auto& one : records) {
    if (!one.value) continue;
    if (one.topic == schemas::TopicName::messages) {
      if (schemas::begins_as<schemas::DuplicateMet>(*one.value)) continue;
      const auto event = schemas::decode<schemas::Event>(*one.value);
      if (!event || event->subject.empty()) continue;
      event_ids.add_uuid(event->id);
      accounts.add_text(event->account);
      tenants.add_text(event->tenant);
      subjects.add_text(event->subject);
    } else if (one.topic == schemas::TopicName::leads) {
      for (const auto& activity : activities_in(*one.value)) {
        ids.add_uuid(activity.activity_id);
        of_accounts.add_text(activity.origin.account);
        of_tenants.add_text(activity.origin.tenant);
        of_subjects.add_text(activity.origin.subject);
        times.add_time(activity.origin.occurred_at);
        rules.add_text(activity.rule);
        caps.add_int4(activity.daily_cap);
        half_lives.add_int4(activity.half_life_days);
        points.add_int4(activity.points);
      }
    }
  }
  connection_.execute(
      "insert into replayed_events select unnest($1::uuid[]), unnest($2::text[]), unnest($3::text[]), unnest($4::text[]) on "
      "conflict do nothing",
      Parameters().bytes(event_ids.bytes()).bytes(accounts.bytes()).bytes(tenants.bytes()).bytes(subjects.bytes()));
  connection_.execute(
      "insert into replayed_activities select unnest($1::uuid[]), unnest($2::text[]), unnest($3::text[]), unnest($4::text[]), "
      "(unnest($5::timestamptz[]) at time zone 'UTC')::date, unnest($6::text[]), unnest($7::int4[]), unnest($8::int4[]), "
      "unnest($9::int4[]) on conflict do nothing",
      Parameters()
          .bytes(ids.bytes())
          .bytes(of_accounts.bytes())
          .bytes(of_tenants.bytes())
          .bytes(of_subjects.bytes())
          .bytes(times.bytes())
          .bytes(rules.bytes())
          .bytes(caps.bytes())
          .bytes(half_lives.bytes())
          .bytes(points.bytes()));
}

MovedScores ScoreTrial::result(size_t most) {
  connection_.execute("analyze replayed_events; analyze replayed_activities");
  connection_.execute(
      "create temporary table trial as with stored as (select a.account, a.tenant, a.subject, (a.occurred_at at time zone "
      "'UTC')::date as day, a.rule, a.daily_cap, a.half_life_days, a.points::int8 from replayed_events r cross join lateral "
      "(select * from lead_activities a where a.account = r.account and a.subject = r.subject and a.tenant = r.tenant and "
      "a.event_id = r.event_id offset 0) a), "
      "leads_touched as (select account, tenant, subject from stored union select account, tenant, subject from "
      "replayed_activities), "
      "kept as (select d.account, d.tenant, d.subject, d.day, d.rule, d.daily_cap, d.half_life_days, d.points, d.activities "
      "from leads_touched t cross join lateral (select * from wxpipe.lead_daily d where d.account = t.account and d.tenant = "
      "t.tenant and d.subject = t.subject offset 0) d), "
      "days as (select x.account, x.tenant, x.subject, x.day, x.rule, x.daily_cap, x.half_life_days, "
      "sum(x.was)::int8 as was, sum(x.was_count) as was_count, sum(x.becomes)::int8 as becomes, sum(x.becomes_count) as "
      "becomes_count from (select account, tenant, subject, day, rule, daily_cap, half_life_days, points as was, activities as "
      "was_count, points as becomes, activities as becomes_count from kept union all select account, tenant, subject, day, "
      "rule, daily_cap, half_life_days, 0, 0, -points, -1 from stored union all select account, tenant, subject, day, rule, "
      "daily_cap, half_life_days, 0, 0, points, 1 from replayed_activities) x group by 1, 2, 3, 4, 5, 6, 7), "
      "last as (select account, tenant, subject, max(day) filter (where was_count > 0 or becomes_count > 0) as day from days "
      "group by 1, 2, 3) "
      "select d.account, d.tenant, d.subject, greatest(0, least(100, round(sum(wxpipe.faded_points(d.was, d.daily_cap, "
      "d.half_life_days, l.day - d.day)) / 1000000)))::int8 as before, greatest(0, least(100, "
      "round(sum(wxpipe.faded_points(d.becomes, d.daily_cap, d.half_life_days, l.day - d.day)) / 1000000)))::int8 as after, "
      "bool_or(d.was_count > 0) as known from days d join last l using (account, tenant, subject) where d.was_count > 0 or "
      "d.becomes_count > 0 group by 1, 2, 3");
  MovedScores moved;
  const auto sums = connection_.execute(
      "select (select count(*) from replayed_events), count(*), count(*) filter (where after > before), count(*) filter (where "
      "after < before), count(*) filter (where not known) from trial");
  moved.events = sums.integer(0, 0);
  moved.leads = sums.integer(0, 1);
  moved.up = sums.integer(0, 2);
  moved.down = sums.integer(0, 3);
  moved.fresh = sums.integer(0, 4);
  const auto rows = connection_.execute(fmt::format(
      "select t.account, t.tenant, t.subject, coalesce(l.contact_name, ''), t.before, t.after from trial t left join "
      "leads l on l.account = t.account and l.tenant = t.tenant and l.subject = t.subject where t.before <> t.after "
      "order by abs(t.after - t.before) desc, t.after desc, 1, 2, 3 limit {}",
      most));
  for (size_t i = 0; i < rows.size(); ++i)
    moved.moved.push_back(
        {{rows.text(i, 0), rows.text(i, 1), rows.text(i, 2)}, rows.text(i, 3), rows.integer(i, 4), rows.integer(i, 5)});
  connection_.execute("drop table trial");
  return moved;
}

}  // namespace wxpipe::operate
