-- `wxpipe trace` says which replays read a record again: where each began, and who asked for it. Of older ones it is only
-- known where they began if they began with the oldest record.
alter table wxpipe.replays
  add column begin_offset bigint,
  add column begun_at timestamptz(6) not null default now(),
  add column operator text not null default '' collate "C";
update wxpipe.replays set begun_at = created_at, begin_offset = case when strpos(replay, ' from=') = 0 then 0 end;
create index replays_record on wxpipe.replays (topic, partition);
comment on column wxpipe.replays.begin_offset is 'Its first record; null: begun before this was kept';
comment on column wxpipe.replays.begun_at is 'When the latest replay of these words began; --resume leaves it';
comment on column wxpipe.replays.operator is 'The login of the person who asked for it last';
