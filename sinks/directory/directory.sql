--@ directory_upsert over fresh counts directory
-- Merges what was told into the rows it is about. Nothing is looked up: of each field the row keeps, beside the value,
-- what decides which one is newer; all else is a least, a greatest or a sum. Always in the order of keys, so that two
-- writers lock rows in the same order.
insert into directory as k (account, kind, id, part, tenant, platform, told, first_seen_at, last_seen_at,
  first_began_at, began_at, ended_at, change_count, created_trace_id, updated_trace_id)
select c.account, c.kind, c.id, c.part, c.tenant, min(c.platform), wxpipe.newest(c.told), min(c.at), max(c.at),
  min(c.at) filter (where c.rank = 20), max(c.at) filter (where c.rank = 20), max(c.at) filter (where c.rank = 30),
  count(*), nullif(min(c.trace_id) filter (where c.at = c.first_at), ''),
  nullif(max(c.trace_id) filter (where c.at = c.last_at), '')
from (
  select t.*, min(t.at) over entry as first_at, max(t.at) over entry as last_at
  from (
    select f.account, f.tenant, f.kind, f.id, f.part, f.platform, f.rank, coalesce(f.trace_id, '') as trace_id,
      case when f.timeless then coalesce(f.stated_at, f.occurred_at) else f.occurred_at end as at,
      (select coalesce(jsonb_object_agg(e.key, jsonb_build_array(told.sort_key, told.event, e.value)), '{}')
        from jsonb_each(f.told) e) as told
    from facts f
    cross join lateral (
      select wxpipe.told_order(wxpipe.told_at(f.occurred_at, f.timeless, f.stated_at), f.rank) as sort_key,
        f.event_id::text as event offset 0) told) t
  window entry as (partition by t.account, t.kind, t.id, t.part, t.tenant)) c
group by c.account, c.kind, c.id, c.part, c.tenant
order by c.account, c.kind, c.id, c.part, c.tenant
on conflict (account, kind, id, part, tenant) do update set
  platform = least(k.platform collate "C", excluded.platform),
  told = wxpipe.newest_of(k.told, excluded.told),
  @first_and_last(k, first_seen_at, last_seen_at),
  first_began_at = least(k.first_began_at, excluded.first_began_at),
  began_at = greatest(k.began_at, excluded.began_at),
  ended_at = greatest(k.ended_at, excluded.ended_at),
  change_count = k.change_count + excluded.change_count, updated_at = now()

--@ tickets_upsert of ticket over all counts tickets
-- The newest ticket of each account replaces the row.
insert into wxpipe.tickets as k (account, kind, ticket, tenant, event_id, occurred_at, received_at, timeless, stated_at,
  platform, event_type, subject, receipt, trace_id)
select distinct on (f.account, f.kind) f.account, f.kind, f.ticket, f.tenant, f.event_id, f.occurred_at, f.received_at,
  f.timeless, f.stated_at, f.platform, f.event_type, f.subject, f.receipt, f.trace_id
from facts f
order by f.account, f.kind, wxpipe.told_at(f.occurred_at, f.timeless, f.stated_at) desc, f.event_id desc
on conflict (account, kind) do update set
  ticket = excluded.ticket, tenant = excluded.tenant, event_id = excluded.event_id,
  occurred_at = excluded.occurred_at, received_at = excluded.received_at, timeless = excluded.timeless,
  stated_at = excluded.stated_at, platform = excluded.platform, event_type = excluded.event_type,
  subject = excluded.subject, receipt = excluded.receipt, trace_id = excluded.trace_id, updated_at = now()
where (wxpipe.told_at(excluded.occurred_at, excluded.timeless, excluded.stated_at), excluded.event_id)
  > (wxpipe.told_at(k.occurred_at, k.timeless, k.stated_at), k.event_id)
