-- What operators do with `wxpipe dlq` and its like, in the transaction of its effect.

create table audit_logs (
  audit_id       uuid           not null default gen_random_uuid(),
  occurred_at    timestamptz(6) not null default now(),
  created_at     timestamptz(6) not null default now(),
  updated_at     timestamptz(6) not null default now(),
  command_id     uuid           not null,
  operator       text           not null collate "C",
  address        text           not null collate "C",
  operation      text           not null collate "C",
  operation_type text           not null collate "C",
  resource_type  text           not null collate "C",
  resource_id    text           collate "C",
  filter         text           collate "C",
  affected       bigint         not null,
  reason         text           collate "C",
  details        jsonb          not null default '{}',
  primary key (audit_id, occurred_at)
) partition by range (occurred_at);
create index audit_logs_operator on audit_logs (operator, occurred_at);
create index audit_logs_resource on audit_logs (resource_type, resource_id);
comment on table audit_logs is 'What people did with wxpipe''s commands. Partitioned by day (UTC): audit_logs_YYYYMMDD.';
comment on column audit_logs.audit_id is 'A step of a command; one transaction with its effect';
comment on column audit_logs.occurred_at is 'When it was done';
comment on column audit_logs.created_at is 'When the row was made';
comment on column audit_logs.updated_at is 'When the row was changed; never';
comment on column audit_logs.command_id is 'The same for all steps of one command';
comment on column audit_logs.operator is 'The login of the person who ran the command';
comment on column audit_logs.address is 'The machine it ran on';
comment on column audit_logs.operation is 'The command: dlq retry, dlq drop …';
comment on column audit_logs.operation_type is 'CREATE, READ, UPDATE, DELETE';
comment on column audit_logs.resource_type is 'What it was done to: dead_letters …';
comment on column audit_logs.resource_id is 'Its id, if it was one; null if a filter chose them';
comment on column audit_logs.filter is 'What chose them';
comment on column audit_logs.affected is 'How many this step changed';
comment on column audit_logs.reason is 'Why, in the words of the person';
comment on column audit_logs.details is 'Further figures';

-- `like`, because comments on columns aren't inherited; behind them, so that it takes them over.
create table audit_logs_default (like audit_logs including all);
alter table audit_logs attach partition audit_logs_default default;
comment on table audit_logs_default is
  'Rows of days that have no partition: empty in good order. `wxpipe partitions apply` moves them out.';

create table wxpipe.dead_letter_actions (
  dead_letter_id uuid           not null,
  at             timestamptz(6) not null default now(),
  action         text           not null collate "C" check (action in ('retry', 'drop')),
  receipt        text           collate "C",
  command_id     uuid           not null,
  created_at     timestamptz(6) not null default now(),
  updated_at     timestamptz(6) not null default now(),
  primary key (dead_letter_id, at)
);
create index dead_letter_actions_receipt on wxpipe.dead_letter_actions (receipt);
comment on table wxpipe.dead_letter_actions is 'What was done with dead letters: put back on a topic, or dropped. audit_logs says by whom and why.';
comment on column wxpipe.dead_letter_actions.dead_letter_id is 'The row of dead_letters';
comment on column wxpipe.dead_letter_actions.at is 'When it was done';
comment on column wxpipe.dead_letter_actions.action is 'retry or drop';
comment on column wxpipe.dead_letter_actions.receipt is 'The callback''s receipt: what fails again and again is counted by it';
comment on column wxpipe.dead_letter_actions.command_id is 'The command in audit_logs';
comment on column wxpipe.dead_letter_actions.created_at is 'When the row was made';
comment on column wxpipe.dead_letter_actions.updated_at is 'When the row was changed; never';
