-- Computes what is known of a lead from new activities. All of it commutes: the newest value of a field, sums by day
-- and rule, and a score computed from these sums. Always ordered by key, so that two writers can't deadlock.

--@ leads_lock over fresh
-- A score is computed from all sums of its lead, so whoever adds to them has the lead alone until its commit. Mostly one
-- partition has a lead, and nobody waits; a replay and a topic with more partitions than before bring a second writer.
-- A lead that is there is locked, not written: that is what `where false` does. A new one gets its row, of which
-- leads_upsert says the rest.
insert into leads as l (account, tenant, subject, platform, score, score_details, scored_on, activity_count,
  first_activity_at, first_activity_id, last_activity_at, last_activity_id, profile, created_trace_id,
  updated_trace_id)
select distinct on (f.account, f.tenant, f.subject) f.account, f.tenant, f.subject, f.platform, 0, '{}'::jsonb,
  (f.occurred_at at time zone 'UTC')::date, 0, f.occurred_at, f.activity_id, f.occurred_at, f.activity_id,
  '{}'::jsonb, f.trace_id, f.trace_id
from facts f
order by f.account, f.tenant, f.subject, f.occurred_at, f.activity_id
on conflict (account, tenant, subject) do update set updated_at = l.updated_at where false

--@ lead_profiles_upsert over fresh
-- The newest value of each field wins, in whatever order they come. An empty value doesn't delete an older one.
insert into wxpipe.lead_profiles as p (account, tenant, subject, field, value, occurred_at, told_at, activity_id,
  trace_id)
select distinct on (f.account, f.tenant, f.subject, told.key)
  f.account, f.tenant, f.subject, told.key, said.value, f.occurred_at, told.at, f.activity_id, f.trace_id
from facts f
cross join lateral (
  select said.key, said.value, wxpipe.told_at(f.occurred_at, f.timeless, f.stated_at) as at
  from jsonb_each(f.profile) said) told
cross join lateral jsonb_array_elements_text(
  case jsonb_typeof(told.value) when 'array' then told.value else jsonb_build_array(told.value) end) said(value)
where said.value <> ''
order by f.account, f.tenant, f.subject, told.key, told.at desc, f.activity_id desc, said.value collate "C" desc
on conflict (account, tenant, subject, field) do update set
  value = excluded.value, occurred_at = excluded.occurred_at, told_at = excluded.told_at,
  activity_id = excluded.activity_id, trace_id = excluded.trace_id, updated_at = now()
where (excluded.told_at, excluded.activity_id, excluded.value collate "C") > (p.told_at, p.activity_id, p.value)

--@ lead_daily_add over fresh
-- Adds new activities to the sums of their lead, day and rule.
insert into wxpipe.lead_daily as d (account, tenant, subject, day, rule, daily_cap, half_life_days, dimension, points,
  activities)
select f.account, f.tenant, f.subject, (f.occurred_at at time zone 'UTC')::date, f.rule, f.daily_cap, f.half_life_days,
  max(f.dimension), sum(f.points), count(*)
from facts f
group by 1, 2, 3, 4, 5, 6, 7
order by 1, 2, 3, 4, 5, 6, 7
on conflict (account, tenant, subject, day, rule, daily_cap, half_life_days) do update set
  points = d.points + excluded.points, activities = d.activities + excluded.activities,
  dimension = greatest(d.dimension collate "C", excluded.dimension), updated_at = now()

--@ leads_upsert over fresh counts leads
-- The score, computed from the sums for the day of the lead's last activity. The first and the last activity are those
-- with the least and the greatest (time, id), as everywhere. What a form told comes before what a message had in it.
insert into leads as l (account, tenant, subject, platform, score, score_details, scored_on, activity_count,
  first_activity_at, first_activity_id, last_activity_at, last_activity_id, contact_name, contact_phone,
  contact_wechat, contact_email, company_name, company_industry, company_size, province, city, district,
  utm_source, utm_medium, utm_campaign, utm_content, utm_term, profile, created_trace_id, updated_trace_id)
select t.account, t.tenant, t.subject, t.platform, scored.score, scored.details, last_day.scored_on,
  last_day.activities, t.first_at, t.first_id, t.last_at, t.last_id, known.profile->>'contact_name',
  coalesce(known.profile->>'contact_phone', known.profile->>'text_phone'),
  coalesce(known.profile->>'contact_wechat', known.profile->>'text_wechat'),
  coalesce(known.profile->>'contact_email', known.profile->>'text_email'),
  known.profile->>'company_name', known.profile->>'company_industry', known.profile->>'company_size',
  known.profile->>'province', known.profile->>'city', known.profile->>'district', known.profile->>'utm_source',
  known.profile->>'utm_medium', known.profile->>'utm_campaign', known.profile->>'utm_content',
  known.profile->>'utm_term', known.profile, t.first_trace, t.last_trace
from (
  select distinct on (f.account, f.tenant, f.subject) f.account, f.tenant, f.subject,
    min(f.platform) over lead as platform,
    f.occurred_at as first_at, f.activity_id as first_id, f.trace_id as first_trace,
    last_value(f.occurred_at) over lead as last_at, last_value(f.activity_id) over lead as last_id,
    last_value(f.trace_id) over lead as last_trace
  from facts f
  window lead as (partition by f.account, f.tenant, f.subject order by f.occurred_at, f.activity_id
    rows between unbounded preceding and unbounded following)
  order by f.account, f.tenant, f.subject, f.occurred_at, f.activity_id) t
cross join lateral (
  select max(d.day) as scored_on, sum(d.activities) as activities from wxpipe.lead_daily d
  where d.account = t.account and d.tenant = t.tenant and d.subject = t.subject) last_day
cross join lateral (
  select greatest(0, least(100, round(sum(s.points) / 1000000)))::int4 as score,
    coalesce(jsonb_object_agg(s.dimension, round(s.points / 1000000, 2)), '{}') as details
  from (
    select d.dimension, sum(wxpipe.faded_points(d.points, d.daily_cap, d.half_life_days,
      last_day.scored_on - d.day)) as points
    from wxpipe.lead_daily d
    where d.account = t.account and d.tenant = t.tenant and d.subject = t.subject group by 1) s) scored
cross join lateral (
  select coalesce(jsonb_object_agg(p.field, p.value), '{}') as profile from wxpipe.lead_profiles p
  where p.account = t.account and p.tenant = t.tenant and p.subject = t.subject) known
on conflict (account, tenant, subject) do update set
  platform = least(l.platform collate "C", excluded.platform),
  score = excluded.score, score_details = excluded.score_details, scored_on = excluded.scored_on,
  activity_count = excluded.activity_count,
  first_activity_at = least(l.first_activity_at, excluded.first_activity_at),
  first_activity_id = case
    when (excluded.first_activity_at, excluded.first_activity_id) < (l.first_activity_at, l.first_activity_id)
    then excluded.first_activity_id else l.first_activity_id end,
  created_trace_id = case
    when (excluded.first_activity_at, excluded.first_activity_id) < (l.first_activity_at, l.first_activity_id)
    then excluded.created_trace_id else l.created_trace_id end,
  last_activity_at = greatest(l.last_activity_at, excluded.last_activity_at),
  last_activity_id = case
    when (excluded.last_activity_at, excluded.last_activity_id) > (l.last_activity_at, l.last_activity_id)
    then excluded.last_activity_id else l.last_activity_id end,
  updated_trace_id = case
    when (excluded.last_activity_at, excluded.last_activity_id) > (l.last_activity_at, l.last_activity_id)
    then excluded.updated_trace_id else l.updated_trace_id end,
  contact_name = excluded.contact_name, contact_phone = excluded.contact_phone,
  contact_wechat = excluded.contact_wechat, contact_email = excluded.contact_email,
  company_name = excluded.company_name, company_industry = excluded.company_industry,
  company_size = excluded.company_size, province = excluded.province, city = excluded.city,
  district = excluded.district, utm_source = excluded.utm_source, utm_medium = excluded.utm_medium,
  utm_campaign = excluded.utm_campaign, utm_content = excluded.utm_content, utm_term = excluded.utm_term,
  profile = excluded.profile, updated_at = now()
