--@ followers_upsert over all counts followers
-- A follower's row is computed from its history, so order and repeats don't matter. Ordered by key, so that two writers
-- lock rows in the same order (one may be a zombie, which the offset will refuse). Without a new change,
-- nothing is rewritten.
insert into followers as known (account, tenant, subject, owner, platform, state, change, changed_at, rank, change_event_id,
  subscribed_at, unsubscribed_at, scene, channel, first_seen_at, last_seen_at, change_count, created_trace_id,
  updated_trace_id)
select t.account, t.tenant, t.subject, t.owner, whole.platform, newest.state, newest.change, newest.occurred_at,
  newest.rank, newest.event_id, whole.subscribed_at, whole.unsubscribed_at, source.scene, source.channel,
  whole.first_seen_at, whole.last_seen_at, whole.change_count, whole.created_trace_id, whole.updated_trace_id
from (select distinct f.account, f.tenant, f.subject, f.owner from facts f) t
cross join lateral (
  select min(h.platform) as platform, count(*) as change_count,
    min(h.occurred_at) as first_seen_at, max(h.occurred_at) as last_seen_at,
    max(h.occurred_at) filter (where h.state = 'following') as subscribed_at,
    max(h.occurred_at) filter (where h.state = 'left') as unsubscribed_at,
    (array_agg(h.trace_id order by h.occurred_at, h.event_id, h.change))[1] as created_trace_id,
    (array_agg(h.trace_id order by h.occurred_at desc, h.event_id desc, h.change desc))[1] as updated_trace_id
  from follower_history h
  where h.account = t.account and h.tenant = t.tenant and h.subject = t.subject and h.owner = t.owner) whole
left join lateral (
  select h.state, h.change, h.occurred_at, h.rank, h.event_id from follower_history h
  where h.account = t.account and h.tenant = t.tenant and h.subject = t.subject and h.owner = t.owner
    and h.state is not null
  order by h.occurred_at desc, h.rank desc, h.event_id desc, h.change desc limit 1) newest on true
left join lateral (
  select h.scene, h.channel from follower_history h
  where h.account = t.account and h.tenant = t.tenant and h.subject = t.subject and h.owner = t.owner
    and h.scene is not null
  order by h.occurred_at desc, h.rank desc, h.event_id desc, h.change desc limit 1) source on true
order by 1, 2, 3, 4
on conflict (account, tenant, subject, owner) do update set
  platform = excluded.platform, state = excluded.state, change = excluded.change, changed_at = excluded.changed_at,
  rank = excluded.rank, change_event_id = excluded.change_event_id, subscribed_at = excluded.subscribed_at,
  unsubscribed_at = excluded.unsubscribed_at, scene = excluded.scene, channel = excluded.channel,
  first_seen_at = excluded.first_seen_at, last_seen_at = excluded.last_seen_at, change_count = excluded.change_count,
  created_trace_id = excluded.created_trace_id, updated_trace_id = excluded.updated_trace_id, updated_at = now()
where known.change_count is distinct from excluded.change_count
