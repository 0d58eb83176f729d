-- Who is who (schemas/postgres/0019_customers.sql). Everything is a function of the set of facts: sums over new facts, least
-- and greatest, and connected components, which are computed anew for the customers that a new link touches.

--@ customers_lock over fresh
-- First: what follows must see what others have told.
select wxpipe.lock_customers()

--@ identity_values_upsert over fresh
-- Where people decided nothing, no verdict is looked up.
insert into wxpipe.identity_values as v (identity_id, kind, value, evidence, linking_evidence, verdict, first_told_at,
  first_event_id, last_told_at, last_event_id, created_trace_id, updated_trace_id)
select t.identity_id, t.kind, t.value, t.evidence, t.linking, judged.verdict, t.first_at, t.first_id, t.last_at, t.last_id,
  t.first_trace, t.last_trace
from (
  select distinct on (f.identity_id, f.kind, f.value) f.identity_id, f.kind, f.value,
    count(*) over value as evidence, count(*) filter (where f.links) over value as linking,
    f.at as first_at, f.event_id as first_id, f.trace_id as first_trace,
    last_value(f.at) over value as last_at, last_value(f.event_id) over value as last_id,
    last_value(f.trace_id) over value as last_trace
  from (
    select f.identity_id, f.kind, f.value, f.links, f.event_id, f.trace_id,
      wxpipe.told_at(f.occurred_at, f.timeless, f.stated_at) as at
    from facts f) f
  window value as (partition by f.identity_id, f.kind, f.value order by f.at, f.event_id
    rows between unbounded preceding and unbounded following)
  order by f.identity_id, f.kind, f.value, f.at, f.event_id) t
left join lateral (
  select nullif(j.verdict, 'open') as verdict from wxpipe.identity_verdicts j
  where (select exists (select from wxpipe.identity_verdicts))
    and j.identity_id = t.identity_id and j.kind = t.kind and j.value = t.value offset 0) judged on true
on conflict (identity_id, kind, value) do update set
  evidence = v.evidence + excluded.evidence, linking_evidence = v.linking_evidence + excluded.linking_evidence,
  first_told_at = least(v.first_told_at, excluded.first_told_at),
  first_event_id = case when (excluded.first_told_at, excluded.first_event_id) < (v.first_told_at, v.first_event_id)
    then excluded.first_event_id else v.first_event_id end,
  created_trace_id = case when (excluded.first_told_at, excluded.first_event_id) < (v.first_told_at, v.first_event_id)
    then excluded.created_trace_id else v.created_trace_id end,
  last_told_at = greatest(v.last_told_at, excluded.last_told_at),
  last_event_id = case when (excluded.last_told_at, excluded.last_event_id) > (v.last_told_at, v.last_event_id)
    then excluded.last_event_id else v.last_event_id end,
  updated_trace_id = case when (excluded.last_told_at, excluded.last_event_id) > (v.last_told_at, v.last_event_id)
    then excluded.updated_trace_id else v.updated_trace_id end,
  updated_at = now()

--@ identities_upsert over fresh counts identities
-- A new one is a customer of its own, until a link says otherwise.
insert into identities as i (identity_id, account, tenant, subject, platform, customer_id, first_seen_at, last_seen_at,
  created_trace_id, updated_trace_id)
select t.identity_id, min(t.account), min(t.tenant), min(t.subject), min(t.platform), t.identity_id, min(t.first_at),
  max(t.last_at), nullif(min(t.trace_id) filter (where t.occurred_at = t.first_at), ''),
  nullif(max(t.trace_id) filter (where t.occurred_at = t.last_at), '')
from (
  select f.identity_id, f.account, f.tenant, f.subject, f.platform, f.occurred_at, coalesce(f.trace_id, '') as trace_id,
    min(f.occurred_at) over identity as first_at, max(f.occurred_at) over identity as last_at
  from facts f
  window identity as (partition by f.identity_id)) t
group by t.identity_id
order by t.identity_id
on conflict (identity_id) do update set
  platform = least(i.platform, excluded.platform),
  @first_and_last(i, first_seen_at, last_seen_at),
  updated_at = now()

--@ customers_rebuild over fresh
-- A value links since this batch if all of its evidence is from this batch. Looked at: who holds such a value, if they
-- are different customers now, or if so many hold it that it no longer links. What was beyond a limit before changes
-- nothing.
with told as (
  select f.identity_id, f.kind, f.value, count(*) as evidence, count(*) filter (where f.links) as linking
  from facts f group by 1, 2, 3),
new_links as (
  select t.identity_id, t.kind, t.value
  from told t
  cross join lateral (
    select v.evidence, v.linking_evidence, v.verdict, v.links from wxpipe.identity_values v
    where v.identity_id = t.identity_id and v.kind = t.kind and v.value = t.value offset 0) v
  where v.links and case v.verdict when 'confirmed' then v.evidence = t.evidence else v.linking_evidence = t.linking end),
held as (
  select holders.ids, cardinality(holders.ids) as holders
  from (select n.kind, n.value, count(*)::int as fresh from new_links n group by 1, 2) k
  cross join lateral (
    select array_agg(h.identity_id) as ids from (
      select h.identity_id from wxpipe.identity_values h
      where h.kind = k.kind and h.value = k.value and h.links limit 21 + k.fresh) h) holders
  where cardinality(holders.ids) between 2 and 20 + k.fresh),
touched as (
  select customer.id
  from held h
  cross join lateral (
    select array_agg(distinct i.customer_id) as ids from unnest(h.ids) as holder(id)
    cross join lateral (select i.customer_id from identities i where i.identity_id = holder.id offset 0) i) customers
  cross join lateral unnest(customers.ids) as customer(id)
  where h.holders > 20 or cardinality(customers.ids) > 1
  union
  select mine.customer_id
  from (select n.identity_id, n.kind, count(*)::int as fresh from new_links n group by 1, 2) k
  cross join lateral (
    select count(*) as n from (
      select from wxpipe.identity_values v
      where v.identity_id = k.identity_id and v.kind || '' = k.kind and v.links limit 4 + k.fresh) v) has
  cross join lateral (select i.customer_id from identities i where i.identity_id = k.identity_id offset 0) mine
  where has.n > 3 and has.n - k.fresh <= 3)
select wxpipe.rebuild_customers(array(select t.id from touched t))

--@ customers_show over fresh counts customers
-- Rows that may look different: of new identities, or with something told that customers doesn't show yet. What is shown
-- already is the newest, and telling it once more makes it newer still.
select wxpipe.show_customers(array(
  select distinct i.customer_id
  from facts f
  cross join lateral (
    select i.customer_id, i.first_seen_at from identities i where i.identity_id = f.identity_id offset 0) i
  where i.first_seen_at = f.occurred_at
    or f.kind in ('name', 'remark', 'nickname', 'phone', 'email', 'wechat', 'company')
      and f.value is distinct from (
        select case f.kind when 'phone' then c.phone when 'email' then c.email when 'wechat' then c.wechat
          when 'company' then c.company else c.name end
        from customers c where c.customer_id = i.customer_id)))
