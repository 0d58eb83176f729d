-- How each account is doing, day by day: merged from custody marks (sinks/custody/custody.sql), which say of every callback that
-- was answered with success when it came and what made it durable.

create table account_health (
  account        text           not null collate "C",
  day            date           not null,
  by_broker      bigint         not null,
  by_spool       bigint         not null,
  first_seen_at  timestamptz(6) not null,
  last_seen_at   timestamptz(6) not null,
  active_minutes bit(1440)      not null,
  created_at     timestamptz(6) not null default now(),
  updated_at     timestamptz(6) not null default now(),
  primary key (account, day)
);
create index account_health_day on account_health (day);
comment on table account_health is 'Each account and day (UTC): callbacks that were answered with success, and when it was silent.';
comment on column account_health.account is 'The account''s name in the configuration';
comment on column account_health.day is 'UTC day on which the callbacks were received';
comment on column account_health.by_broker is 'Callbacks that the broker made durable';
comment on column account_health.by_spool is 'Callbacks that the spool made durable: the broker was away or slow';
comment on column account_health.first_seen_at is 'The first minute with a callback';
comment on column account_health.last_seen_at is 'The last minute with a callback';
comment on column account_health.active_minutes is 'A bit for each minute of the day: 1 where a callback came';
comment on column account_health.created_at is 'When the row was made';
comment on column account_health.updated_at is 'When a mark last added to it';

create function wxpipe.longest_silence(active_minutes bit) returns interval
  language sql immutable parallel safe
  return (select make_interval(mins => coalesce(max(length(silence)), 0)) from regexp_split_to_table(active_minutes::text, '1+') silence);
comment on function wxpipe.longest_silence(bit) is 'The longest stretch of zeros: account_health.active_minutes to the longest time without a callback';

-- From the marks that are there already.
insert into account_health (account, day, by_broker, by_spool, first_seen_at, last_seen_at, active_minutes)
select a.account, (a.minute at time zone 'UTC')::date, coalesce(sum(a.count) filter (where a.path = 'broker'), 0),
  coalesce(sum(a.count) filter (where a.path = 'spool'), 0), min(a.minute), max(a.minute),
  bit_or(set_bit(repeat('0', 1440)::bit(1440), (extract(epoch from a.minute)::int8 / 60 % 1440)::int, 1))
from wxpipe.custody_marks m, jsonb_to_recordset(m.mark->'acknowledged') as a(account text, minute timestamptz, path text, count bigint)
group by 1, 2;
