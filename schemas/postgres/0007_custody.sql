-- Custody (docs/decisions/0004-custody-marks.md): what each ingest process acknowledged, and what it takes to hold that
-- against the rows.

create table wxpipe.custody_marks (
  instance       text           not null,
  boot           text           not null,
  number         bigint         not null,
  first_sequence bigint         not null,
  next_sequence  bigint         not null,
  received_from  timestamptz(6) not null,
  received_to    timestamptz(6) not null,
  marked_at      timestamptz(6) not null,
  last           boolean        not null,
  spool_events   bigint,
  mark           jsonb          not null,
  unaccounted    bigint         not null default 0,
  settled_at     timestamptz(6),
  created_at     timestamptz(6) not null default now(),
  updated_at     timestamptz(6) not null default now(),
  primary key (instance, boot, number)
);
create index custody_marks_received_from on wxpipe.custody_marks (received_from, instance, boot, number);
create index custody_marks_unsettled on wxpipe.custody_marks (received_from) where settled_at is null;
comment on table wxpipe.custody_marks is
  'What each ingest process answered to each of its callbacks, a stretch of receipts in each row. `wxpipe audit` holds it against the rows of messages, dead_letters and wxpipe.duplicate_receipts.';
comment on column wxpipe.custody_marks.instance is 'The ingest process''s name: the first part of its receipts';
comment on column wxpipe.custody_marks.boot is 'When it was started: the second part of its receipts';
comment on column wxpipe.custody_marks.number is 'Of the boot''s marks, without gaps';
comment on column wxpipe.custody_marks.first_sequence is 'The first sequence it decides; sequences are the third part of receipts';
comment on column wxpipe.custody_marks.next_sequence is 'The first sequence that it doesn''t decide any more';
comment on column wxpipe.custody_marks.received_from is 'When the earliest of the acknowledged callbacks was received; marked_at where there are none';
comment on column wxpipe.custody_marks.received_to is 'When the latest of them was received';
comment on column wxpipe.custody_marks.marked_at is 'When the process made it';
comment on column wxpipe.custody_marks.last is 'A clean stop: nothing of this boot comes after it';
comment on column wxpipe.custody_marks.spool_events is 'Events that waited in the instance''s spool once all of these were decided; null: it has no spool';
comment on column wxpipe.custody_marks.mark is 'The mark as it came: wxpipe.custody_mark.v1 in schemas/kafka';
comment on column wxpipe.custody_marks.unaccounted is 'Acknowledged receipts of it that were found nowhere at the last look: wxpipe_unaccounted is the sum';
comment on column wxpipe.custody_marks.settled_at is 'When each of its acknowledged receipts had been found';
comment on column wxpipe.custody_marks.created_at is 'When the row was made';
comment on column wxpipe.custody_marks.updated_at is 'When it was last looked into';

-- Rows come in about the order of received_at, so an entry for each megabyte is enough to read only those of a time range, and
-- costs a row nothing (docs/decisions/0004-custody-marks.md).
create index messages_received_at on messages using brin (received_at) with (autosummarize = on);
create index dead_letters_receipt on dead_letters (receipt);
