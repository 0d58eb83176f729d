-- Everything here is a least, a greatest, an "or", or the newest value of a field: order, repeats and batches don't
-- matter. Rows are always taken in the order of keys, so that two writers lock them in the same order. occurred_at is
-- when the first delivery arrived: by it an instance was alive. Which value of a field is newer, the sender's time says.

--@ instances_upsert over all counts instances
insert into instances as k (account, login, told, first_seen_at, last_seen_at, heartbeat_at, online_at,
  created_trace_id, updated_trace_id)
select c.account, c.login, wxpipe.newest(c.told), min(c.seen_at), max(c.seen_at),
  max(c.seen_at) filter (where c.event_type = 'instance.heartbeat'),
  max(c.at) filter (where c.event_type like '%.status_changed' and c.status = 'online'),
  nullif(min(c.trace_id) filter (where c.seen_at = c.first_at), ''),
  nullif(max(c.trace_id) filter (where c.seen_at = c.last_at), '')
from (
  select t.*, min(t.seen_at) over entry as first_at, max(t.seen_at) over entry as last_at
  from (
    select f.account, f.login, f.event_type, f.occurred_at as seen_at, coalesce(f.trace_id, '') as trace_id,
      case when f.timeless then coalesce(nullif(f.stated_at, 'epoch'), f.occurred_at) else f.occurred_at end as at,
      f.told ->> 'status' as status,
      wxpipe.told_entries(f.told, wxpipe.told_order(wxpipe.told_at(f.occurred_at, f.timeless, f.stated_at), 0),
        f.event_id) as told
    from facts f) t
  window entry as (partition by t.account, t.login)) c
group by c.account, c.login
order by c.account, c.login
on conflict (account, login) do update set
  told = wxpipe.newest_of(k.told, excluded.told),
  @first_and_last(k, first_seen_at, last_seen_at),
  heartbeat_at = greatest(k.heartbeat_at, excluded.heartbeat_at),
  online_at = greatest(k.online_at, excluded.online_at), updated_at = now()

--@ instance_health_upsert over all counts instance_health
insert into instance_health as h (account, day, first_seen_at, last_seen_at, active_minutes)
select f.account, (f.occurred_at at time zone 'UTC')::date, min(f.occurred_at), max(f.occurred_at),
  bit_or(set_bit(repeat('0', 1440)::bit(1440), (floor(extract(epoch from f.occurred_at) / 60)::int8 % 1440)::int, 1))
from facts f
where f.login = ''
group by 1, 2
order by 1, 2
on conflict (account, day) do update set
  first_seen_at = least(h.first_seen_at, excluded.first_seen_at),
  last_seen_at = greatest(h.last_seen_at, excluded.last_seen_at),
  active_minutes = h.active_minutes | excluded.active_minutes, updated_at = now()

--@ monitors_insert of metric over all counts instance_monitors
insert into instance_monitors (event_id, metric, occurred_at, account, metric_value, unit, collected_at, trace_id)
select f.event_id, f.metric, f.occurred_at, f.account, wxpipe.measured_number(f.value), f.unit,
  case when f.timeless then coalesce(nullif(f.stated_at, 'epoch'), f.occurred_at) else f.occurred_at end,
  nullif(f.trace_id, '')
from facts f
where wxpipe.measured_number(f.value) is not null
order by f.event_id, f.metric
on conflict (event_id, metric, occurred_at) do nothing

--@ alerts_upsert of alert over all counts alert_records
-- opened_at: the earliest that was told of it. So its end may come before its beginning.
insert into alert_records as k (alert_id, alert_uuid, account, told, opened_at, last_told_at, resolved_at,
  created_trace_id, updated_trace_id)
select wxpipe.eid('alert', c.account, c.alert_uuid), c.alert_uuid, c.account, wxpipe.newest(c.told), min(c.at),
  max(c.at), min(c.at) filter (where c.over), nullif(min(c.trace_id) filter (where c.at = c.first_at), ''),
  nullif(max(c.trace_id) filter (where c.at = c.last_at), '')
from (
  select t.*, min(t.at) over entry as first_at, max(t.at) over entry as last_at
  from (
    select f.account, f.alert_uuid, f.over, coalesce(f.trace_id, '') as trace_id,
      case when f.timeless then coalesce(nullif(f.stated_at, 'epoch'), f.occurred_at) else f.occurred_at end as at,
      wxpipe.told_entries(f.told, wxpipe.told_order(wxpipe.told_at(f.occurred_at, f.timeless, f.stated_at), 0),
        f.event_id) as told
    from facts f) t
  window entry as (partition by t.account, t.alert_uuid)) c
group by c.account, c.alert_uuid
order by 1
on conflict (alert_id) do update set
  told = wxpipe.newest_of(k.told, excluded.told),
  @first_and_last(k, opened_at, last_told_at),
  resolved_at = least(k.resolved_at, excluded.resolved_at), updated_at = now()
