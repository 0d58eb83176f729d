-- What operators should be able to look up: authorisations, audits, jobs, account health.

create table system_logs (
  log_id      uuid           not null,
  event_id    uuid           not null,
  occurred_at timestamptz(6) not null,
  received_at timestamptz(6) not null,
  created_at  timestamptz(6) not null default now(),
  updated_at  timestamptz(6) not null default now(),
  level       text           not null,
  service     text           not null,
  module      text           not null,
  action      text           not null,
  message     text           not null,
  context     jsonb          not null default '{}',
  platform    text           not null,
  account     text           not null,
  tenant      text,
  subject     text,
  event_type  text           not null,
  receipt     text,
  trace_id    text,
  primary key (log_id, occurred_at)
) partition by range (occurred_at);
create index system_logs_account on system_logs (account, occurred_at);
comment on table system_logs is 'Happenings for operators. Partitioned by day (UTC): system_logs_YYYYMMDD.';
comment on column system_logs.log_id is 'From the event: equal on every repetition';
comment on column system_logs.event_id is 'The row of messages it came from';
comment on column system_logs.occurred_at is 'When, by the platform''s clock';
comment on column system_logs.received_at is 'When it was received';
comment on column system_logs.created_at is 'When the row was made';
comment on column system_logs.updated_at is 'When the row was changed; never';
comment on column system_logs.level is 'info, warn, error';
comment on column system_logs.service is 'The platform or role that speaks';
comment on column system_logs.module is 'authorization, audit, job, application, quota …';
comment on column system_logs.action is 'The event''s type, or the happening';
comment on column system_logs.message is 'For people';
comment on column system_logs.context is 'Details';
comment on column system_logs.platform is 'Who told us';
comment on column system_logs.account is 'The account''s name in the configuration';
comment on column system_logs.tenant is 'The authorised account; null where there is none';
comment on column system_logs.subject is 'Whom it is about';
comment on column system_logs.event_type is 'The event''s type, as in messages.type';
comment on column system_logs.receipt is 'Custody: receipt of the callback';
comment on column system_logs.trace_id is 'W3C trace id';

-- `like`, because comments on columns aren't inherited; behind them, so that it takes them over.
create table system_logs_default (like system_logs including all);
alter table system_logs attach partition system_logs_default default;
comment on table system_logs_default is
  'Rows of days that have no partition: empty in good order. `wxpipe partitions apply` moves them out.';
