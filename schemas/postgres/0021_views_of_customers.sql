-- Views of who is who and of what became of leads, for people and for other systems (0016 has the rules for them).

create schema if not exists crm;

create function wxpipe.lead_status(profile jsonb, score integer, details jsonb, gone boolean)
returns text language sql immutable parallel safe as $$
  select case
    when profile ? 'status_told' then profile ->> 'status_told'
    when profile ? 'status_converted' then 'converted'
    when gone then 'lost'
    when score >= 60 or ((profile ? 'contact_phone' or profile ? 'text_phone')
      and (profile ? 'text_intent' or coalesce((details ->> 'intent')::numeric, 0) > 0)) then 'qualified'
    when profile ? 'status_contacted' then 'contacted'
    else 'new' end
$$;
comment on function wxpipe.lead_status(jsonb, integer, jsonb, boolean) is
  'What a lead''s status may be, a suggestion: what an application told; else converted (paid), lost (gone: left everywhere, and 90 days silent), qualified (score of 60, or a phone and a sign of intent), contacted (staff spoke with them), new';

create or replace view crm.leads as
select
  wxpipe.eid('lead', l.account, l.tenant, l.subject) as id, null::uuid as org_id,
  wxpipe.eid('account', l.account) as channel_id,
  case l.platform when 'wework' then 'wechat_work' when 'instance' then 'wechat_work' when 'bot' then 'wechat_work'
    when 'wechat' then 'wechat_mp' when 'open_platform' then 'wechat_mp' else 'other' end as source_platform,
  (select coalesce(m.attributes ->> 'channel', m.attributes #>> '{data,source_detail}', m.attributes #>> '{data,url}',
      m.attributes #>> '{data,referrer}')
    from lead_activities a join messages m on m.event_id = a.event_id and m.occurred_at = a.occurred_at
    where a.activity_id = l.first_activity_id and a.occurred_at = l.first_activity_at) as source_detail,
  null::uuid as campaign_id, l.utm_source, l.utm_medium, l.utm_campaign, l.utm_content, l.utm_term, l.contact_name,
  l.contact_phone, l.contact_wechat, l.contact_email, null::text as contact_dingtalk, l.company_name,
  l.company_industry, l.company_size, l.province, l.city, l.district, l.score, l.score_details,
  null::jsonb as ai_analysis, wxpipe.lead_status(l.profile, l.score, l.score_details, coalesce(left_all.gone, false)) as status, null::uuid as assigned_to, null::timestamptz as assigned_at,
  l.profile as raw_data, (select i.customer_id from identities i where i.account = l.account and i.subject = l.subject and i.tenant = l.tenant) as customer_id,
  (select p.occurred_at from wxpipe.lead_profiles p
    where p.account = l.account and p.tenant = l.tenant and p.subject = l.subject and p.field = 'status_converted')::timestamptz as converted_at,
  l.first_activity_at as created_at, l.last_activity_at as updated_at, l.account as wx_account,
  l.tenant as wx_tenant, l.subject as wx_subject, l.scored_on as wx_scored_on
from leads l
left join lateral (
  select bool_and(k.state = 'left') and l.last_activity_at < now() - interval '90 days' as gone from followers k
  where k.account = l.account and k.tenant = l.tenant and k.subject = l.subject) left_all on true;

comment on column crm.leads.contact_phone is 'Newest told: phone; else one that they wrote in a message';
comment on column crm.leads.contact_wechat is 'Newest told: WeChat id; else one that they wrote in a message';
comment on column crm.leads.contact_email is 'Newest told: e-mail; else one that they wrote in a message';
comment on column crm.leads.status is 'A suggestion (wxpipe.lead_status): new, contacted, qualified, converted, lost; what an application told wins';
comment on column crm.leads.customer_id is 'customers.id; null: nothing says yet who it is';
comment on column crm.leads.converted_at is 'The newest payment known';

create view customer_activities as
select wxpipe.eid('relation', h.event_id::text, h.change, h.owner) as activity_id, i.customer_id, h.occurred_at, 'relation' as kind, h.change as title,
  coalesce(h.channel, h.scene) as detail, h.owner, h.account, h.tenant, h.subject, h.event_id
from identities i join follower_history h on h.account = i.account and h.tenant = i.tenant and h.subject = i.subject
union all
select a.activity_id, i.customer_id, a.occurred_at, 'activity', a.event_type, a.description, '', a.account, a.tenant, a.subject, a.event_id
from identities i join lead_activities a on a.account = i.account and a.tenant = i.tenant and a.subject = i.subject
union all
select wxpipe.eid('told', t.event_id::text, t.kind, t.value), i.customer_id, t.occurred_at, 'told', t.kind, t.value, '', t.account, t.tenant, t.subject, t.event_id
from identities i join identity_links t on t.account = i.account and t.tenant = i.tenant and t.subject = i.subject
where t.source <> 'subject';
comment on view customer_activities is 'A customer''s timeline over all accounts: changes of the relation, what they did that rules or forms keep, what was told of them. Ask for one customer.';
comment on column customer_activities.activity_id is 'From the event and what it was';
comment on column customer_activities.customer_id is 'The row of customers';
comment on column customer_activities.occurred_at is 'When, by the platform''s clock';
comment on column customer_activities.kind is 'relation (follower_history), activity (lead_activities: a row for each rule), told (identity_links)';
comment on column customer_activities.title is 'The change; the event''s type; what was told';
comment on column customer_activities.detail is 'The source; what the lead did; its value';
comment on column customer_activities.owner is 'Whose customer: WeWork''s member or login; empty for others';
comment on column customer_activities.account is 'The account''s name in the configuration';
comment on column customer_activities.tenant is 'The authorised account; empty where there is none';
comment on column customer_activities.subject is 'The person, as this account knows them';
comment on column customer_activities.event_id is 'The row of messages';

create view customer_tags as
select i.customer_id, i.account, i.tenant, i.subject, tag.name, newest.last_told_at as told_at, newest.last_event_id as event_id
from identities i
cross join lateral (
  select v.value, v.last_told_at, v.last_event_id from wxpipe.identity_values v
  where v.identity_id = i.identity_id and v.kind = 'tags'
  order by v.links desc, v.last_told_at desc, v.last_event_id desc, v.value desc limit 1) newest
cross join lateral jsonb_array_elements_text(newest.value::jsonb) as tag(name);
comment on view customer_tags is 'The tags of each customer: of each identity the newest whole set that was told.';
comment on column customer_tags.customer_id is 'The row of customers';
comment on column customer_tags.account is 'The account''s name in the configuration';
comment on column customer_tags.tenant is 'The authorised account; empty where there is none';
comment on column customer_tags.subject is 'The person, as this account knows them';
comment on column customer_tags.name is 'The tag, as the sender calls it';
comment on column customer_tags.told_at is 'When the set was last told (wxpipe.told_at)';
comment on column customer_tags.event_id is 'The row of messages';

create view crm.customers as
select
  c.customer_id as id, null::uuid as org_id,
  case when c.company is not null and c.name is null then 'enterprise' else 'individual' end as type,
  coalesce(c.name, c.company, whoever.subject) as name, null::text as avatar_url, c.phone, c.wechat as wechat_id,
  null::text as dingtalk_id, c.email, c.company as company_name, null::text as company_credit_code,
  known.profile ->> 'company_industry' as company_industry, known.profile ->> 'company_size' as company_size,
  null::text as company_website, null::text as company_address, null::text as gender, null::text as age_range,
  known.profile ->> 'province' as region_province, known.profile ->> 'city' as region_city,
  case
    when known.profile ->> 'status_told' = 'lost' then 'lost'
    when paid.days > 1 then 'repeat'
    when paid.days = 1 or known.profile ->> 'status_told' = 'converted' then 'closed'
    when whoever.gone then 'lost'
    when scored.score >= 70 then 'opportunity'
    when scored.score >= 40 then 'interested'
    else 'potential' end as stage,
  null::timestamptz as stage_changed_at, scored.score, scored.details as score_details, null::uuid as owner_id,
  known.profile as custom_fields,
  jsonb_build_object('last_interaction_at', whoever.last_at, 'identities', c.identity_count) as stats,
  c.first_seen_at as created_at, whoever.last_at as updated_at, c.identity_count as wx_identity_count
from customers c
cross join lateral (
  select max(i.last_seen_at) as last_at, (array_agg(i.subject order by i.identity_id))[1] as subject,
    bool_and(relation.gone) as gone
  from identities i
  left join lateral (
    select bool_and(k.state = 'left') as gone from followers k
    where k.account = i.account and k.tenant = i.tenant and k.subject = i.subject) relation on true
  where i.customer_id = c.customer_id) whoever
cross join lateral (
  select coalesce(jsonb_object_agg(n.field, n.value), '{}') as profile from (
    select distinct on (p.field) p.field, p.value
    from identities i join wxpipe.lead_profiles p on p.account = i.account and p.tenant = i.tenant and p.subject = i.subject
    where i.customer_id = c.customer_id
    order by p.field, p.told_at desc, p.activity_id desc) n) known
cross join lateral (
  select count(distinct (a.occurred_at at time zone 'UTC')::date) as days
  from identities i join lead_activities a on a.account = i.account and a.tenant = i.tenant and a.subject = i.subject
  where i.customer_id = c.customer_id and a.profile ? 'status_converted') paid
cross join lateral (
  select greatest(0, least(100, round(coalesce(sum(s.points), 0) / 1000000)))::integer as score,
    coalesce(jsonb_object_agg(s.dimension, round(s.points / 1000000, 2)), '{}') as details
  from (
    select p.dimension, sum(wxpipe.faded_points(p.points, p.daily_cap, p.half_life_days, p.last_day - p.day)) as points
    from (
      select d.day, d.daily_cap, d.half_life_days, max(d.dimension) as dimension, sum(d.points)::bigint as points,
        max(max(d.day)) over () as last_day
      from identities i join wxpipe.lead_daily d on d.account = i.account and d.tenant = i.tenant and d.subject = i.subject
      where i.customer_id = c.customer_id
      group by d.day, d.rule, d.daily_cap, d.half_life_days) p
    group by 1) s) scored;
comment on view crm.customers is '客户: one person over all accounts. Each row is computed when it is asked for: ask for one customer, or a page of them.';
comment on column crm.customers.id is 'customers.customer_id: the least of its identities'' ids. It may become another one when accounts turn out to be the same person; then identities leads from the old one to the new';
comment on column crm.customers.org_id is 'Null: which organisation an account belongs to is nowhere yet';
comment on column crm.customers.type is 'enterprise where a company is known and no person''s name; else individual';
comment on column crm.customers.name is 'Newest told: name, remark or nickname; else the company; else what an account knows them by';
comment on column crm.customers.avatar_url is 'Null: no callback has it';
comment on column crm.customers.phone is 'Newest told by themselves, else the newest found elsewhere';
comment on column crm.customers.wechat_id is 'Newest told: WeChat id';
comment on column crm.customers.dingtalk_id is 'Null: no form''s field of that meaning is read yet';
comment on column crm.customers.email is 'Newest told: e-mail';
comment on column crm.customers.company_name is 'Newest told: company';
comment on column crm.customers.company_credit_code is 'Null: no form''s field of that meaning is read yet';
comment on column crm.customers.company_industry is 'Newest told: industry';
comment on column crm.customers.company_size is 'Newest told: size of the company';
comment on column crm.customers.company_website is 'Null: no form''s field of that meaning is read yet';
comment on column crm.customers.company_address is 'Null: no form''s field of that meaning is read yet';
comment on column crm.customers.gender is 'Null: wework.contacts has that of an instance''s contact';
comment on column crm.customers.age_range is 'Null: no callback has it';
comment on column crm.customers.region_province is 'Newest told: province';
comment on column crm.customers.region_city is 'Newest told: city';
comment on column crm.customers.stage is 'A suggestion: lost (told, or left everywhere), repeat (paid on two days), closed (paid, or told), opportunity (score of 70), interested (40), potential';
comment on column crm.customers.stage_changed_at is 'Null: it is computed when it is asked for';
comment on column crm.customers.score is '0 to 100: of all activities of all its leads, each rule''s cap counted once for the customer, as of the last day with one';
comment on column crm.customers.score_details is 'The points behind it by dimension';
comment on column crm.customers.owner_id is 'Null: people''s ids are an application''s; followers.owner has WeWork''s';
comment on column crm.customers.custom_fields is 'Everything told, by field, newest each';
comment on column crm.customers.stats is 'How many identities, and when it was last heard of';
comment on column crm.customers.created_at is 'The earliest event about them';
comment on column crm.customers.updated_at is 'The latest event that told who they are';
comment on column crm.customers.wx_identity_count is 'How many accounts know this person';

create view crm.customer_activities as
select
  a.activity_id as id, a.customer_id, null::uuid as user_id,
  case
    when a.kind = 'told' and a.title = 'tags' then 'tag_change'
    when a.kind = 'relation' and a.title = 'handed_over' then 'owner_change'
    when a.title in ('session.opened', 'chat.started') then 'conversation_started'
    when a.title = 'email.opened' then 'email_sent'
    when a.title = 'call.made' then 'call_made'
    when a.title = 'occasion.attended' then 'meeting'
    else 'custom' end as type,
  a.title, a.detail as description,
  jsonb_build_object('kind', a.kind, 'owner', a.owner, 'event_id', a.event_id) as metadata, a.occurred_at as created_at,
  a.account as wx_account, a.tenant as wx_tenant, a.subject as wx_subject
from customer_activities a;
comment on view crm.customer_activities is '客户活动时间线: what happened with a customer, over all accounts. Ask for one customer.';
comment on column crm.customer_activities.id is 'From the event and what it was';
comment on column crm.customer_activities.customer_id is 'customers.id';
comment on column crm.customer_activities.user_id is 'Null: people''s ids are an application''s; metadata has the owner';
comment on column crm.customer_activities.type is 'tag_change, owner_change, conversation_started, email_sent, call_made, meeting; else custom';
comment on column crm.customer_activities.title is 'The change; the event''s type; what was told';
comment on column crm.customer_activities.description is 'The source; what they did; its value';
comment on column crm.customer_activities.metadata is 'Where it is from (relation, activity, told), whose customer, the row of messages';
comment on column crm.customer_activities.created_at is 'When, by the platform''s clock';
comment on column crm.customer_activities.wx_account is 'The account''s name in the configuration';
comment on column crm.customer_activities.wx_tenant is 'The authorised account (AppID or CorpID); empty where there is none';
comment on column crm.customer_activities.wx_subject is 'The person, as this account knows them';

create view crm.tags as
select wxpipe.eid('tag', t.account, t.name) as id, null::uuid as org_id, t.name, '#808080'::text as color, 'custom'::text as category,
  min(t.told_at) as created_at, t.account as wx_account
from customer_tags t
group by t.account, t.name;
comment on view crm.tags is '客户标签: the tags that customers have now, by account.';
comment on column crm.tags.id is 'From account and name';
comment on column crm.tags.org_id is 'Null: which organisation an account belongs to is nowhere yet';
comment on column crm.tags.name is 'As the sender calls it';
comment on column crm.tags.color is 'The default: no callback has it';
comment on column crm.tags.category is 'custom';
comment on column crm.tags.created_at is 'The earliest that it was told of those who have it';
comment on column crm.tags.wx_account is 'The account''s name in the configuration';

create view crm.customer_tags as
select t.customer_id, wxpipe.eid('tag', t.account, t.name) as tag_id, min(t.told_at) as created_at
from customer_tags t
group by t.customer_id, t.account, t.name;
comment on view crm.customer_tags is '客户-标签关联: which customer has which tags.';
comment on column crm.customer_tags.customer_id is 'customers.id';
comment on column crm.customer_tags.tag_id is 'tags.id';
comment on column crm.customer_tags.created_at is 'When the set with it was last told';
