-- What we send, and what becomes of it: receipts keep everything that was told, send_records has a row for each message, mass sending,
-- receiver. What became of it goes only forward, so it doesn't matter whether a record comes before or after its receipts.

create function wxpipe.outcome_order(attempt integer, rank integer, told_at timestamptz) returns text
  language sql stable parallel safe as $$
  select to_char(attempt, 'FM000') || to_char(rank, 'FM000') || to_char(told_at at time zone 'UTC', 'YYYYMMDDHH24MISSUS')
$$;
comment on function wxpipe.outcome_order(integer, integer, timestamptz) is
  'A text that sorts (by bytes) by attempt, then rank, then time: by it what became of a message goes only forward';

create table receipts (
  event_id    uuid           not null,
  occurred_at timestamptz(6) not null,
  received_at timestamptz(6) not null,
  account     text           not null collate "C",
  tenant      text           not null default '',
  kind        text           not null collate "C",
  sent_as     text           not null collate "C",
  receiver    text           not null default '' collate "C",
  status      text,
  attempt     integer        not null,
  rank        integer        not null,
  outcome     jsonb          not null,
  told        jsonb          not null,
  timeless    boolean        not null default false,
  stated_at   timestamptz(6),
  platform    text           not null,
  event_type  text           not null,
  subject     text           not null default '',
  receipt     text,
  trace_id    text,
  created_at  timestamptz(6) not null default now(),
  updated_at  timestamptz(6) not null default now(),
  primary key (event_id, kind, sent_as, receiver, occurred_at)
) partition by range (occurred_at);
create index receipts_account on receipts (account, occurred_at);
create index receipts_sent_as on receipts (account, sent_as, occurred_at);
comment on table receipts is 'Everything that was told of what we send: messages, receipts, mass sendings. Partitioned by month (UTC): receipts_YYYYMM.';
comment on column receipts.event_id is 'The row of messages it came from';
comment on column receipts.occurred_at is 'When, by the platform''s clock';
comment on column receipts.received_at is 'When it was received';
comment on column receipts.account is 'The account''s name in the configuration';
comment on column receipts.tenant is 'The authorised account; empty where there is none';
comment on column receipts.kind is 'What was sent: message (to one chat or person), mass (a mass sending of the platform), publish, task (a mass sending of an instance), receiver (one of a task''s)';
comment on column receipts.sent_as is 'The id it was sent under: MsgID, publish_id, the sender''s message_uuid; of a task and its receivers task_uuid';
comment on column receipts.receiver is 'Of a receiver the person or group chat; else empty';
comment on column receipts.status is 'What this says became of it: pending, sending, sent, failed, delivered, read, skipped; of a task pending, running, paused, finished, failed, cancelled';
comment on column receipts.attempt is 'Which attempt, from 0: a later one counts more than any earlier one';
comment on column receipts.rank is 'How far it got within an attempt: pending 10 … read 60. 0: it says nothing of it';
comment on column receipts.outcome is 'What comes with the status: error_code, error_message, the platform''s word';
comment on column receipts.told is 'The other fields: receiver, template_id, counts, names';
comment on column receipts.timeless is 'The platform gives no time for this kind of event';
comment on column receipts.stated_at is 'When it happened, by the sender''s clock; null where there is a platform''s time, or the sender states none';
comment on column receipts.platform is 'Who told us';
comment on column receipts.event_type is 'The event''s type, as in messages.type';
comment on column receipts.subject is 'Whom the event is about';
comment on column receipts.receipt is 'Custody: receipt of the callback';
comment on column receipts.trace_id is 'W3C trace id';
comment on column receipts.created_at is 'When the row was made';
comment on column receipts.updated_at is 'When the row was changed; never';

-- `like`, because comments on columns aren't inherited; behind them, so that it takes them over.
create table receipts_default (like receipts including all);
alter table receipts attach partition receipts_default default;
comment on table receipts_default is
  'Rows of months that have no partition: empty in good order. `wxpipe partitions apply` moves them out.';

create table send_records (
  account          text           not null collate "C",
  tenant           text           not null default '' collate "C",
  kind             text           not null collate "C",
  sent_as          text           not null collate "C",
  receiver         text           not null default '' collate "C",
  platform         text           not null,
  told             jsonb          not null default '{}',
  status           text           collate "C" generated always as (told #>> '{status,2}') stored,
  to_whom          text           generated always as (case when kind = 'receiver' then receiver else told #>> '{receiver,2}' end) stored,
  template_id      text           generated always as (told #>> '{template_id,2}') stored,
  task_uuid        text           collate "C" generated always as (case when kind in ('task', 'receiver') then sent_as else told #>> '{task_uuid,2}' end) stored,
  error_code       text           generated always as (told #>> '{error_code,2}') stored,
  error_message    text           generated always as (told #>> '{error_message,2}') stored,
  sent_at          timestamptz(6),
  status_at        timestamptz(6),
  first_seen_at    timestamptz(6) not null,
  last_seen_at     timestamptz(6) not null,
  receipt_count    bigint         not null,
  created_trace_id text,
  updated_trace_id text,
  created_at       timestamptz(6) not null default now(),
  updated_at       timestamptz(6) not null default now(),
  primary key (account, kind, sent_as, receiver, tenant)
) partition by hash (account);
create index send_records_status on send_records (account, kind, status, last_seen_at);
comment on table send_records is 'What we sent and what became of it: a function of the set of rows in receipts. Partitioned by the hash of the account: send_records_pNN. Views message_tasks and message_receivers show the mass sendings of instances.';
comment on column send_records.account is 'The account''s name in the configuration';
comment on column send_records.tenant is 'The authorised account; empty where there is none';
comment on column send_records.kind is 'What was sent: message (to one chat or person), mass (a mass sending of the platform), publish, task (a mass sending of an instance), receiver (one of a task''s)';
comment on column send_records.sent_as is 'The id it was sent under: MsgID, publish_id, the sender''s message_uuid; of a task and its receivers task_uuid';
comment on column send_records.receiver is 'Of a receiver the person or group chat; else empty';
comment on column send_records.platform is 'Who told us';
comment on column send_records.told is 'Of each field [what it is ordered by, event, value]: status and what comes with it go only forward, of others the newest; wxpipe.told_values(told) has the values';
comment on column send_records.status is 'How far it got: pending, skipped, sending, sent, failed, delivered, read, in this order within an attempt; of tasks the newest of pending, running, paused, finished, failed, cancelled. Null: no receipt yet';
comment on column send_records.to_whom is 'The person or group chat; null for mass sendings';
comment on column send_records.template_id is 'Of subscription messages; receipts of template messages don''t name it';
comment on column send_records.task_uuid is 'The mass sending of an instance that it is or belongs to';
comment on column send_records.error_code is 'Of the status that holds';
comment on column send_records.error_message is 'Of the status that holds; else the platform''s word for it is in told';
comment on column send_records.sent_at is 'When the message itself was told of; null: only receipts were';
comment on column send_records.status_at is 'When a receipt last came with a status, by the best time there is';
comment on column send_records.first_seen_at is 'The earliest event known, by the best time there is: the platform''s, else the sender''s, else the arrival';
comment on column send_records.last_seen_at is 'The latest event known';
comment on column send_records.receipt_count is 'How many events were merged: all in receipts';
comment on column send_records.created_trace_id is 'W3C trace id of the earliest event';
comment on column send_records.updated_trace_id is 'W3C trace id of the latest event';
comment on column send_records.created_at is 'When the row was made';
comment on column send_records.updated_at is 'When an event was last merged';
