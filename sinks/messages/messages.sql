-- Keeps the receipts of repeats, so that every acknowledged callback can be found. Each row is looked up by its full
-- key. `offset 0` keeps the look-up apart, so that the planner can't join the tables in another way.

--@ messages_duplicates over repeated ledger duplicates
-- A row that exists under another receipt: the platform sent the callback again. Under the same receipt: the same
-- record came once more.
insert into wxpipe.duplicate_receipts (receipt, event_id, account, family, received_at, trace_id)
select distinct on (f.receipt) f.receipt, f.event_id, f.account, :family, f.received_at, f.trace_id
from facts f
cross join lateral (
  select m.receipt from messages m where m.event_id = f.event_id and m.occurred_at = f.occurred_at offset 0) stored
where f.receipt is not null and stored.receipt is distinct from f.receipt
order by f.receipt
on conflict (receipt) do nothing

--@ messages_repeats of duplicate over all counts duplicate_receipts ledger duplicates
-- The same for repeats that `process` recognised and passed on as receipts. The row they repeat may also be a
-- dead letter.
insert into wxpipe.duplicate_receipts (receipt, event_id, account, family, stage, received_at, trace_id)
select distinct on (f.receipt) f.receipt, f.event_id, f.account, :family, 'process', f.received_at, f.trace_id
from facts f
left join lateral (
  select m.event_id, m.receipt from messages m
  where m.event_id = f.event_id and m.occurred_at = f.occurred_at offset 0) stored on true
where case
    when stored.event_id is null then not exists (
      select from dead_letters d where d.event_id = f.event_id and d.receipt = f.receipt)
    else stored.receipt is distinct from f.receipt
  end
order by f.receipt
on conflict (receipt) do nothing

--@ conversations_upsert over fresh counts conversations
-- Each new message, and the passive reply to it, is a turn of its conversation: sums, least and greatest; the last turn
-- is the one with the greatest (time, event_id, turn). Always in the order of keys, so that two writers lock rows in
-- the same order.
insert into conversations as k (account, chat, owner, tenant, platform, is_group, message_count, inbound_count,
  first_message_at, first_inbound_at, last_inbound_at, first_outbound_at, last_outbound_at, last_message_at,
  last_event_id, last_turn, last_type, last_sender, last_preview, created_trace_id, updated_trace_id)
select t.account, t.chat, t.owner, t.tenant, min(t.platform), bool_or(t.is_group), count(*),
  count(*) filter (where t.inbound), min(t.at), min(t.at) filter (where t.inbound), max(t.at) filter (where t.inbound),
  min(t.at) filter (where not t.inbound), max(t.at) filter (where not t.inbound), max(t.at),
  (array_agg(t.event_id) filter (where t.is_last))[1], min(t.turn) filter (where t.is_last),
  min(t.type) filter (where t.is_last), min(t.sender) filter (where t.is_last),
  min(left(t.content, 100)) filter (where t.is_last), nullif(min(t.trace_id) filter (where t.at = t.first_at), ''),
  nullif(max(t.trace_id) filter (where t.at = t.last_at), '')
from (
  select s.*, min(s.at) over conversation as first_at, max(s.at) over conversation as last_at,
    row_number() over (conversation order by s.at desc, s.event_id desc, s.turn desc) = 1 as is_last
  from (
    select f.account, coalesce(f.tenant, '') as tenant,
      case when f.platform = 'instance' then coalesce(f.recipient, '') else '' end as owner,
      coalesce(f.conversation, f.subject, f.sender) as chat, f.platform, f.conversation is not null as is_group,
      case when f.timeless then coalesce(nullif(f.stated_at, 'epoch'), f.occurred_at) else f.occurred_at end as at,
      f.event_id, said.turn, said.inbound, said.type, said.content,
      case said.turn when 0 then f.sender else f.recipient end as sender, coalesce(f.trace_id, '') as trace_id
    from facts f
    cross join lateral (
      select 0 as turn, f.type not like 'outgoing.%' as inbound, f.type as type, f.content as content
      where f.category = 'message'
      union all
      select 1, false, 'reply', f.reply where f.reply is not null) said
    where coalesce(f.conversation, f.subject, f.sender) is not null) s
  window conversation as (partition by s.account, s.chat, s.owner, s.tenant)) t
group by t.account, t.chat, t.owner, t.tenant
order by t.account, t.chat, t.owner, t.tenant
on conflict (account, chat, owner, tenant) do update set
  platform = least(k.platform collate "C", excluded.platform), is_group = k.is_group or excluded.is_group,
  message_count = k.message_count + excluded.message_count, inbound_count = k.inbound_count + excluded.inbound_count,
  @first_and_last(k, first_message_at, last_message_at),
  last_turn = case when (excluded.last_message_at, excluded.last_event_id, excluded.last_turn)
    > (k.last_message_at, k.last_event_id, k.last_turn) then excluded.last_turn else k.last_turn end,
  last_type = case when (excluded.last_message_at, excluded.last_event_id, excluded.last_turn)
    > (k.last_message_at, k.last_event_id, k.last_turn) then excluded.last_type else k.last_type end,
  last_sender = case when (excluded.last_message_at, excluded.last_event_id, excluded.last_turn)
    > (k.last_message_at, k.last_event_id, k.last_turn) then excluded.last_sender else k.last_sender end,
  last_preview = case when (excluded.last_message_at, excluded.last_event_id, excluded.last_turn)
    > (k.last_message_at, k.last_event_id, k.last_turn) then excluded.last_preview else k.last_preview end,
  last_event_id = case when (excluded.last_message_at, excluded.last_event_id, excluded.last_turn)
    > (k.last_message_at, k.last_event_id, k.last_turn) then excluded.last_event_id else k.last_event_id end,
  first_inbound_at = least(k.first_inbound_at, excluded.first_inbound_at),
  last_inbound_at = greatest(k.last_inbound_at, excluded.last_inbound_at),
  first_outbound_at = least(k.first_outbound_at, excluded.first_outbound_at),
  last_outbound_at = greatest(k.last_outbound_at, excluded.last_outbound_at),
  updated_at = now()

--@ traffic_upsert over fresh
-- How many messages and events each account and login had on a day of people in China. Sums commute; each writer has
-- rows of its own.
insert into wxpipe.traffic_days as k (account, tenant, login, day, writer, received, sent, events)
select t.account, t.tenant, t.login, t.day, :writer, sum(t.received), sum(t.sent), sum(t.events)
from (
  select f.account, coalesce(f.tenant, '') as tenant,
    case when f.platform = 'instance' then coalesce(f.recipient, '') else '' end as login,
    ((case when f.timeless then coalesce(nullif(f.stated_at, 'epoch'), f.occurred_at) else f.occurred_at end)
      at time zone 'Asia/Shanghai')::date as day,
    (f.category = 'message' and f.type not like 'outgoing.%')::int as received,
    (f.category = 'message' and f.type like 'outgoing.%')::int + (f.reply is not null)::int as sent,
    (f.category <> 'message')::int as events
  from facts f) t
group by t.account, t.tenant, t.login, t.day
order by t.account, t.tenant, t.login, t.day
on conflict (account, tenant, login, day, writer) do update set
  received = k.received + excluded.received, sent = k.sent + excluded.sent, events = k.events + excluded.events,
  updated_at = now()
