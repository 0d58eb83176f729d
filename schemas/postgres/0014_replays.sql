-- Places on the topics with a name, and how far replays have come.

create table wxpipe.bookmarks (
  name       text           primary key collate "C",
  at         timestamptz(6) not null,
  set_by     text           not null collate "C",
  offsets    jsonb          not null default '{}',
  created_at timestamptz(6) not null default now(),
  updated_at timestamptz(6) not null default now()
);
comment on table wxpipe.bookmarks is 'Places on the topics with a name, for wxpipe replay --from bookmark:NAME.';
comment on column wxpipe.bookmarks.name is 'What people call it';
comment on column wxpipe.bookmarks.at is 'When it was set';
comment on column wxpipe.bookmarks.set_by is 'The login of the person, or the command that set it by itself';
comment on column wxpipe.bookmarks.offsets is 'Topic -> the next offset of each partition, in order; empty: only the time is known';
comment on column wxpipe.bookmarks.created_at is 'When the row was made';
comment on column wxpipe.bookmarks.updated_at is 'When it was last moved';

create table wxpipe.replays (
  replay      text           not null collate "C",
  topic       text           not null collate "C",
  partition   integer        not null,
  next_offset bigint         not null,
  end_offset  bigint         not null,
  created_at  timestamptz(6) not null default now(),
  updated_at  timestamptz(6) not null default now(),
  primary key (replay, topic, partition)
);
comment on table wxpipe.replays is 'How far each wxpipe replay has come: --resume goes on there.';
comment on column wxpipe.replays.replay is 'What was asked for, in words';
comment on column wxpipe.replays.topic is 'Kafka topic';
comment on column wxpipe.replays.partition is 'Kafka partition';
comment on column wxpipe.replays.next_offset is 'The record to go on with: all before it are done';
comment on column wxpipe.replays.end_offset is 'Where it ends';
comment on column wxpipe.replays.created_at is 'When the row was made';
comment on column wxpipe.replays.updated_at is 'When it last moved';
