-- Views over the tables of 0029: in our own names, and as other systems know them (0016, 0018). They are of production's tables,
-- as those are: hence the schema.
create schema if not exists wework;

create view traffic_days as
select t.account, t.tenant, t.login, t.day, sum(t.received)::bigint as received, sum(t.sent)::bigint as sent,
  sum(t.events)::bigint as events
from wxpipe.traffic_days t
group by t.account, t.tenant, t.login, t.day;
comment on view traffic_days is 'How many messages and events each account and login had on a day of people in China, from wxpipe.traffic_days.';
comment on column traffic_days.account is 'The account''s name in the configuration';
comment on column traffic_days.tenant is 'The authorised account; empty where there is none';
comment on column traffic_days.login is 'The login of an instance; else empty';
comment on column traffic_days.day is 'Day in Asia/Shanghai, by the best time there is: the platform''s, else the sender''s, else the arrival';
comment on column traffic_days.received is 'Messages received';
comment on column traffic_days.sent is 'Messages sent, passive replies too';
comment on column traffic_days.events is 'Everything that is no message';

-- Accounts are found by steps through the key.
create view account_status as
with recursive heard as (
  select min(d.account) as account from account_health d
  union all
  select (select min(d.account) from account_health d where d.account > h.account) from heard h where h.account is not null)
select
  n.account, a.kind, a.title,
  case when a.retired_at is not null then 'retired' when h.last_seen_at is null then 'unheard'
    when h.last_seen_at < now() - interval '24 hours' then 'silent' else 'active' end as status,
  h.last_seen_at, now() - h.last_seen_at as silent_for, coalesce(h.today, 0)::bigint as callbacks_today,
  coalesce(h.total, 0)::bigint as callbacks, coalesce(t.today, 0)::bigint as messages_today, coalesce(t.total, 0)::bigint as messages,
  (select count(*) from alert_records r where r.account = n.account and r.resolved_at is null)::integer as open_alerts
from (
  select account from heard where account is not null
  union
  select name from wxpipe.accounts) n
left join wxpipe.accounts a on a.name = n.account
cross join lateral (
  select max(d.last_seen_at) as last_seen_at, sum(d.by_broker + d.by_spool) as total,
    sum(d.by_broker + d.by_spool) filter (where d.day = (now() at time zone 'UTC')::date) as today
  from account_health d
  where d.account = n.account) h
cross join lateral (
  select sum(d.received + d.sent) as total,
    sum(d.received + d.sent) filter (where d.day = (now() at time zone 'Asia/Shanghai')::date) as today
  from wxpipe.traffic_days d
  where d.account = n.account) t;
comment on view account_status is 'How each account is now: from account_health, traffic_days, alert_records and wxpipe.accounts.';
comment on column account_status.account is 'The account''s name in the configuration';
comment on column account_status.kind is 'Its kind; null where it stands in a configuration file';
comment on column account_status.title is 'What people call it; null where it stands in a configuration file';
comment on column account_status.status is 'active; silent: nothing for 24 hours; unheard: nothing yet; retired';
comment on column account_status.last_seen_at is 'The last minute with a callback';
comment on column account_status.silent_for is 'How long ago that was';
comment on column account_status.callbacks_today is 'Callbacks of this UTC day that were answered with success';
comment on column account_status.callbacks is 'All of them since account_health has been kept';
comment on column account_status.messages_today is 'Messages of this day in Asia/Shanghai, received and sent';
comment on column account_status.messages is 'All of them, received and sent';
comment on column account_status.open_alerts is 'Alerts about it that aren''t over';

create or replace view wework.wework_instances as
select
  wxpipe.id8(wxpipe.eid('account', coalesce(i.account, a.name))) as id,
  coalesce(i.told #>> '{instance_id,2}', a.instance_id) as instance_uuid, coalesce(a.title, i.account, a.name) as name, a.description,
  i.told #>> '{version,2}' as version,
  (case when i.account is null then 0
    else case wxpipe.instance_status(i.status, i.heartbeat_at, a.heartbeat_interval, now())
      when 'offline' then 0 when 'online' then 1 when 'maintenance' then 3 else 2 end end)::smallint as status,
  a.api_url, '/callback/' || coalesce(i.account, a.name) as webhook_url, a.proxy_host, a.proxy_port, a.proxy_username,
  null::text as proxy_password_encrypted, a.max_accounts, wxpipe.whole_number(i.told #>> '{current_accounts,2}') as current_accounts,
  a.heartbeat_interval, i.last_seen_at::timestamptz as last_heartbeat, i.told #>> '{error_message,2}' as error_message,
  case when wxpipe.whole_number(i.told #>> '{restart_count,2}') between 0 and 2147483647
    then (i.told #>> '{restart_count,2}')::integer end as restart_count,
  wxpipe.stated_time(i.told #>> '{last_restart_time,2}', i.last_seen_at) as last_restart_time,
  coalesce(t.total, 0)::bigint as total_messages, coalesce(t.today, 0)::integer as today_messages, null::bigint as created_by,
  a.created_at::timestamptz as created_at, greatest(i.last_seen_at, a.updated_at)::timestamptz as updated_at,
  a.retired_at::timestamptz as deleted_at, coalesce(i.account, a.name) as wx_account
from (select * from instances where login = '') i
full join (select * from wxpipe.accounts where kind = 'wework_instance') a on a.name = i.account
left join lateral (
  select sum(d.received + d.sent) as total,
    sum(d.received + d.sent) filter (where d.day = (now() at time zone 'Asia/Shanghai')::date) as today
  from wxpipe.traffic_days d
  where d.account = coalesce(i.account, a.name)) t on true;
comment on view wework.wework_instances is '企微实例表: instances that told of themselves, from instances, and those of wxpipe.accounts.';
comment on column wework.wework_instances.status is '0 offline, or no heartbeat for three intervals of 30 seconds, or as many as heartbeat_interval says; 1 online, 2 error or another word, 3 maintenance';
comment on column wework.wework_instances.restart_count is 'Newest told';
comment on column wework.wework_instances.last_restart_time is 'Newest told';
comment on column wework.wework_instances.total_messages is 'All messages, received and sent';
comment on column wework.wework_instances.today_messages is 'Messages of this day in Asia/Shanghai, received and sent';

create or replace view wework.instance_monitors as
select
  wxpipe.id8(wxpipe.eid('monitor', m.event_id::text, m.metric)) as id, wxpipe.id8(wxpipe.eid('account', m.account)) as instance_id,
  m.metric collate "default" as metric_name, m.metric_value, nullif(m.unit, '') as metric_unit, m.collected_at, m.account as wx_account,
  m.event_id as wx_event_id, m.occurred_at as wx_occurred_at
from instance_monitors m;
comment on view wework.instance_monitors is '实例监控表: what instances measured, from instance_monitors.';
comment on column wework.instance_monitors.metric_name is 'cpu_usage, memory_usage, or whatever an instance measures';
comment on column wework.instance_monitors.metric_unit is 'As the sender says';
comment on column wework.instance_monitors.collected_at is 'When it was measured, by the sender''s clock; without it, when it first arrived';
comment on column wework.instance_monitors.wx_occurred_at is 'When it first arrived: ask for a range of it';

create or replace view wework.wework_accounts as
select
  wxpipe.id8(wxpipe.eid('login', i.account, i.login)) as id, wxpipe.id8(wxpipe.eid('account', i.account)) as instance_id,
  i.login collate "default" as wxid, i.told #>> '{nickname,2}' as nickname, i.told #>> '{avatar_url,2}' as avatar_url,
  i.told #>> '{phone,2}' as phone, i.told #>> '{email,2}' as email,
  (case i.told #>> '{gender,2}' when 'unknown' then 0 when 'male' then 1 when 'female' then 2 end)::smallint as gender,
  i.told #>> '{region,2}' as region, i.told #>> '{signature,2}' as signature, i.told #>> '{qr_code_url,2}' as qr_code_url,
  (case i.status when 'offline' then 0 when 'online' then 1 when 'banned' then 3 else 2 end)::smallint as status,
  (case i.status when 'online' then 1 else 0 end)::smallint as is_logged_in, i.told #>> '{login_method,2}' as login_method,
  i.online_at::timestamptz as last_login_time, wxpipe.stated_time(i.told #>> '{last_sync_time,2}', i.last_seen_at) as last_sync_time,
  (select count(*) from followers f where f.account = i.account and f.owner = i.login and f.state = 'following')::integer as contact_count,
  null::integer as group_count, coalesce(t.total, 0)::bigint as total_messages, coalesce(t.today, 0)::integer as today_messages,
  null::text as remark, null::jsonb as tags, i.first_seen_at::timestamptz as created_at, i.last_seen_at::timestamptz as updated_at,
  null::timestamptz as deleted_at, i.account as wx_account
from instances i
left join lateral (
  select sum(d.received + d.sent) as total,
    sum(d.received + d.sent) filter (where d.day = (now() at time zone 'Asia/Shanghai')::date) as today
  from wxpipe.traffic_days d
  where d.account = i.account and d.tenant = '' and d.login = i.login) t on true
where i.login <> '';
comment on view wework.wework_accounts is '企微账号表: the WeChat ids that instances are logged in with, from instances.';
comment on column wework.wework_accounts.nickname is 'Newest told';
comment on column wework.wework_accounts.avatar_url is 'Newest told';
comment on column wework.wework_accounts.phone is 'Newest told';
comment on column wework.wework_accounts.email is 'Newest told';
comment on column wework.wework_accounts.gender is '0 unknown, 1 male, 2 female: newest told';
comment on column wework.wework_accounts.region is 'Newest told';
comment on column wework.wework_accounts.signature is 'Newest told';
comment on column wework.wework_accounts.qr_code_url is 'Newest told';
comment on column wework.wework_accounts.login_method is 'Newest told';
comment on column wework.wework_accounts.last_sync_time is 'Newest told';
comment on column wework.wework_accounts.total_messages is 'All messages, received and sent';
comment on column wework.wework_accounts.today_messages is 'Messages of this day in Asia/Shanghai, received and sent';
comment on column wework.wework_accounts.created_at is 'When something of it first arrived';
comment on column wework.wework_accounts.updated_at is 'When something of it last arrived';

create or replace view wework.alert_records as
select
  wxpipe.id8(a.alert_id) as id, a.alert_uuid collate "default" as alert_uuid,
  coalesce(a.rule, a.told #>> '{rule_name,2}', a.title) collate "default" as rule_name,
  a.level as alert_level, a.title as alert_title, a.message as alert_message, a.metric_name, a.metric_value, a.threshold_value,
  case when a.rule is null or a.rule = 'instance_silent' then wxpipe.id8(wxpipe.eid('account', a.account)) end as instance_id,
  a.source_type collate "default" as source_type, a.source_id, a.status, null::bigint as acknowledged_by,
  null::timestamptz as acknowledged_at, null::text as acknowledged_comment, null::bigint as resolved_by,
  a.resolved_at::timestamptz as resolved_at, null::text as resolved_comment, null::smallint as notification_sent, a.account as wx_account,
  a.opened_at::timestamptz as wx_raised_at
from alert_records a;
comment on view wework.alert_records is '告警记录表: alerts that instances raised and resolved, and those of wxpipe''s own rules, from alert_records.';
comment on column wework.alert_records.id is 'From account and alert; of wxpipe''s own rules from rule, source and when it began';
comment on column wework.alert_records.rule_name is 'Of wxpipe''s own rules the rule; else as the sender names it, or the title';
comment on column wework.alert_records.alert_level is 'INFO, WARNING, ERROR, CRITICAL';
comment on column wework.alert_records.metric_value is 'How high it was when the alert began';
comment on column wework.alert_records.instance_id is 'wework_instances.id; null where it is about no instance';
comment on column wework.alert_records.source_type is 'instance, account (of an instance''s own alert a login), reader, pipeline';
comment on column wework.alert_records.source_id is 'Which one';
comment on column wework.alert_records.resolved_at is 'When it was over';
comment on column wework.alert_records.wx_account is 'The account''s name in the configuration; empty where it is about none';
comment on column wework.alert_records.wx_raised_at is 'When it began';
