-- People who asked to be forgotten (`wxpipe erase`): who they were can't be read here, but facts of theirs that come once more are
-- recognised. What was received until erased_at loses the person; what comes later is stored as of anybody.

create table wxpipe.erasures (
  number         bigint         not null primary key,
  account        text           not null collate "C",
  subject_hash   text           not null collate "C",
  subject_length integer        not null,
  pseudonym      text           not null unique collate "C",
  erased_at      timestamptz(6) not null,
  command_id     uuid           not null,
  operator       text           not null collate "C",
  reason         text           not null collate "C",
  counts         jsonb,
  created_at     timestamptz(6) not null default now(),
  updated_at     timestamptz(6) not null default now()
);
create index erasures_subject on wxpipe.erasures (subject_hash, account, erased_at);
comment on table wxpipe.erasures is 'People who were erased, a row for each account''s id of a person. Sinks ask it before they store a fact that was received until then. Not to be thinned out: a replay could bring somebody back.';
comment on column wxpipe.erasures.number is 'In the order in which it was done';
comment on column wxpipe.erasures.account is 'The account''s name in the configuration';
comment on column wxpipe.erasures.subject_hash is 'HMAC-SHA256 of the person''s id under the key in wxpipe.erasure_key: it tells whether an id is the same, never which it is';
comment on column wxpipe.erasures.subject_length is 'The id''s length in bytes: most other texts needn''t be hashed';
comment on column wxpipe.erasures.pseudonym is 'What stands in the place of the id now. Random: it leads nowhere';
comment on column wxpipe.erasures.erased_at is 'What was received until then is erased';
comment on column wxpipe.erasures.command_id is 'The command in audit_logs';
comment on column wxpipe.erasures.operator is 'The login of the person who ran the command';
comment on column wxpipe.erasures.reason is 'Why, in the words of the person';
comment on column wxpipe.erasures.counts is 'Table -> rows of the whole command; null: it was interrupted and has to be said again';
comment on column wxpipe.erasures.created_at is 'When the row was made';
comment on column wxpipe.erasures.updated_at is 'When the counts were added';

-- Whose a mass sending's receivers are. Partial: other messages cost a comparison.
create index send_records_receiver on send_records (account, receiver) where receiver <> '';

create table wxpipe.erasure_key (
  only_one   boolean        not null primary key default true check (only_one),
  key        bytea          not null,
  created_at timestamptz(6) not null default now(),
  updated_at timestamptz(6) not null default now()
);
-- gen_random_uuid has 122 random bits, and there is no other source without an extension.
insert into wxpipe.erasure_key (key) values (sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));
comment on table wxpipe.erasure_key is 'The key of wxpipe.erasures.subject_hash, one row, random, made with the table. Whoever has it can test whether a certain id was erased: keep it from those who only read the tables.';
comment on column wxpipe.erasure_key.only_one is 'True: there is one row';
comment on column wxpipe.erasure_key.key is '32 random bytes';
comment on column wxpipe.erasure_key.created_at is 'When the row was made';
comment on column wxpipe.erasure_key.updated_at is 'When it took over the key of another database';
