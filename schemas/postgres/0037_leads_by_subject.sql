-- A lead is looked up by its subject first: an account has very many subjects, so the first text that is compared decides.
alter table wxpipe.lead_daily drop constraint lead_daily_pkey,
  add constraint lead_daily_pkey primary key (subject, account, tenant, day, rule, daily_cap, half_life_days);
alter table wxpipe.lead_profiles drop constraint lead_profiles_pkey,
  add constraint lead_profiles_pkey primary key (subject, account, tenant, field);

-- Points are whole millionths, so all of this is exact and no sum depends on order. Rounded half away from zero.
create function wxpipe.lead_sums(account text, tenant text, subject text)
returns table (scored_on date, activities bigint, score integer, score_details jsonb) language sql stable parallel safe as $$
  select max(s.last_day), sum(s.activities)::bigint, greatest(0, least(100, (sum(s.points)::bigint + 500000) / 1000000))::integer,
    jsonb_object_agg(s.dimension, (s.points + case when s.points < 0 then -5000 else 5000 end) / 10000 * 0.01)
  from (
    select d.dimension, max(d.last_day) as last_day, sum(d.activities)::bigint as activities,
      sum(wxpipe.faded_points(d.points, d.daily_cap, d.half_life_days, d.last_day - d.day))::bigint as points
    from (
      select d.dimension, d.activities, d.points, d.daily_cap, d.half_life_days, d.day, max(d.day) over () as last_day
      from wxpipe.lead_daily d
      where d.account = $1 and d.tenant = $2 and d.subject = $3) d
    group by d.dimension) s
$$;
comment on function wxpipe.lead_sums(text, text, text) is
  'What a lead''s sums by day and rule come to: its last day, its activities, its score on that day and the points behind it by dimension';

create function wxpipe.score_leads(accounts text[], tenants text[], subjects text[])
returns bigint language sql volatile as $$
  with changed as (
    update leads l set scored_on = n.scored_on, activity_count = n.activities, score = n.score, score_details = n.score_details,
      contact_name = n.profile->>'contact_name',
      contact_phone = coalesce(n.profile->>'contact_phone', n.profile->>'text_phone'),
      contact_wechat = coalesce(n.profile->>'contact_wechat', n.profile->>'text_wechat'),
      contact_email = coalesce(n.profile->>'contact_email', n.profile->>'text_email'),
      company_name = n.profile->>'company_name', company_industry = n.profile->>'company_industry',
      company_size = n.profile->>'company_size', province = n.profile->>'province', city = n.profile->>'city',
      district = n.profile->>'district', utm_source = n.profile->>'utm_source', utm_medium = n.profile->>'utm_medium',
      utm_campaign = n.profile->>'utm_campaign', utm_content = n.profile->>'utm_content',
      utm_term = n.profile->>'utm_term', profile = n.profile
    from (
      select k.*, summed.*, (
        select coalesce(jsonb_object_agg(p.field, p.value), '{}') from wxpipe.lead_profiles p
        where p.account = k.account and p.tenant = k.tenant and p.subject = k.subject) as profile
      from unnest($1, $2, $3) as k(account, tenant, subject)
      cross join lateral wxpipe.lead_sums(k.account, k.tenant, k.subject) summed
      offset 0) n
    where l.account = n.account collate "C" and l.tenant = n.tenant collate "C" and l.subject = n.subject collate "C"
      and (l.activity_count, l.scored_on, l.score, l.score_details, l.profile)
        is distinct from (n.activities, n.scored_on, n.score, n.score_details, n.profile)
    returning l.subject)
  select count(*) from changed
$$;
comment on function wxpipe.score_leads(text[], text[], text[]) is
  'Computes these leads anew from their sums and profiles, and says how many changed. Whoever calls it has their rows locked';
