#include "sinks/leads/leads.hpp"

#include <array>

#include "common/postgres/sql_array.hpp"
#include "sinks/ledger.hpp"

namespace wxpipe::sinks {
namespace {
using postgres::ElementType;
using postgres::SqlArray;

// Only activities that weren't there are summed. Rows of lead_daily are locked in key order.
constexpr postgres::Statement kActivities{
    "lead_activities_insert",
    "with fresh as (insert into lead_activities (activity_id, event_id, occurred_at, received_at, points, daily_cap, "
    "half_life_days, platform, account, tenant, subject, event_type, rule, dimension, description, profile, receipt, "
    "trace_id) "
    "select unnest($1::uuid[]), unnest($2::uuid[]), unnest($3::timestamptz[]), unnest($4::timestamptz[]), "
    "unnest($5::int4[]), unnest($6::int4[]), unnest($7::int4[]), unnest($8::text[]), unnest($9::text[]), "
    "unnest($10::text[]), unnest($11::text[]), unnest($12::text[]), unnest($13::text[]), unnest($14::text[]), "
    "unnest($15::text[]), unnest($16::jsonb[]), unnest($17::text[]), unnest($18::text[]) on conflict (activity_id, "
    "occurred_at) do nothing "
    "returning account, tenant, subject, occurred_at, received_at, rule, daily_cap, half_life_days, dimension, "
    "points), "
    "daily as (insert into wxpipe.lead_daily as d (account, tenant, subject, day, rule, daily_cap, half_life_days, "
    "dimension, points, activities) "
    "select account, tenant, subject, (occurred_at at time zone 'UTC')::date, rule, daily_cap, half_life_days, "
    "max(dimension), sum(points), count(*) from fresh group by 1, 2, 3, 4, 5, 6, 7 order by 1, 2, 3, 4, 5, 6, 7 "
    "on conflict (account, tenant, subject, day, rule, daily_cap, half_life_days) do update set "
    "points = d.points + excluded.points, activities = d.activities + excluded.activities, "
    "dimension = greatest(d.dimension, excluded.dimension), updated_at = now()), " WXPIPE_COUNT_IN_LEDGER(
        "stored", "received_at", "'leads'", "$19") " select count(*) from fresh"};

// The newest word on each field wins, whatever order they come in.
constexpr postgres::Statement kProfiles{
    "lead_profiles_upsert",
    "insert into wxpipe.lead_profiles as p (account, tenant, subject, field, value, occurred_at, activity_id, "
    "trace_id) "
    "select distinct on (account, tenant, subject, field) account, tenant, subject, field, value, occurred_at, "
    "activity_id, trace_id "
    "from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::uuid[], $8::text[]) "
    "as g(account, tenant, subject, field, value, occurred_at, activity_id, trace_id) "
    "order by account, tenant, subject, field, occurred_at desc, activity_id desc, value desc "
    "on conflict (account, tenant, subject, field) do update set value = excluded.value, "
    "occurred_at = excluded.occurred_at, activity_id = excluded.activity_id, trace_id = excluded.trace_id, "
    "updated_at = now() "
    "where (excluded.occurred_at, excluded.activity_id, excluded.value) > (p.occurred_at, p.activity_id, p.value)"};

// The score as of the lead's own last day, from the sums; first and last activity by the same rule as everywhere: the
// earliest and the latest (time, id). Where no activity was added, nothing is rewritten.
constexpr postgres::Statement kLeads{
    "leads_upsert",
    "insert into leads as l (account, tenant, subject, platform, score, score_details, scored_on, activity_count, "
    "first_activity_at, first_activity_id, last_activity_at, last_activity_id, contact_name, contact_phone, "
    "contact_wechat, contact_email, company_name, company_industry, company_size, province, city, district, "
    "utm_source, utm_medium, utm_campaign, utm_content, utm_term, profile, created_trace_id, updated_trace_id) "
    "select t.account, t.tenant, t.subject, t.platform, scored.score, scored.details, last_day.scored_on, "
    "last_day.activities, t.first_at, t.first_id, t.last_at, t.last_id, known.profile->>'contact_name', "
    "known.profile->>'contact_phone', known.profile->>'contact_wechat', known.profile->>'contact_email', "
    "known.profile->>'company_name', known.profile->>'company_industry', known.profile->>'company_size', "
    "known.profile->>'province', known.profile->>'city', known.profile->>'district', known.profile->>'utm_source', "
    "known.profile->>'utm_medium', known.profile->>'utm_campaign', known.profile->>'utm_content', "
    "known.profile->>'utm_term', known.profile, t.first_trace, t.last_trace "
    "from (select account, tenant, subject, min(platform) as platform, "
    "(array_agg(occurred_at order by occurred_at, id))[1] as first_at, "
    "(array_agg(id order by occurred_at, id))[1] as first_id, "
    "(array_agg(trace_id order by occurred_at, id))[1] as first_trace, "
    "(array_agg(occurred_at order by occurred_at desc, id desc))[1] as last_at, "
    "(array_agg(id order by occurred_at desc, id desc))[1] as last_id, "
    "(array_agg(trace_id order by occurred_at desc, id desc))[1] as last_trace "
    "from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::uuid[], $7::text[]) "
    "as k(account, tenant, subject, platform, occurred_at, id, trace_id) group by 1, 2, 3) t "
    "cross join lateral (select max(d.day) as scored_on, sum(d.activities) as activities from wxpipe.lead_daily d "
    "where d.account = t.account and d.tenant = t.tenant and d.subject = t.subject) last_day "
    "cross join lateral (select greatest(0, least(100, round(sum(s.points) / 1000000)))::int4 as score, "
    "coalesce(jsonb_object_agg(s.dimension, round(s.points / 1000000, 2)), '{}') as details "
    "from (select d.dimension, sum(wxpipe.faded_points(d.points, d.daily_cap, d.half_life_days, "
    "last_day.scored_on - d.day)) as points from wxpipe.lead_daily d "
    "where d.account = t.account and d.tenant = t.tenant and d.subject = t.subject group by 1) s) scored "
    "cross join lateral (select coalesce(jsonb_object_agg(p.field, p.value), '{}') as profile "
    "from wxpipe.lead_profiles p "
    "where p.account = t.account and p.tenant = t.tenant and p.subject = t.subject) known "
    "order by 1, 2, 3 "
    "on conflict (account, tenant, subject) do update set platform = least(l.platform, excluded.platform), "
    "score = excluded.score, score_details = excluded.score_details, scored_on = excluded.scored_on, "
    "activity_count = excluded.activity_count, "
    "first_activity_at = least(l.first_activity_at, excluded.first_activity_at), "
    "first_activity_id = case when (excluded.first_activity_at, excluded.first_activity_id) < "
    "(l.first_activity_at, l.first_activity_id) then excluded.first_activity_id else l.first_activity_id end, "
    "created_trace_id = case when (excluded.first_activity_at, excluded.first_activity_id) < "
    "(l.first_activity_at, l.first_activity_id) then excluded.created_trace_id else l.created_trace_id end, "
    "last_activity_at = greatest(l.last_activity_at, excluded.last_activity_at), "
    "last_activity_id = case when (excluded.last_activity_at, excluded.last_activity_id) > "
    "(l.last_activity_at, l.last_activity_id) then excluded.last_activity_id else l.last_activity_id end, "
    "updated_trace_id = case when (excluded.last_activity_at, excluded.last_activity_id) > "
    "(l.last_activity_at, l.last_activity_id) then excluded.updated_trace_id else l.updated_trace_id end, "
    "contact_name = excluded.contact_name, contact_phone = excluded.contact_phone, "
    "contact_wechat = excluded.contact_wechat, contact_email = excluded.contact_email, "
    "company_name = excluded.company_name, company_industry = excluded.company_industry, "
    "company_size = excluded.company_size, province = excluded.province, city = excluded.city, "
    "district = excluded.district, utm_source = excluded.utm_source, utm_medium = excluded.utm_medium, "
    "utm_campaign = excluded.utm_campaign, utm_content = excluded.utm_content, utm_term = excluded.utm_term, "
    "profile = excluded.profile, updated_at = now() "
    "where l.activity_count is distinct from excluded.activity_count"};
}  // namespace

struct LeadsSink::Columns {
  SqlArray activity_id{ElementType::uuid}, event_id{ElementType::uuid}, occurred_at{ElementType::timestamptz},
      received_at{ElementType::timestamptz}, points{ElementType::int4}, daily_cap{ElementType::int4},
      half_life_days{ElementType::int4}, platform{ElementType::text}, account{ElementType::text},
      tenant{ElementType::text}, subject{ElementType::text}, event_type{ElementType::text}, rule{ElementType::text},
      dimension{ElementType::text}, description{ElementType::text}, profile{ElementType::jsonb},
      receipt{ElementType::text}, trace_id{ElementType::text};
  struct {
    SqlArray account{ElementType::text}, tenant{ElementType::text}, subject{ElementType::text},
        field{ElementType::text}, value{ElementType::text}, occurred_at{ElementType::timestamptz},
        activity_id{ElementType::uuid}, trace_id{ElementType::text};
    std::array<SqlArray*, 8> in_order() {
      return {&account, &tenant, &subject, &field, &value, &occurred_at, &activity_id, &trace_id};
    }
  } told;

  std::array<SqlArray*, 18> in_order() {
    return {&activity_id,    &event_id,  &occurred_at, &received_at, &points,  &daily_cap,
            &half_life_days, &platform,  &account,     &tenant,      &subject, &event_type,
            &rule,           &dimension, &description, &profile,     &receipt, &trace_id};
  }
};

LeadsSink::LeadsSink() : columns_(std::make_shared<Columns>()) {}

std::span<const std::string_view> LeadsSink::partitioned() const {
  static constexpr std::array<std::string_view, 1> tables{"lead_activities"};
  return tables;
}

Result<void> LeadsSink::add(std::string_view value) {
  auto fact = schemas::decode_lead_activity(value);
  if (!fact) return fact.error();
  rows_.push_back(std::move(*fact));
  return {};
}

RowHead LeadsSink::head(size_t row) const {
  const auto& fact = rows_[row];
  const auto& origin = fact.origin;
  return {fact.activity_id, origin.event_id, origin.occurred_at, origin.received_at,
          origin.timeless,  origin.account,  origin.receipt,     origin.trace_id};
}

Written LeadsSink::write(postgres::Transaction& transaction, size_t first, size_t count, std::string_view writer) {
  auto& c = *columns_;
  for (auto* column : c.in_order()) column->clear();
  for (size_t i = first; i < first + count; ++i) {
    const auto& fact = rows_[i];
    const auto& origin = fact.origin;
    c.activity_id.add_uuid(fact.activity_id);
    c.event_id.add_uuid(origin.event_id);
    c.occurred_at.add_time(origin.occurred_at);
    c.received_at.add_time(origin.received_at);
    c.points.add_int4(fact.points);
    c.daily_cap.add_int4(fact.daily_cap);
    c.half_life_days.add_int4(fact.half_life_days);
    c.platform.add_text(origin.platform);
    c.account.add_text(origin.account);
    c.tenant.add_text(origin.tenant);
    c.subject.add_text(origin.subject);
    c.event_type.add_text(origin.event_type);
    c.rule.add_text(fact.rule);
    c.dimension.add_text(fact.dimension);
    c.description.add_text_or_null(fact.description);
    if (fact.profile.empty()) {
      c.profile.add_null();
    } else {
      json_.clear();
      schemas::append_json(json_, fact.profile);
      c.profile.add_jsonb(json_);
    }
    c.receipt.add_text_or_null(origin.receipt);
    c.trace_id.add_text_or_null(origin.trace_id);
  }
  postgres::Parameters activities;
  for (auto* column : c.in_order()) activities.bytes(column->bytes());
  const auto fresh = transaction.execute(kActivities, activities.text(writer)).integer(0, 0);
  write_profiles(transaction, first, count);

  postgres::Parameters keys;
  for (auto* column : {&c.account, &c.tenant, &c.subject, &c.platform, &c.occurred_at, &c.activity_id, &c.trace_id})
    keys.bytes(column->bytes());
  const auto leads = static_cast<int64_t>(transaction.execute(kLeads, keys).affected());
  return {fresh, {{"lead_activities", fresh}, {"leads", leads}}};
}

void LeadsSink::write_profiles(postgres::Transaction& transaction, size_t first, size_t count) {
  auto& told = columns_->told;
  for (auto* column : told.in_order()) column->clear();
  for (size_t i = first; i < first + count; ++i) {
    const auto& fact = rows_[i];
    for (const auto& [field, value] : fact.profile) {
      if (value.empty()) continue;  // saying nothing doesn't unsay what was told
      told.account.add_text(fact.origin.account);
      told.tenant.add_text(fact.origin.tenant);
      told.subject.add_text(fact.origin.subject);
      told.field.add_text(field);
      told.value.add_text(value);
      told.occurred_at.add_time(fact.origin.occurred_at);
      told.activity_id.add_uuid(fact.activity_id);
      told.trace_id.add_text_or_null(fact.origin.trace_id);
    }
  }
  if (told.field.size() == 0) return;
  postgres::Parameters parameters;
  for (auto* column : told.in_order()) parameters.bytes(column->bytes());
  transaction.execute(kProfiles, parameters);
}

}  // namespace wxpipe::sinks
