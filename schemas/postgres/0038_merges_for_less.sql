-- The same rows for less work: who is who, and what is merged field by field.

-- Ids that an account gives are never looked up as the newest of their kind, and most values are such ids.
drop index wxpipe.identity_values_newest;
create index identity_values_newest on wxpipe.identity_values (identity_id, kind, links desc, last_told_at desc, last_event_id desc, value desc)
  where kind not in ('openid', 'external_userid', 'unionid', 'wxid');

-- One pass over the identities of all these customers and what was told of them, sorted once.
create or replace function wxpipe.show_customers(which uuid[]) returns bigint language plpgsql as $$
declare
  changed bigint;
begin
  insert into customers as c (customer_id, identity_count, first_seen_at, name, phone, email, wechat, company,
    created_trace_id, updated_trace_id)
  with members as materialized (
    select t.customer_id, i.identity_id, i.first_seen_at, i.created_trace_id
    from (select distinct w.customer_id from unnest(which) as w(customer_id)) t
    cross join lateral (
      select i.identity_id, i.first_seen_at, i.created_trace_id from identities i
      where i.customer_id = t.customer_id offset 0) i),
  told as materialized (
    select m.customer_id, v.*
    from members m
    cross join lateral (
      select v.identity_id, v.kind, v.links, v.last_told_at, v.last_event_id, v.value, v.verdict from wxpipe.identity_values v
      where v.identity_id = m.identity_id and v.kind not in ('openid', 'external_userid', 'unionid', 'wxid') limit 17) v)
  -- Those of kind 'identity' are the identities themselves, the latest first.
  select r.customer_id, count(*) filter (where r.kind = 'identity'), min(r.at) filter (where r.kind = 'identity'),
    coalesce(min(r.value) filter (where r.kind = 'name' and r.is_first),
      min(r.value) filter (where r.kind = 'remark' and r.is_first),
      min(r.value) filter (where r.kind = 'nickname' and r.is_first)),
    min(r.value) filter (where r.kind = 'phone' and r.is_first), min(r.value) filter (where r.kind = 'email' and r.is_first),
    min(r.value) filter (where r.kind = 'wechat' and r.is_first), min(r.value) filter (where r.kind = 'company' and r.is_first),
    min(r.value) filter (where r.kind = 'identity' and r.is_last), min(r.value) filter (where r.kind = 'identity' and r.is_first)
  from (
    select r.customer_id, r.kind, r.at, r.value, lag(true) over newest is null as is_first, lead(true) over newest is null as is_last
    from (
      select m.customer_id, 'identity' as kind, false as links, m.first_seen_at as at, m.identity_id as id,
        m.created_trace_id as value
      from members m
      union all
      select t.customer_id, t.kind, t.links, t.last_told_at, t.last_event_id, t.value from told t
      where t.verdict is distinct from 'refuted'
      union all
      -- Of whom more was told than was read: the newest of each kind, looked up.
      select many.customer_id, v.kind, v.links, v.last_told_at, v.last_event_id, v.value
      from (select t.customer_id, t.identity_id from told t group by 1, 2 having count(*) > 16) many
      cross join unnest(array['name', 'remark', 'nickname', 'phone', 'email', 'wechat', 'company']) as shown(kind)
      cross join lateral (
        select v.kind, v.links, v.last_told_at, v.last_event_id, v.value from wxpipe.identity_values v
        where v.identity_id = many.identity_id and v.kind = shown.kind and v.verdict is distinct from 'refuted'
          and v.kind not in ('openid', 'external_userid', 'unionid', 'wxid')
        order by v.links desc, v.last_told_at desc, v.last_event_id desc, v.value desc limit 1) v) r
    window newest as (partition by r.customer_id, r.kind order by r.links desc, r.at desc, r.id desc, r.value desc)) r
  group by r.customer_id
  order by r.customer_id
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
  'Makes the rows of these customers anew from their identities. Returns how many rows it wrote';

-- It takes away customers without identities. show_customers did so too, for each row that a batch showed.
create or replace function wxpipe.rebuild_customers(which uuid[]) returns bigint language plpgsql as $$
declare
  seen uuid[] := which;
  left_over uuid[] := array(
    select i.identity_id from (select distinct w.customer_id from unnest(which) as w(customer_id)) w
    cross join lateral (select i.identity_id from identities i where i.customer_id = w.customer_id offset 0) i
    order by 1);
  found uuid[];
  also uuid[];
  made uuid[] := '{}';
begin
  while cardinality(left_over) > 0 loop
    with recursive reached(identity_id) as (
      select left_over[1]
      union
      select l.identity_id from reached r cross join lateral wxpipe.linked_identities(r.identity_id) as l(identity_id))
    select array_agg(r.identity_id order by r.identity_id) into found from reached r;
    also := array(
      select distinct i.customer_id from unnest(found) as f(identity_id)
      cross join lateral (select i.customer_id from identities i where i.identity_id = f.identity_id offset 0) i
      where i.customer_id <> all (seen));
    update identities set customer_id = found[1], updated_at = now()
    where identity_id = any (found) and customer_id <> found[1];
    made := made || found[1];
    left_over := array(select u.identity_id from unnest(left_over) as u(identity_id) where u.identity_id <> all (found) order by 1);
    if cardinality(also) > 0 then
      seen := seen || also;
      left_over := left_over || array(
        select i.identity_id from unnest(also) as a(customer_id)
        cross join lateral (select i.identity_id from identities i where i.customer_id = a.customer_id offset 0) i
        where i.identity_id <> all (found) order by 1);
    end if;
  end loop;
  if cardinality(seen) = 0 then return 0; end if;
  delete from customers c using unnest(seen) as gone(customer_id)
  where c.customer_id = gone.customer_id and not exists (select from identities i where i.customer_id = gone.customer_id);
  return wxpipe.show_customers(seen || made);
end $$;

-- It runs no query: plpgsql computes plain expressions by itself, which costs a third of starting one.
create or replace function wxpipe.newest_of(a jsonb, b jsonb) returns jsonb language plpgsql immutable strict parallel safe as $$
declare
  keys jsonb;
  key text;
  mine jsonb;
  other jsonb;
begin
  if a = '{}' then return b; end if;
  keys := jsonb_path_query_array(b, '$.keyvalue().key');
  for i in 0 .. jsonb_array_length(keys) - 1 loop
    key := keys ->> i;
    mine := a -> key;
    other := b -> key;
    if ((mine ->> 0) collate "C", (mine ->> 1) collate "C", (mine -> 2)::text collate "C")
        >= ((other ->> 0) collate "C", (other ->> 1) collate "C", (other -> 2)::text collate "C") then
      b := b - key;
    end if;
  end loop;
  return a || b;
end $$;
