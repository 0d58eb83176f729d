-- What retention has dropped: which partitions, and the receipts of the rows that were in them. So an audit knows that
-- they were dropped on purpose, and a trace can say when.

create table wxpipe.dropped_partitions (
  partition   text           not null collate "C",
  detached_at timestamptz(6) not null default now(),
  table_name  text           not null collate "C",
  range_from  timestamptz(6) not null,
  range_to    timestamptz(6) not null,
  keep        text           not null,
  command_id  uuid           not null,
  rows        bigint,
  bytes       bigint,
  dump_file   text,
  dropped_at  timestamptz(6),
  created_at  timestamptz(6) not null default now(),
  updated_at  timestamptz(6) not null default now(),
  primary key (partition, detached_at)
);
create unique index dropped_partitions_detached on wxpipe.dropped_partitions (partition) where dropped_at is null;
create index dropped_partitions_table on wxpipe.dropped_partitions (table_name, range_from);
comment on table wxpipe.dropped_partitions is
  'Partitions that retention has taken away. One stands here twice when rows of its time came later and were dropped again.';
comment on column wxpipe.dropped_partitions.partition is 'The partition''s name: messages_202501';
comment on column wxpipe.dropped_partitions.detached_at is 'Since when its rows are no rows of the table any more';
comment on column wxpipe.dropped_partitions.table_name is 'The table it belonged to';
comment on column wxpipe.dropped_partitions.range_from is 'Its rows were of this time or later';
comment on column wxpipe.dropped_partitions.range_to is '… and earlier than this';
comment on column wxpipe.dropped_partitions.keep is 'The setting by which it was old enough: 24 months';
comment on column wxpipe.dropped_partitions.command_id is 'The step in audit_logs that says who did it';
comment on column wxpipe.dropped_partitions.rows is 'How many rows it had';
comment on column wxpipe.dropped_partitions.bytes is 'How much room it took, with its indexes';
comment on column wxpipe.dropped_partitions.dump_file is 'The file that its rows were written to; null: none';
comment on column wxpipe.dropped_partitions.dropped_at is 'When it was dropped; null: it is detached and not dropped yet';
comment on column wxpipe.dropped_partitions.created_at is 'When the row was made';
comment on column wxpipe.dropped_partitions.updated_at is 'When it was last changed';

create table wxpipe.retired_receipts (
  instance    text           not null collate "C",
  boot        text           not null collate "C",
  partition   text           not null collate "C",
  detached_at timestamptz(6) not null,
  sequences   int8multirange not null,
  created_at  timestamptz(6) not null default now(),
  updated_at  timestamptz(6) not null default now(),
  primary key (instance, boot, partition, detached_at)
);
comment on table wxpipe.retired_receipts is
  'Receipts whose rows of messages retention has dropped: audits leave them out. Custody marks that have no other receipts are deleted.';
comment on column wxpipe.retired_receipts.instance is 'The ingest process''s name: the first part of the receipts';
comment on column wxpipe.retired_receipts.boot is 'When it was started: the second part of the receipts';
comment on column wxpipe.retired_receipts.partition is 'The partition of messages that they were dropped with';
comment on column wxpipe.retired_receipts.detached_at is 'As in wxpipe.dropped_partitions';
comment on column wxpipe.retired_receipts.sequences is 'The third part of the receipts. Whole ranges of deleted marks stand here, with dead letters and failed callbacks in them';
comment on column wxpipe.retired_receipts.created_at is 'When the row was made';
comment on column wxpipe.retired_receipts.updated_at is 'When it last grew';
