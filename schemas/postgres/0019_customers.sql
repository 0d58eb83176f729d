-- Who is who: people seen through several accounts. An identity is a person as one account knows them. Events tell things of
-- identities (identity_links): a union id, a phone, a name. Identities that hold the same value of a kind that says who
-- somebody is are one customer, and so are those that are joined through others. A customer's id is the least of its
-- identities' ids, so it doesn't depend on what came first. A value that more than 20 identities hold joins none of them,
-- and neither do the values of a kind of which one identity holds more than 3: a number typed to fill a form, a tablet that
-- many people use.

create table identity_links (
  account     text           not null collate "C",
  tenant      text           not null default '' collate "C",
  subject     text           not null collate "C",
  kind        text           not null collate "C",
  value       text           not null collate "C",
  event_id    uuid           not null,
  identity_id uuid           not null,
  occurred_at timestamptz(6) not null,
  received_at timestamptz(6) not null,
  stated_at   timestamptz(6),
  created_at  timestamptz(6) not null default now(),
  updated_at  timestamptz(6) not null default now(),
  timeless    boolean        not null default false,
  links       boolean        not null,
  platform    text           not null collate "C",
  event_type  text           not null collate "C",
  source      text           not null collate "C",
  receipt     text           collate "C",
  trace_id    text           collate "C",
  primary key (account, tenant, subject, kind, value, event_id)
);
comment on table identity_links is 'What events told of who somebody is, once each: the evidence. identities and customers are computed from it.';
comment on column identity_links.account is 'The account''s name in the configuration';
comment on column identity_links.tenant is 'The authorised account; empty where there is none';
comment on column identity_links.subject is 'The person, as this account knows them: openid, external user id, phone …';
comment on column identity_links.kind is 'What was told: openid, external_userid, unionid, wxid, phone, email, wechat, name, remark, nickname, company, tags';
comment on column identity_links.value is 'Its value: ids as they are, external_userid behind its corporation, phones as digits, tags as a JSON list';
comment on column identity_links.event_id is 'The row of messages it came from';
comment on column identity_links.identity_id is 'From account, tenant and subject: the row of identities';
comment on column identity_links.occurred_at is 'When, by the platform''s clock';
comment on column identity_links.received_at is 'When it was received';
comment on column identity_links.stated_at is 'When it happened, by the sender''s clock; null where there is a platform''s time, or the sender states none';
comment on column identity_links.created_at is 'When the row was made';
comment on column identity_links.updated_at is 'When the row was changed; never';
comment on column identity_links.timeless is 'The platform gives no time for this kind of event';
comment on column identity_links.links is 'Whether it says who somebody is: others with the same value are the same person. Else it only describes, or is a hint';
comment on column identity_links.platform is 'Who told us';
comment on column identity_links.event_type is 'The event''s type, as in messages.type';
comment on column identity_links.source is 'Where in the event: subject, field, form, text, contact';
comment on column identity_links.receipt is 'Custody: receipt of the callback';
comment on column identity_links.trace_id is 'W3C trace id';

-- What is told of an identity, a row for each value: which identities hold which values.
create table wxpipe.identity_values (
  identity_id      uuid           not null,
  kind             text           not null collate "C",
  value            text           not null collate "C",
  evidence         bigint         not null,
  linking_evidence bigint         not null,
  verdict          text           collate "C" check (verdict in ('confirmed', 'refuted')),
  links            boolean        generated always as (
    case verdict when 'confirmed' then true when 'refuted' then false else linking_evidence > 0 end) stored,
  first_told_at    timestamptz(6) not null,
  first_event_id   uuid           not null,
  last_told_at     timestamptz(6) not null,
  last_event_id    uuid           not null,
  created_trace_id text           collate "C",
  updated_trace_id text           collate "C",
  created_at       timestamptz(6) not null default now(),
  updated_at       timestamptz(6) not null default now(),
  primary key (identity_id, kind, value)
);
create index identity_values_newest on wxpipe.identity_values (identity_id, kind, links desc, last_told_at desc, last_event_id desc, value desc);
create index identity_values_holders on wxpipe.identity_values (kind, value, identity_id) where links;
create index identity_values_hints on wxpipe.identity_values (kind, value) where not links and kind in ('phone', 'email', 'wechat', 'wxid');
comment on table wxpipe.identity_values is 'Each value that was told of an identity, with its evidence: a function of the set of rows in identity_links, and of people''s verdicts.';
comment on column wxpipe.identity_values.identity_id is 'The row of identities';
comment on column wxpipe.identity_values.kind is 'What was told, as in identity_links';
comment on column wxpipe.identity_values.value is 'Its value';
comment on column wxpipe.identity_values.evidence is 'How many events told it';
comment on column wxpipe.identity_values.linking_evidence is 'How many of them in a way that says who somebody is';
comment on column wxpipe.identity_values.verdict is 'What a person decided (wxpipe.identity_verdicts): confirmed, refuted; null: nobody did';
comment on column wxpipe.identity_values.links is 'Whether identities with this value are the same person: the verdict, else whether there is linking evidence';
comment on column wxpipe.identity_values.first_told_at is 'When it was first told (wxpipe.told_at)';
comment on column wxpipe.identity_values.first_event_id is 'By which event';
comment on column wxpipe.identity_values.last_told_at is 'When it was last told (wxpipe.told_at)';
comment on column wxpipe.identity_values.last_event_id is 'By which event';
comment on column wxpipe.identity_values.created_trace_id is 'W3C trace id of the first event';
comment on column wxpipe.identity_values.updated_trace_id is 'W3C trace id of the last event';
comment on column wxpipe.identity_values.created_at is 'When the row was made';
comment on column wxpipe.identity_values.updated_at is 'When evidence was last added, or a verdict given';

create table wxpipe.identity_verdicts (
  identity_id uuid           not null,
  kind        text           not null collate "C",
  value       text           not null collate "C",
  verdict     text           not null collate "C" check (verdict in ('confirmed', 'refuted', 'open')),
  command_id  uuid           not null,
  created_at  timestamptz(6) not null default now(),
  updated_at  timestamptz(6) not null default now(),
  primary key (identity_id, kind, value)
);
comment on table wxpipe.identity_verdicts is 'What people decided about links, with wxpipe customers judge. It holds for evidence that is yet to come, too. audit_logs says who and why.';
comment on column wxpipe.identity_verdicts.identity_id is 'The row of identities';
comment on column wxpipe.identity_verdicts.kind is 'Of which kind the value is, as in identity_links';
comment on column wxpipe.identity_verdicts.value is 'The value';
comment on column wxpipe.identity_verdicts.verdict is 'confirmed: it is theirs. refuted: it isn''t. open: as if nobody had decided';
comment on column wxpipe.identity_verdicts.command_id is 'The command in audit_logs';
comment on column wxpipe.identity_verdicts.created_at is 'When it was first decided';
comment on column wxpipe.identity_verdicts.updated_at is 'When it was last decided';

create table identities (
  identity_id      uuid           not null primary key,
  account          text           not null collate "C",
  tenant           text           not null default '' collate "C",
  subject          text           not null collate "C",
  platform         text           not null collate "C",
  customer_id      uuid           not null,
  first_seen_at    timestamptz(6) not null,
  last_seen_at     timestamptz(6) not null,
  created_trace_id text           collate "C",
  updated_trace_id text           collate "C",
  created_at       timestamptz(6) not null default now(),
  updated_at       timestamptz(6) not null default now()
);
create unique index identities_subject on identities (account, subject, tenant);
create index identities_customer on identities (customer_id);
comment on table identities is 'Each person as one account knows them, and whose identity it is. An id that a customer once had is that of one of its identities: so it can always be looked up here.';
comment on column identities.identity_id is 'From account, tenant and subject: wxpipe.eid(''identity'', account, tenant, subject)';
comment on column identities.account is 'The account''s name in the configuration';
comment on column identities.tenant is 'The authorised account; empty where there is none';
comment on column identities.subject is 'The person: openid, external user id, phone or whatever the channel identifies by';
comment on column identities.platform is 'Who told us';
comment on column identities.customer_id is 'The row of customers: the least identity_id of all that are linked';
comment on column identities.first_seen_at is 'The earliest event that told who they are';
comment on column identities.last_seen_at is 'The latest';
comment on column identities.created_trace_id is 'W3C trace id of the earliest event';
comment on column identities.updated_trace_id is 'W3C trace id of the latest event';
comment on column identities.created_at is 'When the row was made';
comment on column identities.updated_at is 'When an event was last merged, or the customer became another one';

create table customers (
  customer_id      uuid           not null primary key,
  identity_count   bigint         not null,
  first_seen_at    timestamptz(6) not null,
  name             text           collate "C",
  phone            text           collate "C",
  email            text           collate "C",
  wechat           text           collate "C",
  company          text           collate "C",
  created_trace_id text           collate "C",
  updated_trace_id text           collate "C",
  created_at       timestamptz(6) not null default now(),
  updated_at       timestamptz(6) not null default now()
);
create index customers_first_seen on customers (first_seen_at);
create index customers_phone on customers (phone) where phone is not null;
create index customers_wechat on customers (wechat) where wechat is not null;
create index customers_name on customers (name) where name is not null;
comment on table customers is 'One person over all accounts: the identities that are linked. Computed from identities and what was told of them.';
comment on column customers.customer_id is 'The least identity_id of its identities';
comment on column customers.identity_count is 'How many identities it has';
comment on column customers.first_seen_at is 'The earliest event about any of them';
comment on column customers.name is 'Newest told: name; else how staff call them (remark), else the nickname';
comment on column customers.phone is 'Newest told by themselves, else the newest found elsewhere';
comment on column customers.email is 'Newest told: e-mail';
comment on column customers.wechat is 'Newest told: WeChat id';
comment on column customers.company is 'Newest told: company';
comment on column customers.created_trace_id is 'W3C trace id of the earliest event of its first identity';
comment on column customers.updated_trace_id is 'W3C trace id of the earliest event of its latest identity';
comment on column customers.created_at is 'When the row was made';
comment on column customers.updated_at is 'When the row was last changed';

-- Those that hold a value with it, by links that count. A few rows of each index, however often a value or an identity occurs.
create function wxpipe.linked_identities(identity uuid) returns setof uuid language sql stable parallel safe rows 2 as $$
  select other.identity_id
  from unnest(array['openid', 'external_userid', 'unionid', 'wxid', 'phone', 'email', 'wechat']) as kind(kind)
  cross join lateral (
    select array_agg(v.value) as held from (
      -- kind || '': found by the identity, never by everybody who holds something of this kind.
      select v.value from wxpipe.identity_values v
      where v.identity_id = $1 and v.kind || '' = kind.kind and v.links limit 4) v) mine
  cross join lateral unnest(mine.held) as shared(value)
  cross join lateral (
    select array_agg(h.identity_id) as ids from (
      select h.identity_id from wxpipe.identity_values h
      where h.kind = kind.kind and h.value = shared.value and h.links limit 21) h) holders
  cross join lateral unnest(holders.ids) as other(identity_id)
  cross join lateral (
    select count(*) as held from (
      select from wxpipe.identity_values v
      where v.identity_id = other.identity_id and v.kind || '' = kind.kind and v.links limit 4) v) theirs
  where cardinality(mine.held) <= 3 and cardinality(holders.ids) <= 20 and theirs.held <= 3 and other.identity_id <> $1
$$;
comment on function wxpipe.linked_identities(uuid) is
  'The identities that share a linking value with this one. A value that more than 20 hold joins nobody, nor do the values of a kind of which one holds more than 3';

-- The rows of these customers, from their identities. Writes only what differs.
create function wxpipe.show_customers(which uuid[]) returns bigint language plpgsql as $$
declare
  changed bigint;
begin
  delete from customers c using unnest(which) as gone(customer_id)
  where c.customer_id = gone.customer_id and not exists (select from identities i where i.customer_id = gone.customer_id);
  insert into customers as c (customer_id, identity_count, first_seen_at, name, phone, email, wechat, company,
    created_trace_id, updated_trace_id)
  select t.customer_id, m.identities, m.first_seen_at, coalesce(told.name, told.remark, told.nickname), told.phone, told.email,
    told.wechat, told.company, m.first_trace, m.last_trace
  from (select distinct w.customer_id from unnest(which) as w(customer_id) order by 1) t
  cross join lateral (
    select count(*) as identities, min(i.first_seen_at) as first_seen_at, array_agg(i.identity_id) as ids,
      (array_agg(i.created_trace_id order by i.first_seen_at, i.identity_id))[1] as first_trace,
      (array_agg(i.created_trace_id order by i.first_seen_at desc, i.identity_id desc))[1] as last_trace
    from (
      select i.identity_id, i.first_seen_at, i.created_trace_id from identities i
      where i.customer_id = t.customer_id offset 0) i) m
  cross join lateral (
    select min(n.value) filter (where kind.kind = 'name') as name, min(n.value) filter (where kind.kind = 'remark') as remark,
      min(n.value) filter (where kind.kind = 'nickname') as nickname, min(n.value) filter (where kind.kind = 'phone') as phone,
      min(n.value) filter (where kind.kind = 'email') as email, min(n.value) filter (where kind.kind = 'wechat') as wechat,
      min(n.value) filter (where kind.kind = 'company') as company
    from unnest(array['name', 'remark', 'nickname', 'phone', 'email', 'wechat', 'company']) as kind(kind)
    cross join lateral (
      select v.value from unnest(m.ids) as mine(identity_id)
      cross join lateral (
        select v.value, v.links, v.last_told_at, v.last_event_id from wxpipe.identity_values v
        where v.identity_id = mine.identity_id and v.kind = kind.kind and v.verdict is distinct from 'refuted'
        order by v.links desc, v.last_told_at desc, v.last_event_id desc, v.value desc limit 1) v
      order by v.links desc, v.last_told_at desc, v.last_event_id desc, v.value desc limit 1) n) told
  where m.identities > 0
  on conflict (customer_id) do update set
    identity_count = excluded.identity_count, first_seen_at = excluded.first_seen_at, name = excluded.name,
    phone = excluded.phone, email = excluded.email, wechat = excluded.wechat, company = excluded.company,
    created_trace_id = excluded.created_trace_id, updated_trace_id = excluded.updated_trace_id, updated_at = now()
  where (c.identity_count, c.first_seen_at, c.name, c.phone, c.email, c.wechat, c.company, c.created_trace_id, c.updated_trace_id)
    is distinct from (excluded.identity_count, excluded.first_seen_at, excluded.name, excluded.phone, excluded.email,
      excluded.wechat, excluded.company, excluded.created_trace_id, excluded.updated_trace_id);
  get diagnostics changed = row_count;
  return changed;
end $$;
comment on function wxpipe.show_customers(uuid[]) is
  'Makes the rows of these customers anew from their identities; one without identities is taken away. Returns how many rows it wrote';

-- Which identities of these customers belong together, anew. It must be given every customer that a new or a lost link
-- touches: then no link leads out of them. The caller holds wxpipe.lock_customers().
create function wxpipe.rebuild_customers(which uuid[]) returns bigint language plpgsql as $$
declare
  left_over uuid[] := array(
    select i.identity_id from (select distinct w.customer_id from unnest(which) as w(customer_id)) w
    cross join lateral (select i.identity_id from identities i where i.customer_id = w.customer_id offset 0) i
    order by 1);
  found uuid[];
  made uuid[] := '{}';
begin
  while cardinality(left_over) > 0 loop
    with recursive reached(identity_id) as (
      select left_over[1]
      union
      select l.identity_id from reached r cross join lateral wxpipe.linked_identities(r.identity_id) as l(identity_id))
    select array_agg(r.identity_id order by r.identity_id) into found from reached r;
    update identities set customer_id = found[1], updated_at = now()
    where identity_id = any (found) and customer_id <> found[1];
    made := made || found[1];
    left_over := array(select u.identity_id from unnest(left_over) as u(identity_id) where u.identity_id <> all (found) order by 1);
  end loop;
  return wxpipe.show_customers(which || made);
end $$;
comment on function wxpipe.rebuild_customers(uuid[]) is
  'Computes anew which identities of these customers belong together, and their rows. Returns how many rows it wrote';

-- Two transactions that each tell of one half of a link would not see each other's; so one waits for the other.
create function wxpipe.lock_customers() returns bigint language sql volatile as $$
  select count(*) from (select pg_advisory_xact_lock('identities'::regclass::oid::bigint) offset 0) locked
$$;
comment on function wxpipe.lock_customers() is
  'One transaction at a time merges identities; the lock ends with the transaction';
