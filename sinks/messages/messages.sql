-- Keeps the receipts of repeats, so that every acknowledged callback can be found. Each row is looked up by its full
-- key. `offset 0` keeps the look-up apart, so that the planner can't join the tables in another way.

--@ messages_duplicates over all when repeated ledger duplicates
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
