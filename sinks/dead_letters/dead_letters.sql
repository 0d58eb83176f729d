--@ dead_letters_duplicates over repeated ledger duplicates
-- As for messages: if the same dead letter comes under another receipt, that receipt is kept.
insert into wxpipe.duplicate_receipts (receipt, event_id, account, family, received_at, trace_id)
select distinct on (f.receipt) f.receipt, f.dead_letter_id, coalesce(f.account, ''), 'dead_letters', f.failed_at, f.trace_id
from facts f
cross join lateral (
  select d.receipt from dead_letters d where d.dead_letter_id = f.dead_letter_id offset 0) stored
where f.receipt is not null and stored.receipt is distinct from f.receipt
order by f.receipt
on conflict (receipt) do nothing
