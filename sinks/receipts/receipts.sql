--@ send_records_upsert over fresh counts send_records
-- Merges what was told of a message into its row. What became of it goes forward only: greater by attempt, rank, time;
-- of a task the newest status holds. All other fields: the newest value. So a message's own record may come before or
-- after its receipts. Always in the order of keys, so that two writers lock rows in the same order.
insert into send_records as k (account, kind, sent_as, receiver, tenant, platform, told, sent_at, status_at,
  first_seen_at, last_seen_at, receipt_count, created_trace_id, updated_trace_id)
select c.account, c.kind, c.sent_as, c.receiver, c.tenant, min(c.platform), wxpipe.newest(c.told),
  min(c.at) filter (where c.is_message), max(c.at) filter (where c.status is not null), min(c.at), max(c.at), count(*),
  nullif(min(c.trace_id) filter (where c.at = c.first_at), ''),
  nullif(max(c.trace_id) filter (where c.at = c.last_at), '')
from (
  select t.*, min(t.at) over record as first_at, max(t.at) over record as last_at
  from (
    select f.account, f.tenant, f.kind, f.sent_as, f.receiver, f.platform, f.status, coalesce(f.trace_id, '') as trace_id,
      f.event_type like 'outgoing.%' as is_message,
      case when f.timeless then coalesce(f.stated_at, f.occurred_at) else f.occurred_at end as at,
      (select coalesce(jsonb_object_agg(e.key, jsonb_build_array(e.sort_key, f.event_id, e.value)), '{}') from (
        select each.key, each.value, told.sort_key from jsonb_each(f.told) each
        union all
        select each.key, each.value, case f.kind when 'task' then told.sort_key
          else wxpipe.outcome_order(f.attempt, f.rank, told.at) end
        from jsonb_each(f.outcome) each) e) as told
    from facts f
    cross join lateral (
      select n.at, wxpipe.told_order(n.at, 0) as sort_key
      from (select wxpipe.told_at(f.occurred_at, f.timeless, f.stated_at) as at) n) told) t
  window record as (partition by t.account, t.kind, t.sent_as, t.receiver, t.tenant)) c
group by c.account, c.kind, c.sent_as, c.receiver, c.tenant
order by c.account, c.kind, c.sent_as, c.receiver, c.tenant
on conflict (account, kind, sent_as, receiver, tenant) do update set
  platform = least(k.platform collate "C", excluded.platform),
  told = wxpipe.newest_of(k.told, excluded.told),
  sent_at = least(k.sent_at, excluded.sent_at), status_at = greatest(k.status_at, excluded.status_at),
  @first_and_last(k, first_seen_at, last_seen_at),
  receipt_count = k.receipt_count + excluded.receipt_count, updated_at = now()
