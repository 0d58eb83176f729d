// Pieces of SQL that count in wxpipe.ledger, in the statement that inserts the rows: what isn't inserted isn't counted,
// and both become visible together. Each follows a `with fresh as (insert … returning account, received_at)`.
#pragma once

// Every writer has rows of its own, so writers never wait for each other here.
#define WXPIPE_COUNT_IN_LEDGER(column, time, family, writer)                                                    \
  "counted as (insert into wxpipe.ledger as l (minute, account, family, writer, " column                        \
  ") select date_trunc('minute', f." time "), coalesce(f.account, ''), " family ", " writer                     \
  "::text, count(*) from fresh f group by 1, 2 order by 1, 2 on conflict (minute, account, family, writer) do " \
  "update set " column " = l." column " + excluded." column ", updated_at = now())"
