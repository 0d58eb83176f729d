--@ custody_marks_insert over all counts custody_marks
-- Marks, and what they acknowledge in the ledger (docs/decisions/0004-custody-marks.md). A mark never changes, so a repeat says
-- nothing new, and is not counted again.
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
    acknowledged = l.acknowledged + excluded.acknowledged, updated_at = now())
select count(*) from fresh
