-- Contacts, members, departments, tags, group chats and their members, and authorised accounts: each has a row in `directory`, merged
-- from everything that callbacks told of it (`directory_history`). A row keeps, beside the value of each field, what decides which
-- value is newer. So merging commutes, repeats are harmless, and nothing is looked up, however long the history is.

create function wxpipe.told_order(told_at timestamptz, rank integer) returns text language sql stable parallel safe as $$
  select to_char(told_at at time zone 'UTC', 'YYYYMMDDHH24MISSUS') || to_char(rank, 'FM000')
$$;
comment on function wxpipe.told_order(timestamptz, integer) is
  'A text that sorts (by bytes) by time, then rank: by it the newest value wins';

create function wxpipe.told_entries(fields jsonb, sort_key text, event_id uuid) returns jsonb language sql immutable parallel safe as $$
  select coalesce(jsonb_object_agg(f.key, jsonb_build_array(sort_key, event_id, f.value)), '{}') from jsonb_each(fields) f
$$;
comment on function wxpipe.told_entries(jsonb, text, uuid) is
  'The fields that one event told, each as [what it is ordered by, event, value]: what wxpipe.newest merges';

-- In plpgsql, because its plan is kept.
create function wxpipe.newest_of(a jsonb, b jsonb) returns jsonb language plpgsql immutable strict parallel safe as $$
begin
  if a = '{}' then return b; end if;
  return a || (
    select coalesce(jsonb_object_agg(n.key, n.value), '{}') from jsonb_each(b) n
    where not a ? n.key
      or ((n.value ->> 0) collate "C", (n.value ->> 1) collate "C", (n.value -> 2)::text collate "C")
        > ((a -> n.key ->> 0) collate "C", (a -> n.key ->> 1) collate "C", (a -> n.key -> 2)::text collate "C"));
end $$;
comment on function wxpipe.newest_of(jsonb, jsonb) is
  'Two objects of fields ([what it is ordered by, event, value]) as one: of each field the greater one. It commutes';

create aggregate wxpipe.newest(jsonb) (sfunc = wxpipe.newest_of, stype = jsonb, initcond = '{}', parallel = safe);
comment on aggregate wxpipe.newest(jsonb) is 'wxpipe.newest_of over many rows';

create function wxpipe.told_values(told jsonb) returns jsonb language sql immutable parallel safe as $$
  select coalesce(jsonb_object_agg(f.key, f.value -> 2), '{}') from jsonb_each(told) f
$$;
comment on function wxpipe.told_values(jsonb) is 'The fields of a merged row (directory.told, send_records.told) with their values alone';

create table directory_history (
  account     text           not null collate "C",
  tenant      text           not null default '' collate "C",
  kind        text           not null collate "C",
  id          text           not null collate "C",
  part        text           not null default '' collate "C",
  event_id    uuid           not null,
  occurred_at timestamptz(6) not null,
  received_at timestamptz(6) not null,
  change      text           not null,
  rank        integer        not null,
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
  primary key (account, kind, id, part, tenant, event_id)
) partition by hash (account);
create index directory_history_occurred_at on directory_history (account, occurred_at);
comment on table directory_history is 'Everything that was told of contacts, members, departments, tags, group chats and authorised accounts, once. Partitioned by the hash of the account: directory_history_pNN. Not to be thinned out: directory could not be made anew.';
comment on column directory_history.account is 'The account''s name in the configuration';
comment on column directory_history.tenant is 'The authorised account; empty where there is none';
comment on column directory_history.kind is 'What it is: contact, member, department, tag, member_tag, tag_holder, group, group_member, authorization';
comment on column directory_history.id is 'Which one, as its corporation or instance names it; of an authorization the authorised account';
comment on column directory_history.part is 'Of a contact whose it is (the member, or the login of an instance), of a group_member the member, of a tag_holder who has the tag (user:… or department:…); else empty';
comment on column directory_history.event_id is 'The row of messages it came from';
comment on column directory_history.occurred_at is 'When, by the platform''s clock (whole seconds); for instances when it was first received';
comment on column directory_history.received_at is 'When it was received';
comment on column directory_history.change is 'What happened: added, edited, joined, left, created, deleted …';
comment on column directory_history.rank is '0: only told of; 10: half begun, or renewed; 20: it begins; 30: it ends. The greater wins at equal times';
comment on column directory_history.told is 'The fields that were told, by the sender''s names, and our own state and change where these change';
comment on column directory_history.timeless is 'The platform gives no time for this kind of event';
comment on column directory_history.stated_at is 'When it happened, by the sender''s clock; null where there is a platform''s time, or the sender states none';
comment on column directory_history.platform is 'Who told us';
comment on column directory_history.event_type is 'The event''s type, as in messages.type';
comment on column directory_history.subject is 'Whom the event is about';
comment on column directory_history.receipt is 'Custody: receipt of the callback';
comment on column directory_history.trace_id is 'W3C trace id';
comment on column directory_history.created_at is 'When the row was made';
comment on column directory_history.updated_at is 'When the row was changed; never';

create table directory (
  account          text           not null collate "C",
  tenant           text           not null default '' collate "C",
  kind             text           not null collate "C",
  id               text           not null collate "C",
  part             text           not null default '' collate "C",
  platform         text           not null,
  told             jsonb          not null default '{}',
  state            text           generated always as (told #>> '{state,2}') stored,
  name             text           generated always as (nullif(coalesce(told #>> '{nickname,2}', told #>> '{group_name,2}', told #>> '{Name,2}', told #>> '{name,2}'), '')) stored,
  first_seen_at    timestamptz(6) not null,
  last_seen_at     timestamptz(6) not null,
  first_began_at   timestamptz(6),
  began_at         timestamptz(6),
  ended_at         timestamptz(6),
  change_count     bigint         not null,
  created_trace_id text,
  updated_trace_id text,
  created_at       timestamptz(6) not null default now(),
  updated_at       timestamptz(6) not null default now(),
  primary key (account, kind, id, part, tenant)
) partition by hash (account);
create index directory_part on directory (account, part, kind, id) where part <> '';
create index directory_last_seen_at on directory (account, kind, last_seen_at);
comment on table directory is 'Contacts, members, departments, tags, group chats and their members, authorised accounts, as of the newest that was told: a function of the set of rows in directory_history. Partitioned by the hash of the account: directory_pNN. Views contacts, members, departments, tags, groups, group_members and authorizations show each kind.';
comment on column directory.account is 'The account''s name in the configuration';
comment on column directory.tenant is 'The authorised account; empty where there is none';
comment on column directory.kind is 'What it is: contact, member, department, tag, member_tag, tag_holder, group, group_member, authorization';
comment on column directory.id is 'Which one, as its corporation or instance names it; of an authorization the authorised account';
comment on column directory.part is 'Of a contact whose it is, of a group_member the member, of a tag_holder who has the tag; else empty';
comment on column directory.platform is 'Who told us';
comment on column directory.told is 'Of each field [what it is ordered by, event, value], the newest; wxpipe.told_values(told) has the values';
comment on column directory.state is 'present, removed; of contacts following, left, pending; of authorizations granted, revoked. Null: nothing has said yet';
comment on column directory.name is 'What it is called, newest told; null where nobody told it';
comment on column directory.first_seen_at is 'The earliest event known, by the best time there is: the platform''s, else the sender''s, else the arrival';
comment on column directory.last_seen_at is 'The latest event known';
comment on column directory.first_began_at is 'When it first began: added, created, joined, granted';
comment on column directory.began_at is 'When it last began';
comment on column directory.ended_at is 'When it last ended: removed, deleted, left, dismissed, revoked';
comment on column directory.change_count is 'How many events were merged: all in directory_history';
comment on column directory.created_trace_id is 'W3C trace id of the earliest event';
comment on column directory.updated_trace_id is 'W3C trace id of the latest event';
comment on column directory.created_at is 'When the row was made';
comment on column directory.updated_at is 'When an event was last merged';

create table wxpipe.tickets (
  account     text           not null collate "C",
  kind        text           not null collate "C",
  ticket      text           not null,
  tenant      text           not null default '',
  event_id    uuid           not null,
  occurred_at timestamptz(6) not null,
  received_at timestamptz(6) not null,
  timeless    boolean        not null default false,
  stated_at   timestamptz(6),
  platform    text           not null,
  event_type  text           not null,
  subject     text           not null default '',
  receipt     text,
  trace_id    text,
  created_at  timestamptz(6) not null default now(),
  updated_at  timestamptz(6) not null default now(),
  primary key (account, kind)
);
comment on table wxpipe.tickets is 'The newest ticket of each third-party platform and suite, sealed. Apart from the business''s tables, so that rights on those give nobody a ticket.';
comment on column wxpipe.tickets.account is 'The account''s name in the configuration';
comment on column wxpipe.tickets.kind is 'Whose ticket: component (a third-party platform''s), suite';
comment on column wxpipe.tickets.ticket is 'The ticket, sealed with the key of the sealing process';
comment on column wxpipe.tickets.tenant is 'The authorised account; empty where there is none';
comment on column wxpipe.tickets.event_id is 'The row of messages it came from';
comment on column wxpipe.tickets.occurred_at is 'When, by the platform''s clock';
comment on column wxpipe.tickets.received_at is 'When it was received';
comment on column wxpipe.tickets.timeless is 'The platform gives no time for this kind of event';
comment on column wxpipe.tickets.stated_at is 'When it happened, by the sender''s clock; null where there is a platform''s time, or the sender states none';
comment on column wxpipe.tickets.platform is 'Who told us';
comment on column wxpipe.tickets.event_type is 'The event''s type, as in messages.type';
comment on column wxpipe.tickets.subject is 'Nobody';
comment on column wxpipe.tickets.receipt is 'Custody: receipt of the callback';
comment on column wxpipe.tickets.trace_id is 'W3C trace id';
comment on column wxpipe.tickets.created_at is 'When the row was made';
comment on column wxpipe.tickets.updated_at is 'When a newer ticket came';

comment on column wxpipe.ledger.family is 'Which sink: messages, followers, leads, logs, dead_letters, custody, directory, receipts';
