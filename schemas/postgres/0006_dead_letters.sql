-- What can never become rows, with its original bytes and the reason. Nothing is dropped quietly.

create table dead_letters (
  dead_letter_id uuid           not null primary key,
  occurred_at    timestamptz(6) not null,
  failed_at      timestamptz(6) not null,
  created_at     timestamptz(6) not null default now(),
  updated_at     timestamptz(6) not null default now(),
  stage          text           not null,
  reason         text           not null,
  detail         text,
  sqlstate       text,
  account        text,
  event_id       uuid,
  topic          text,
  partition      integer,
  record_offset  bigint,
  record_key     text,
  body           bytea          not null,
  context        jsonb          not null default '{}',
  receipt        text,
  trace_id       text
);
create index dead_letters_failed_at on dead_letters (failed_at);
create index dead_letters_account on dead_letters (account, failed_at);
comment on table dead_letters is 'Records that can never succeed as they are: original bytes, reason, and where they came from.';
comment on column dead_letters.dead_letter_id is 'From where it came from and its bytes: equal on every repetition';
comment on column dead_letters.occurred_at is 'The platform''s time where it could be read, else when the bytes were received';
comment on column dead_letters.failed_at is 'When it was given up';
comment on column dead_letters.created_at is 'When the row was made';
comment on column dead_letters.updated_at is 'When the row was changed; never';
comment on column dead_letters.stage is 'Who gave it up: ingest, process, sink.<family>';
comment on column dead_letters.reason is 'From a closed list, explained in docs/operations.md';
comment on column dead_letters.detail is 'For people';
comment on column dead_letters.sqlstate is 'Postgres''s code, where Postgres refused it';
comment on column dead_letters.account is 'The account''s name in the configuration; null where it could not be read';
comment on column dead_letters.event_id is 'The event''s id, where it could be read';
comment on column dead_letters.topic is 'Kafka topic of the record; null at ingest';
comment on column dead_letters.partition is 'Kafka partition of the record';
comment on column dead_letters.record_offset is 'Kafka offset of the record';
comment on column dead_letters.record_key is 'Kafka key of the record; bytes that are no text as \xNN';
comment on column dead_letters.body is 'The bytes as that stage got them: the HTTP body at ingest, the record''s value later';
comment on column dead_letters.context is 'Signed query, headers and the like; secrets sealed';
comment on column dead_letters.receipt is 'Custody: receipt of the callback';
comment on column dead_letters.trace_id is 'W3C trace id';
