-- wxpipe's own tables: where each sink stands, what it has accounted for, and ids that need a memory. Everything here
-- changes in the same transaction as the rows it speaks of.

create table wxpipe.sink_offsets (
  group_id    text           not null,
  topic       text           not null,
  partition   integer        not null,
  epoch       bigint         not null default 1,
  next_offset bigint         not null default 0,
  owner       text           not null,
  cluster_id  text           not null default '',
  created_at  timestamptz(6) not null default now(),
  updated_at  timestamptz(6) not null default now(),
  primary key (group_id, topic, partition)
) with (fillfactor = 50);
comment on table wxpipe.sink_offsets is
  'Where each sink stands in each Kafka partition. The first statement of every batch compares and sets a row here, so a sink that lost its partition can commit nothing.';
comment on column wxpipe.sink_offsets.group_id is 'Kafka consumer group: <topic prefix>sink.<family>';
comment on column wxpipe.sink_offsets.topic is 'Kafka topic';
comment on column wxpipe.sink_offsets.partition is 'Kafka partition';
comment on column wxpipe.sink_offsets.epoch is 'Counts the claims: who holds an older epoch is fenced';
comment on column wxpipe.sink_offsets.next_offset is 'The next record to take; 0: from the earliest there is';
comment on column wxpipe.sink_offsets.owner is 'Who claimed it last';
comment on column wxpipe.sink_offsets.cluster_id is 'The Kafka cluster these offsets belong to: another one would mean other records';
comment on column wxpipe.sink_offsets.created_at is 'When it was first claimed';
comment on column wxpipe.sink_offsets.updated_at is 'When it was last claimed or moved';

create table wxpipe.ledger (
  minute       timestamptz(6) not null,
  account      text           not null,
  family       text           not null,
  writer       text           not null,
  acknowledged bigint         not null default 0,
  stored       bigint         not null default 0,
  duplicates   bigint         not null default 0,
  dead_letters bigint         not null default 0,
  created_at   timestamptz(6) not null default now(),
  updated_at   timestamptz(6) not null default now(),
  primary key (minute, account, family, writer)
) with (fillfactor = 70);
comment on table wxpipe.ledger is
  'Custody in numbers: what each sink stored, per account and minute of arrival. For the families messages and dead_letters: acknowledged = stored + duplicates + dead_letters + in flight.';
comment on column wxpipe.ledger.minute is 'Minute in which the callback was received (UTC); for dead letters the minute in which it failed';
comment on column wxpipe.ledger.account is 'The account''s name in the configuration; empty where it could not be read';
comment on column wxpipe.ledger.family is 'Which sink: messages, followers, leads, logs, dead_letters, custody';
comment on column wxpipe.ledger.writer is 'The sink process that wrote it: each has its own rows, so that writers never wait for each other';
comment on column wxpipe.ledger.acknowledged is 'Callbacks answered with success, by the marks of the ingest processes; family custody only';
comment on column wxpipe.ledger.stored is 'Rows that became visible; a repeat of the same record is not counted again';
comment on column wxpipe.ledger.duplicates is 'Other receipts of what was stored already (wxpipe.duplicate_receipts names them); families messages and dead_letters only';
comment on column wxpipe.ledger.dead_letters is 'Records that ended in dead_letters instead';
comment on column wxpipe.ledger.created_at is 'When the row was made';
comment on column wxpipe.ledger.updated_at is 'When it last grew';

create table wxpipe.duplicate_receipts (
  receipt     text           not null primary key,
  event_id    uuid           not null,
  account     text           not null,
  family      text           not null,
  stage       text           not null default 'sink',
  received_at timestamptz(6) not null,
  trace_id    text,
  created_at  timestamptz(6) not null default now(),
  updated_at  timestamptz(6) not null default now()
);
comment on table wxpipe.duplicate_receipts is
  'Receipts of callbacks that repeated what was stored already: with messages.receipt and dead_letters.receipt they name every acknowledged callback.';
comment on column wxpipe.duplicate_receipts.receipt is 'instance/boot/sequence, given when the callback was acknowledged';
comment on column wxpipe.duplicate_receipts.event_id is 'The event (or dead letter) that it repeats';
comment on column wxpipe.duplicate_receipts.account is 'The account''s name in the configuration';
comment on column wxpipe.duplicate_receipts.family is 'messages or dead_letters: where the first one is';
comment on column wxpipe.duplicate_receipts.stage is 'Who met it';
comment on column wxpipe.duplicate_receipts.received_at is 'When this repetition was received';
comment on column wxpipe.duplicate_receipts.trace_id is 'W3C trace id of this repetition';
comment on column wxpipe.duplicate_receipts.created_at is 'When the row was made';
comment on column wxpipe.duplicate_receipts.updated_at is 'When the row was changed; never';

create table wxpipe.timeless_ids (
  family      text           not null,
  id          uuid           not null,
  occurred_at timestamptz(6) not null,
  trace_id    text,
  created_at  timestamptz(6) not null default now(),
  updated_at  timestamptz(6) not null default now(),
  primary key (family, id)
);
create index timeless_ids_occurred_at on wxpipe.timeless_ids (occurred_at);
comment on table wxpipe.timeless_ids is
  'Events of platforms that give no time: the first delivery''s arrival stands for it, and a later delivery finds it here, so that it meets its own row. Kept for the window of [sink] timeless_window.';
comment on column wxpipe.timeless_ids.family is 'Which sink''s rows';
comment on column wxpipe.timeless_ids.id is 'Event id, or the id of what was derived from it';
comment on column wxpipe.timeless_ids.occurred_at is 'When the first delivery was received: the occurred_at of its row';
comment on column wxpipe.timeless_ids.trace_id is 'W3C trace id of that delivery';
comment on column wxpipe.timeless_ids.created_at is 'When the row was made';
comment on column wxpipe.timeless_ids.updated_at is 'When the id came anew after its window';
