-- Views for other systems (0016) over wxpipe.accounts. They are of production's tables, as those are: hence the schemas.

create schema if not exists official_account;
create schema if not exists wework;
create schema if not exists crm;

create or replace view official_account.wechat_account as
select
  a.original_id as id, a.platform_account as account, coalesce(a.title, a.name) as name, a.kind as type, a.description, a.image,
  a.app_id, null::text as app_secret, null::text as encrypt_key,
  case coalesce(a.mode, 'safe') when 'safe' then 'aes' else a.mode end as encrypt_type, a.enable_custom_message,
  a.enable_template_message, a.verified, a.retired_at is null as is_valid, null::integer as create_by,
  (a.created_at at time zone 'UTC')::timestamp(6) as create_at, null::integer as update_by,
  (a.updated_at at time zone 'UTC')::timestamp(6) as update_at, a.name as wx_account, a.created_by as wx_created_by,
  a.updated_by as wx_updated_by
from wxpipe.accounts a
where a.kind in ('official_account', 'mini_program');
comment on view official_account.wechat_account is '公众号配置: official accounts and mini programs of wxpipe.accounts; accounts that stand in a configuration file are in no table.';
comment on column official_account.wechat_account.id is 'The original id (gh_…); null where nobody gave it';
comment on column official_account.wechat_account.account is 'Its 微信号';
comment on column official_account.wechat_account.name is 'What people call it; else its name in the configuration';
comment on column official_account.wechat_account.type is 'official_account or mini_program: whether it is 服务号 or 订阅号, the platform alone knows';
comment on column official_account.wechat_account.description is 'For people';
comment on column official_account.wechat_account.image is 'Its picture';
comment on column official_account.wechat_account.app_id is 'The AppID';
comment on column official_account.wechat_account.app_secret is 'Null: wxpipe calls no API, so it needs none';
comment on column official_account.wechat_account.encrypt_key is 'Null: secrets are shown nowhere';
comment on column official_account.wechat_account.encrypt_type is 'plain, compatible, aes';
comment on column official_account.wechat_account.enable_custom_message is 'Whether customer-service messages are on';
comment on column official_account.wechat_account.enable_template_message is 'Whether template messages are on';
comment on column official_account.wechat_account.verified is 'Whether the platform has verified it';
comment on column official_account.wechat_account.is_valid is 'Whether its callbacks are taken: it isn''t retired';
comment on column official_account.wechat_account.create_by is 'Null: people''s ids are an application''s; wx_created_by is the login';
comment on column official_account.wechat_account.create_at is 'When it was added, in UTC';
comment on column official_account.wechat_account.update_by is 'Null: people''s ids are an application''s; wx_updated_by is the login';
comment on column official_account.wechat_account.update_at is 'When it was last changed, in UTC';
comment on column official_account.wechat_account.wx_account is 'The account''s name in the configuration';
comment on column official_account.wechat_account.wx_created_by is 'The login of the person who added it';
comment on column official_account.wechat_account.wx_updated_by is 'The login of the person who changed it last';

-- Accounts are found by steps through the index. Of each, only the last hour of what arrived is read: a heartbeat
-- every 30 seconds makes a long journal.
create or replace view wework.wework_instances as
with recursive instance_event as not materialized (
  select m.account, m.type, m.event_id, m.occurred_at, m.received_at, m.timeless, m.attributes
  from messages m
  where m.platform = 'instance' and m.category = 'event'),
instance as (
  select min(m.account) as account from instance_event m
  union all
  select (select min(m.account) from instance_event m where m.account > i.account) from instance i where i.account is not null)
select
  wxpipe.id8(wxpipe.eid('account', i.account)) as id, coalesce(p.told ->> 'instance_id', a.instance_id) as instance_uuid,
  coalesce(a.title, i.account) as name, a.description, p.told ->> 'version' as version,
  (case when p.last_at is null then 0
    when p.heartbeat_at < now() - 3 * coalesce(a.heartbeat_interval, 30) * interval '1 second' and p.heartbeat_at = p.last_at then 0
    else case p.told ->> 'status' when 'offline' then 0 when 'online' then 1 when 'maintenance' then 3 else 2 end end)::smallint as status,
  a.api_url, '/callback/' || i.account as webhook_url, a.proxy_host, a.proxy_port, a.proxy_username,
  null::text as proxy_password_encrypted, a.max_accounts, wxpipe.whole_number(p.told ->> 'current_accounts') as current_accounts,
  a.heartbeat_interval, p.last_at as last_heartbeat, p.told ->> 'error_message' as error_message,
  null::integer as restart_count, null::timestamptz as last_restart_time, null::bigint as total_messages,
  (select count(*) from messages m where m.account = i.account and m.category = 'message'
    and m.occurred_at >= date_trunc('day', now() at time zone 'Asia/Shanghai') at time zone 'Asia/Shanghai')::integer as today_messages,
  null::bigint as created_by, a.created_at::timestamptz as created_at, greatest(p.last_at, a.updated_at)::timestamptz as updated_at,
  a.retired_at::timestamptz as deleted_at, i.account as wx_account
from (
  select account from instance where account is not null
  union
  select name from wxpipe.accounts where kind = 'wework_instance') i
left join wxpipe.accounts a on a.name = i.account
cross join lateral (
  select max(e.received_at) as last_at, max(e.received_at) filter (where e.type = 'instance.heartbeat') as heartbeat_at,
    jsonb_object_agg(field.key, field.value
      order by wxpipe.journal_told_at(e.occurred_at, e.timeless, e.received_at, e.attributes), e.event_id) as told
  from (values ('instance.heartbeat'), ('instance.status_changed')) kind(type)
  cross join lateral (
    select max(m.occurred_at) as at from instance_event m where m.account = i.account and m.type = kind.type) newest
  join instance_event e on e.account = i.account and e.type = kind.type and e.occurred_at >= newest.at - interval '1 hour'
  cross join jsonb_each(wxpipe.object_in(e.attributes -> 'data')) field) p
where p.last_at is not null or a.name is not null;
comment on view wework.wework_instances is '企微实例表: instances that told of themselves, by their newest heartbeats and changes of status, and those of wxpipe.accounts.';
comment on column wework.wework_instances.instance_uuid is 'Newest told; else the configuration''s instance_id';
comment on column wework.wework_instances.name is 'The title of wxpipe.accounts; else the account''s name in the configuration';
comment on column wework.wework_instances.description is 'Of wxpipe.accounts; null where the account stands in a configuration file';
comment on column wework.wework_instances.api_url is 'Of wxpipe.accounts; null where the account stands in a configuration file';
comment on column wework.wework_instances.proxy_host is 'Of wxpipe.accounts; null where the account stands in a configuration file';
comment on column wework.wework_instances.proxy_port is 'Of wxpipe.accounts; null where the account stands in a configuration file';
comment on column wework.wework_instances.proxy_username is 'Of wxpipe.accounts; null where the account stands in a configuration file';
comment on column wework.wework_instances.max_accounts is 'Of wxpipe.accounts; null where the account stands in a configuration file';
comment on column wework.wework_instances.heartbeat_interval is 'Of wxpipe.accounts; null where the account stands in a configuration file';
comment on column wework.wework_instances.status is '0 offline, or no heartbeat for three intervals of 30 seconds, or as many as heartbeat_interval says; 1 online, 2 error or another word, 3 maintenance';
comment on column wework.wework_instances.created_at is 'When it was added to wxpipe.accounts; null where the account stands in a configuration file';
comment on column wework.wework_instances.updated_at is 'When it last told of itself, or was changed';
comment on column wework.wework_instances.deleted_at is 'When it was retired';

create or replace view crm.channels as
select
  wxpipe.eid('account', coalesce(h.account, a.name)) as id, null::uuid as org_id,
  case when a.kind like 'wework%' then 'wechat_work' when a.kind = 'channel' then 'other' when a.kind is not null then 'wechat_mp'
  else (select case m.platform when 'wework' then 'wechat_work' when 'instance' then 'wechat_work' when 'bot' then 'wechat_work'
    when 'wechat' then 'wechat_mp' when 'open_platform' then 'wechat_mp' else 'other' end
    from messages m where m.account = h.account order by m.occurred_at desc limit 1) end as platform,
  coalesce(a.title, h.account, a.name) as name,
  case when a.name is not null then jsonb_strip_nulls(jsonb_build_object('kind', a.kind, 'mode', a.mode, 'app_id', a.app_id,
    'original_id', a.original_id, 'component_app_id', a.component_app_id, 'corp_id', a.corp_id, 'agent_id', a.agent_id,
    'suite_id', a.suite_id, 'provider_corp_id', a.provider_corp_id, 'bot_id', a.bot_id, 'instance_id', a.instance_id,
    'channel', a.channel, 'sender', a.sender)) end as config,
  case when a.retired_at is null then 'active' else 'paused' end as status,
  '/callback/' || coalesce(h.account, a.name) as webhook_url,
  null::text as webhook_secret,
  jsonb_build_object('callbacks_7_days', coalesce(h.week, 0), 'callbacks_30_days', coalesce(h.month, 0), 'last_seen_at', h.last_at)
    as stats,
  coalesce(h.first_at, a.created_at)::timestamptz as created_at, greatest(h.last_at, a.updated_at)::timestamptz as updated_at,
  coalesce(h.account, a.name) as wx_account
from (
  select d.account, min(d.first_seen_at) as first_at, max(d.last_seen_at) as last_at,
    coalesce(sum(d.by_broker + d.by_spool) filter (where d.day > (now() at time zone 'UTC')::date - 7), 0) as week,
    coalesce(sum(d.by_broker + d.by_spool) filter (where d.day > (now() at time zone 'UTC')::date - 30), 0) as month
  from account_health d
  group by d.account) h
full join wxpipe.accounts a on a.name = h.account;
comment on view crm.channels is '获客渠道: accounts that callbacks came for, from account_health, and those of wxpipe.accounts.';
comment on column crm.channels.platform is 'wechat_work, wechat_mp, other: by the kind in wxpipe.accounts; else by the newest event';
comment on column crm.channels.name is 'The title of wxpipe.accounts; else the account''s name in the configuration';
comment on column crm.channels.config is 'Ids and mode from wxpipe.accounts, no secrets; null where the account stands in a configuration file';
comment on column crm.channels.status is 'active; paused: retired';
comment on column crm.channels.created_at is 'The first minute with a callback; before that, when it was added';
comment on column crm.channels.updated_at is 'The last minute with a callback, or when it was changed';

create or replace view crm.audit_logs as
select
  a.audit_id as id, null::uuid as org_id, null::uuid as user_id, a.operation as action, a.resource_type,
  case when a.resource_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then a.resource_id::uuid end as resource_id,
  jsonb_strip_nulls(jsonb_build_object('affected', a.affected, 'filter', a.filter, 'reason', a.reason) || a.details) as changes,
  null::inet as ip_address, null::text as user_agent, a.occurred_at as created_at, a.operator as wx_operator,
  a.address as wx_address
from audit_logs a;
comment on view crm.audit_logs is '操作日志: what people did with wxpipe''s commands, and which changes of the configuration each process took.';
comment on column crm.audit_logs.changes is 'How many it changed, what chose them, why; which keys';
