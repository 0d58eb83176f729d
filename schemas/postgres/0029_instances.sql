-- Instances and their logins, what they measure, alerts, and messages by day: merged by the sinks of instances
-- (sinks/instances/instances.sql) and of messages (sinks/messages/messages.sql). Alerts of wxpipe's own rules are written by one
-- sink process at a time (sinks/alerts).

create table instances (
  account          text           not null collate "C",
  login            text           not null default '' collate "C",
  told             jsonb          not null default '{}',
  status           text           generated always as (told #>> '{status,2}') stored,
  first_seen_at    timestamptz(6) not null,
  last_seen_at     timestamptz(6) not null,
  heartbeat_at     timestamptz(6),
  online_at        timestamptz(6),
  created_trace_id text,
  updated_trace_id text,
  created_at       timestamptz(6) not null default now(),
  updated_at       timestamptz(6) not null default now(),
  primary key (account, login)
) with (fillfactor = 50);
create index instances_themselves on instances (account) where login = '';
comment on table instances is 'Each instance, and each WeChat id that one is logged in with: what it told of itself, the newest of each field. wxpipe.instance_status says how it is at a moment.';
comment on column instances.account is 'The account''s name in the configuration';
comment on column instances.login is 'The login (wxid) that it tells of; empty where it tells of the instance itself';
comment on column instances.told is 'Of each field [what it is ordered by, event, value], the newest; wxpipe.told_values(told) has the values';
comment on column instances.status is 'Newest told, by the sender''s word: online, offline, error, maintenance, banned …';
comment on column instances.first_seen_at is 'When something of it first arrived, by our clock';
comment on column instances.last_seen_at is 'When something of it last arrived, by our clock';
comment on column instances.heartbeat_at is 'When a heartbeat last arrived, by our clock; null for logins: they have none';
comment on column instances.online_at is 'The latest change of status to online, by the best time there is: the sender''s, else the arrival';
comment on column instances.created_trace_id is 'W3C trace id of the earliest event';
comment on column instances.updated_trace_id is 'W3C trace id of the latest event';
comment on column instances.created_at is 'When the row was made';
comment on column instances.updated_at is 'When an event was last merged';

create table instance_health (
  account        text           not null collate "C",
  day            date           not null,
  first_seen_at  timestamptz(6) not null,
  last_seen_at   timestamptz(6) not null,
  active_minutes bit(1440)      not null,
  created_at     timestamptz(6) not null default now(),
  updated_at     timestamptz(6) not null default now(),
  primary key (account, day)
) with (fillfactor = 50);
comment on table instance_health is 'Each instance and day (UTC): the minutes in which it told of itself. wxpipe.silences lists the gaps between them.';
comment on column instance_health.account is 'The account''s name in the configuration';
comment on column instance_health.day is 'UTC day, by our clock';
comment on column instance_health.first_seen_at is 'When it first told of itself on that day';
comment on column instance_health.last_seen_at is 'When it last did';
comment on column instance_health.active_minutes is 'A bit for each minute of the day: 1 where it told of itself';
comment on column instance_health.created_at is 'When the row was made';
comment on column instance_health.updated_at is 'When an event was last merged';

create function wxpipe.silences(day date, active_minutes bit) returns table (silent_from timestamptz, silent_until timestamptz)
  language sql immutable parallel safe as $$
  select (day::timestamp at time zone 'UTC') + make_interval(mins => heard.minute + 1),
    (day::timestamp at time zone 'UTC') + make_interval(mins => heard.next)
  from (
    select m.minute, lead(m.minute) over (order by m.minute) as next
    from generate_series(0, length(active_minutes) - 1) m(minute) where get_bit(active_minutes, m.minute) = 1) heard
  where heard.next > heard.minute + 1
$$;
comment on function wxpipe.silences(date, bit) is
  'The gaps of a day, from instance_health or account_health: whole minutes without anything, between two with something';

create function wxpipe.instance_status(told text, heartbeat_at timestamptz, heartbeat_interval integer, at timestamptz)
  returns text language sql immutable parallel safe as $$
  select case when told is distinct from 'maintenance'
    and heartbeat_at < at - 3 * coalesce(heartbeat_interval, 30) * interval '1 second' then 'offline' else coalesce(told, 'unknown') end
$$;
comment on function wxpipe.instance_status(text, timestamptz, integer, timestamptz) is
  'How an instance is at a moment: what it told; offline after three intervals (of 30 seconds, where nobody said another) without a heartbeat, but in maintenance. From times alone';

create function wxpipe.measured_number(written text) returns numeric language sql immutable parallel safe as $$
  select case when abs(n.number) < 100000000000 then n.number end
  from (select case when written ~ '^-?[0-9]{1,11}(\.[0-9]{1,30})?$' then round(written::numeric, 4)
                    when written ~ '^-?[0-9]{1,2}(\.[0-9]{1,30})?[eE]-?[0-9]$' then round(written::numeric, 4) end as number) n
$$;
comment on function wxpipe.measured_number(text) is 'The number that a text writes, with four decimals, as numeric(15, 4) can hold it; null for anything else';

create table instance_monitors (
  event_id     uuid           not null,
  metric       text           not null collate "C",
  occurred_at  timestamptz(6) not null,
  account      text           not null collate "C",
  metric_value numeric(15, 4) not null,
  unit         text           not null,
  collected_at timestamptz(6) not null,
  trace_id     text,
  created_at   timestamptz(6) not null default now(),
  updated_at   timestamptz(6) not null default now(),
  primary key (event_id, metric, occurred_at)
) partition by range (occurred_at);
create index instance_monitors_metric on instance_monitors (account, metric, occurred_at);
comment on table instance_monitors is 'What instances measured: a row for each metric of each heartbeat and of each instance.metrics. Partitioned by ISO week (UTC): instance_monitors_YYYYwWW.';
comment on column instance_monitors.event_id is 'The row of messages it came from';
comment on column instance_monitors.metric is 'What was measured, by the sender''s name';
comment on column instance_monitors.occurred_at is 'When it first arrived';
comment on column instance_monitors.account is 'The account''s name in the configuration';
comment on column instance_monitors.metric_value is 'The value, with four decimals. What is no number, or beyond eleven digits, has no row';
comment on column instance_monitors.unit is 'Its unit; empty where the sender says none';
comment on column instance_monitors.collected_at is 'When it was measured, by the sender''s clock; without it, when it first arrived';
comment on column instance_monitors.trace_id is 'W3C trace id';
comment on column instance_monitors.created_at is 'When the row was made';
comment on column instance_monitors.updated_at is 'When the row was changed; never';
create table instance_monitors_default (like instance_monitors including all);
alter table instance_monitors attach partition instance_monitors_default default;
comment on table instance_monitors_default is
  'Rows of weeks that have no partition: empty in good order. `wxpipe partitions apply` moves them out.';

create table alert_records (
  alert_id         uuid           primary key,
  alert_uuid       text           not null collate "C",
  rule             text           collate "C",
  account          text           not null default '' collate "C",
  told             jsonb          not null default '{}',
  level            text           generated always as (told #>> '{level,2}') stored,
  title            text           generated always as (told #>> '{title,2}') stored,
  message          text           generated always as (told #>> '{message,2}') stored,
  metric_name      text           generated always as (told #>> '{metric_name,2}') stored,
  metric_value     numeric(15, 4) generated always as (wxpipe.measured_number(told #>> '{metric_value,2}')) stored,
  threshold_value  numeric(15, 4) generated always as (wxpipe.measured_number(told #>> '{threshold_value,2}')) stored,
  source_type      text           not null collate "C" generated always as (coalesce(told #>> '{source_type,2}',
    case when told ? 'account' then 'account' else 'instance' end)) stored,
  source_id        text           not null collate "C" generated always as (coalesce(told #>> '{source_id,2}', told #>> '{account,2}',
    told #>> '{instance_id,2}', account)) stored,
  opened_at        timestamptz(6) not null,
  last_told_at     timestamptz(6) not null,
  resolved_at      timestamptz(6),
  status           text           not null generated always as (case when resolved_at is null then 'ACTIVE' else 'RESOLVED' end) stored,
  created_trace_id text,
  updated_trace_id text,
  created_at       timestamptz(6) not null default now(),
  updated_at       timestamptz(6) not null default now()
) with (fillfactor = 50);
create unique index alert_records_open on alert_records (rule, source_type, source_id) where rule is not null and resolved_at is null;
create index alert_records_active on alert_records (opened_at) where resolved_at is null;
create index alert_records_opened_at on alert_records (opened_at);
create index alert_records_account on alert_records (account, opened_at);
comment on table alert_records is 'Alerts: those that instances raised, and those of wxpipe''s own rules ([alerts]). An alert that is over stays so.';
comment on column alert_records.alert_id is 'From account and alert_uuid; of wxpipe''s own rules from rule, source and when it began';
comment on column alert_records.alert_uuid is 'The sender''s id of the alert; of wxpipe''s own rules alert_id';
comment on column alert_records.rule is 'Of wxpipe''s own rules: lag, unaccounted, dead_letters, instance_silent, account_silent; null: an instance raised it';
comment on column alert_records.account is 'The account''s name in the configuration; empty where it is about none';
comment on column alert_records.told is 'Of each field [what it is ordered by, event, value], the newest; wxpipe.told_values(told) has the values';
comment on column alert_records.level is 'INFO, WARNING, ERROR, CRITICAL';
comment on column alert_records.title is 'What is the matter, in a few words';
comment on column alert_records.message is 'And in more words';
comment on column alert_records.metric_name is 'What is too high';
comment on column alert_records.metric_value is 'How high it was when the alert began';
comment on column alert_records.threshold_value is 'From where on it is too high';
comment on column alert_records.source_type is 'What it is about: instance, account (of an instance''s own alert a login), reader, pipeline';
comment on column alert_records.source_id is 'Which one';
comment on column alert_records.opened_at is 'When it began, by the best time there is';
comment on column alert_records.last_told_at is 'When something was last told of it, by the best time there is';
comment on column alert_records.resolved_at is 'When it was over; null: it isn''t';
comment on column alert_records.status is 'ACTIVE, RESOLVED';
comment on column alert_records.created_trace_id is 'W3C trace id of the earliest event; null for wxpipe''s own rules';
comment on column alert_records.updated_trace_id is 'W3C trace id of the latest event; null for wxpipe''s own rules';
comment on column alert_records.created_at is 'When the row was made';
comment on column alert_records.updated_at is 'When the row was last changed';

create table wxpipe.traffic_days (
  account    text           not null collate "C",
  tenant     text           not null default '' collate "C",
  login      text           not null default '' collate "C",
  day        date           not null,
  writer     text           not null collate "C",
  received   bigint         not null,
  sent       bigint         not null,
  events     bigint         not null,
  created_at timestamptz(6) not null default now(),
  updated_at timestamptz(6) not null default now(),
  primary key (account, tenant, login, day, writer)
) with (fillfactor = 50);
comment on table wxpipe.traffic_days is 'How many messages and events each account and login had on a day of people in China, a row for each writer; the view traffic_days has the sums.';
comment on column wxpipe.traffic_days.account is 'The account''s name in the configuration';
comment on column wxpipe.traffic_days.tenant is 'The authorised account; empty where there is none';
comment on column wxpipe.traffic_days.login is 'The login of an instance; else empty';
comment on column wxpipe.traffic_days.day is 'Day in Asia/Shanghai, by the best time there is: the platform''s, else the sender''s, else the arrival';
comment on column wxpipe.traffic_days.writer is 'The sink process that wrote it: each has its own rows, so that writers never wait for each other';
comment on column wxpipe.traffic_days.received is 'Messages received';
comment on column wxpipe.traffic_days.sent is 'Messages sent, passive replies too';
comment on column wxpipe.traffic_days.events is 'Everything that is no message';
comment on column wxpipe.traffic_days.created_at is 'When the row was made';
comment on column wxpipe.traffic_days.updated_at is 'When it last grew';

-- From the messages that are there already. What their senders stated isn't a column; the arrival stands for it.
insert into wxpipe.traffic_days (account, tenant, login, day, writer, received, sent, events)
select m.account, coalesce(m.tenant, ''), case when m.platform = 'instance' then coalesce(m.recipient, '') else '' end,
  (m.occurred_at at time zone 'Asia/Shanghai')::date, '(before)',
  count(*) filter (where m.category = 'message' and m.type not like 'outgoing.%'),
  count(*) filter (where m.category = 'message' and m.type like 'outgoing.%') + count(m.reply),
  count(*) filter (where m.category <> 'message')
from messages m
group by 1, 2, 3, 4;

comment on column wxpipe.ledger.family is 'Which sink: messages, followers, leads, logs, dead_letters, custody, directory, receipts, instances';
