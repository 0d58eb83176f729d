--@ custody_marks_insert over all counts custody_marks
-- Stores marks, and counts in the ledger what they acknowledge (docs/decisions/0004-custody-marks.md). A mark never
-- changes, so a repeat is not counted again.
with fresh as (
  insert into wxpipe.custody_marks (instance, boot, number, first_sequence, next_sequence, received_from, received_to,
    marked_at, last, spool_events, mark)
  select f.instance, f.boot, f.number, f.first_sequence, f.next_sequence,
    coalesce(nullif(f.received_from, 'epoch'), f.marked_at), coalesce(nullif(f.received_to, 'epoch'), f.marked_at),
    f.marked_at, f.last, f.spool_events, f.mark
  from facts f
  on conflict (instance, boot, number) do nothing
  returning mark),
counted as (
  insert into wxpipe.ledger as l (minute, account, family, writer, acknowledged)
  select a.minute, a.account, :family, :writer, sum(a.count)
  from fresh f, jsonb_to_recordset(f.mark->'acknowledged') as a(account text, minute timestamptz, count bigint)
  group by 1, 2 order by 1, 2
  on conflict (minute, account, family, writer) do update set
    acknowledged = l.acknowledged + excluded.acknowledged, updated_at = now()),
-- Sums, least, greatest and "or" commute: the order of marks doesn't matter.
by_day as (
  insert into account_health as h (account, day, by_broker, by_spool, first_seen_at, last_seen_at, active_minutes)
  select a.account, (a.minute at time zone 'UTC')::date, coalesce(sum(a.count) filter (where a.path = 'broker'), 0),
    coalesce(sum(a.count) filter (where a.path = 'spool'), 0), min(a.minute), max(a.minute),
    bit_or(set_bit(repeat('0', 1440)::bit(1440), (extract(epoch from a.minute)::int8 / 60 % 1440)::int, 1))
  from fresh f, jsonb_to_recordset(f.mark->'acknowledged') as a(account text, minute timestamptz, path text, count bigint)
  group by 1, 2 order by 1, 2
  on conflict (account, day) do update set
    by_broker = h.by_broker + excluded.by_broker, by_spool = h.by_spool + excluded.by_spool,
    first_seen_at = least(h.first_seen_at, excluded.first_seen_at),
    last_seen_at = greatest(h.last_seen_at, excluded.last_seen_at),
    active_minutes = h.active_minutes | excluded.active_minutes, updated_at = now())
select count(*) from fresh
