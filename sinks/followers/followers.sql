--@ followers_upsert over fresh counts followers
-- Merges new changes into their followers' rows. Nothing is looked up in the history: the row keeps, beside each value,
-- what decides which one is newer, and every value is a least, a greatest or a sum. So the cost doesn't grow with the
-- tables, and order and cuts don't matter. Always in the order of subjects, so that two writers lock rows in the same
-- order (one may be a zombie, which the offset will refuse).
insert into followers as k (account, tenant, subject, owner, platform, state, change, changed_at, rank,
  change_event_id, state_told_at, subscribed_at, unsubscribed_at, scene, channel, scene_told_at, first_seen_at,
  last_seen_at, change_count, created_trace_id, updated_trace_id)
select c.account, c.tenant, c.subject, c.owner, min(c.platform),
  min(c.state) filter (where c.gives_state), min(c.change) filter (where c.gives_state),
  min(c.occurred_at) filter (where c.gives_state), min(c.rank) filter (where c.gives_state),
  (array_agg(c.event_id) filter (where c.gives_state))[1], min(c.told_at) filter (where c.gives_state),
  max(c.occurred_at) filter (where c.change in ('subscribed', 'added')),
  max(c.occurred_at) filter (where c.state = 'left'),
  (max(array[c.scene, c.channel]) filter (where c.gives_scene))[1],
  nullif((max(array[c.scene, c.channel]) filter (where c.gives_scene))[2], ''),
  max(c.told_at) filter (where c.gives_scene),
  min(c.first_at), max(c.last_at), count(*),
  nullif(min(c.trace_id) filter (where c.occurred_at = c.first_at), ''),
  nullif(max(c.trace_id) filter (where c.occurred_at = c.last_at), '')
from (
  select t.*,
    t.state is not null and row_number() over follower = 1 as gives_state,
    t.scene is not null and t.told_at = max(t.told_at) filter (where t.scene is not null) over follower as gives_scene,
    min(t.occurred_at) over follower as first_at, max(t.occurred_at) over follower as last_at
  from (
    select f.account, f.tenant, f.subject, f.owner, f.platform, f.event_id, f.change, f.state, f.rank, f.scene,
      coalesce(f.channel, '') as channel, coalesce(f.trace_id, '') as trace_id, f.occurred_at,
      wxpipe.told_at(f.occurred_at, f.timeless, f.stated_at) as told_at
    from facts f) t
  window follower as (partition by t.subject, t.owner, t.account, t.tenant
    order by t.state is null, t.told_at desc, t.rank desc, t.event_id desc, t.change desc
    rows between unbounded preceding and unbounded following)) c
group by c.subject, c.owner, c.account, c.tenant
order by c.subject, c.owner, c.account, c.tenant
on conflict (account, tenant, subject, owner) do update set
  platform = least(k.platform collate "C", excluded.platform),
  state = case
    when (excluded.state_told_at, excluded.rank, excluded.change_event_id, excluded.change collate "C")
      > (coalesce(k.state_told_at, '-infinity'), k.rank, k.change_event_id, k.change)
    then excluded.state else k.state end,
  change = case
    when (excluded.state_told_at, excluded.rank, excluded.change_event_id, excluded.change collate "C")
      > (coalesce(k.state_told_at, '-infinity'), k.rank, k.change_event_id, k.change)
    then excluded.change else k.change end,
  changed_at = case
    when (excluded.state_told_at, excluded.rank, excluded.change_event_id, excluded.change collate "C")
      > (coalesce(k.state_told_at, '-infinity'), k.rank, k.change_event_id, k.change)
    then excluded.changed_at else k.changed_at end,
  rank = case
    when (excluded.state_told_at, excluded.rank, excluded.change_event_id, excluded.change collate "C")
      > (coalesce(k.state_told_at, '-infinity'), k.rank, k.change_event_id, k.change)
    then excluded.rank else k.rank end,
  change_event_id = case
    when (excluded.state_told_at, excluded.rank, excluded.change_event_id, excluded.change collate "C")
      > (coalesce(k.state_told_at, '-infinity'), k.rank, k.change_event_id, k.change)
    then excluded.change_event_id else k.change_event_id end,
  state_told_at = case
    when (excluded.state_told_at, excluded.rank, excluded.change_event_id, excluded.change collate "C")
      > (coalesce(k.state_told_at, '-infinity'), k.rank, k.change_event_id, k.change)
    then excluded.state_told_at else k.state_told_at end,
  subscribed_at = greatest(k.subscribed_at, excluded.subscribed_at),
  unsubscribed_at = greatest(k.unsubscribed_at, excluded.unsubscribed_at),
  scene = case
    when (excluded.scene_told_at, excluded.scene collate "C", coalesce(excluded.channel, '') collate "C")
      > (coalesce(k.scene_told_at, '-infinity'), k.scene, coalesce(k.channel, ''))
    then excluded.scene else k.scene end,
  channel = case
    when (excluded.scene_told_at, excluded.scene collate "C", coalesce(excluded.channel, '') collate "C")
      > (coalesce(k.scene_told_at, '-infinity'), k.scene, coalesce(k.channel, ''))
    then excluded.channel else k.channel end,
  scene_told_at = case
    when (excluded.scene_told_at, excluded.scene collate "C", coalesce(excluded.channel, '') collate "C")
      > (coalesce(k.scene_told_at, '-infinity'), k.scene, coalesce(k.channel, ''))
    then excluded.scene_told_at else k.scene_told_at end,
  @first_and_last(k, first_seen_at, last_seen_at),
  change_count = k.change_count + excluded.change_count, updated_at = now()
