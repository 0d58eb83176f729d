-- Computes what is known of a lead from new activities. All of it commutes: the newest value of a field, sums by day
-- and rule, and a score computed from these sums. Always ordered by subject, account and tenant, so that two writers
-- can't deadlock.

--@ lead_profiles_upsert over fresh
-- The newest value of each field wins, in whatever order they come. An empty value doesn't delete an older one.
insert into wxpipe.lead_profiles as p (account, tenant, subject, field, value, occurred_at, told_at, activity_id,
  trace_id)
select distinct on (t.subject, t.account, t.tenant, t.field)
  t.account, t.tenant, t.subject, t.field, t.value, t.occurred_at, t.told_at, t.activity_id, t.trace_id
from (
  select f.account, f.tenant, f.subject, said.key as field, f.occurred_at, f.activity_id, f.trace_id,
    wxpipe.told_at(f.occurred_at, f.timeless, f.stated_at) as told_at,
    case jsonb_typeof(said.value)
      when 'array' then (select max(each.value collate "C") from jsonb_array_elements_text(said.value) each)
      else said.value #>> '{}' end as value
  from facts f
  cross join lateral jsonb_each(f.profile) said
  where f.profile is not null) t
where t.value <> ''
order by t.subject, t.account, t.tenant, t.field, t.told_at desc, t.activity_id desc, t.value collate "C" desc
on conflict (account, tenant, subject, field) do update set
  value = excluded.value, occurred_at = excluded.occurred_at, told_at = excluded.told_at,
  activity_id = excluded.activity_id, trace_id = excluded.trace_id, updated_at = now()
where (excluded.told_at, excluded.activity_id, excluded.value collate "C") > (p.told_at, p.activity_id, p.value)

--@ lead_daily_add over fresh
-- Adds new activities to the sums of their lead, day and rule.
insert into wxpipe.lead_daily as d (account, tenant, subject, day, rule, daily_cap, half_life_days, dimension, points,
  activities)
select f.account, f.tenant, f.subject, (f.occurred_at at time zone 'UTC')::date as day, f.rule, f.daily_cap,
  f.half_life_days, max(f.dimension), sum(f.points), count(*)
from facts f
group by f.subject, f.account, f.tenant, day, f.rule, f.daily_cap, f.half_life_days
order by f.subject, f.account, f.tenant, day, f.rule, f.daily_cap, f.half_life_days
on conflict (account, tenant, subject, day, rule, daily_cap, half_life_days) do update set
  points = d.points + excluded.points, activities = d.activities + excluded.activities,
  dimension = greatest(d.dimension collate "C", excluded.dimension), updated_at = now()

--@ leads_upsert over fresh counts leads
-- The score, computed from the sums for the day of the lead's last activity. The first and the last activity are those
-- with the least and the greatest (time, id), as everywhere. What a form told comes before what a message had in it.
-- A batch that tells nothing of a lead leaves what is known: it is not read again.
--
-- Mostly one partition has a lead; a replay and a topic with more partitions than before bring a second writer. Then
-- the sums may lack what it hadn't committed when this statement began. But this statement waits for its rows of leads,
-- and adds to their counts. So if counts and sums differ, the leads are computed once more. This transaction has their
-- rows locked by then: nobody else can commit anything of them before it.
with made as materialized (
  select t.*, summed.*, case when t.tells then (
    select coalesce(jsonb_object_agg(p.field, p.value), '{}') from wxpipe.lead_profiles p
    where p.account = t.account and p.tenant = t.tenant and p.subject = t.subject) else '{}' end as profile
  from (
    select distinct on (f.subject, f.account, f.tenant) f.account, f.tenant, f.subject,
      min(f.platform) over lead as platform, count(*) over lead as added,
      bool_or(f.profile is not null) over lead as tells,
      f.occurred_at as first_at, f.activity_id as first_id, f.trace_id as first_trace,
      last_value(f.occurred_at) over lead as last_at, last_value(f.activity_id) over lead as last_id,
      last_value(f.trace_id) over lead as last_trace
    from facts f
    window lead as (partition by f.subject, f.account, f.tenant order by f.occurred_at, f.activity_id
      rows between unbounded preceding and unbounded following)
    order by f.subject, f.account, f.tenant, f.occurred_at, f.activity_id) t
  cross join lateral wxpipe.lead_sums(t.account, t.tenant, t.subject) summed),
written as (
  insert into leads as l (account, tenant, subject, platform, score, score_details, scored_on, activity_count,
    first_activity_at, first_activity_id, last_activity_at, last_activity_id, contact_name, contact_phone,
    contact_wechat, contact_email, company_name, company_industry, company_size, province, city, district,
    utm_source, utm_medium, utm_campaign, utm_content, utm_term, profile, created_trace_id, updated_trace_id)
  select m.account, m.tenant, m.subject, m.platform, m.score, m.score_details, m.scored_on,
    m.added, m.first_at, m.first_id, m.last_at, m.last_id, m.profile->>'contact_name',
    coalesce(m.profile->>'contact_phone', m.profile->>'text_phone'),
    coalesce(m.profile->>'contact_wechat', m.profile->>'text_wechat'),
    coalesce(m.profile->>'contact_email', m.profile->>'text_email'),
    m.profile->>'company_name', m.profile->>'company_industry', m.profile->>'company_size',
    m.profile->>'province', m.profile->>'city', m.profile->>'district', m.profile->>'utm_source',
    m.profile->>'utm_medium', m.profile->>'utm_campaign', m.profile->>'utm_content',
    m.profile->>'utm_term', m.profile, m.first_trace, m.last_trace
  from made m
  on conflict (account, tenant, subject) do update set
    platform = least(l.platform collate "C", excluded.platform),
    score = excluded.score, score_details = excluded.score_details, scored_on = excluded.scored_on,
    activity_count = l.activity_count + excluded.activity_count,
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
    contact_name = coalesce(excluded.contact_name, l.contact_name),
    contact_phone = coalesce(excluded.contact_phone, l.contact_phone),
    contact_wechat = coalesce(excluded.contact_wechat, l.contact_wechat),
    contact_email = coalesce(excluded.contact_email, l.contact_email),
    company_name = coalesce(excluded.company_name, l.company_name),
    company_industry = coalesce(excluded.company_industry, l.company_industry),
    company_size = coalesce(excluded.company_size, l.company_size),
    province = coalesce(excluded.province, l.province), city = coalesce(excluded.city, l.city),
    district = coalesce(excluded.district, l.district), utm_source = coalesce(excluded.utm_source, l.utm_source),
    utm_medium = coalesce(excluded.utm_medium, l.utm_medium),
    utm_campaign = coalesce(excluded.utm_campaign, l.utm_campaign),
    utm_content = coalesce(excluded.utm_content, l.utm_content), utm_term = coalesce(excluded.utm_term, l.utm_term),
    profile = case when excluded.profile = '{}' then l.profile else excluded.profile end, updated_at = now()
  returning activity_count)
select count(*), case when array_agg(w.activity_count) <> (select array_agg(m.activities) from made m) then (
  select wxpipe.score_leads(array_agg(m.account), array_agg(m.tenant), array_agg(m.subject)) from made m) end
from written w
