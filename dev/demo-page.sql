-- What the demo shows at its end: the tables, for somebody who sees them for the first time.
\pset border 1
\pset linestyle unicode
\pset footer off
\pset null ''
\echo 'WHAT CAME IN: messages, the journal of every accepted callback'
select platform, count(*) as rows, count(distinct account) as accounts, count(distinct subject) as people,
       count(*) filter (where category = 'message') as messages, count(*) filter (where category = 'event') as events
from messages group by platform order by rows desc;
\echo 'The commonest types'
select type, count(*) as rows, min(left(regexp_replace(content, '\s+', ' ', 'g'), 36)) filter (where content <> '') as "for example"
from messages group by type order by rows desc, type limit 14;
\echo 'FOLLOWERS AND CUSTOMERS, by state'
select coalesce(state, '(not known yet)') as state, count(*) as people, count(*) filter (where owner <> '') as "customers of a member",
       count(channel) as "came through a known channel"
from followers group by 1 order by people desc;
\echo 'TOP LEADS, with what they did'
select l.account, left(l.subject, 28) as lead, l.contact_name as name, l.score, l.activity_count as activities,
       (select string_agg(r.rule || ' ' || r.points, ', ' order by r.points desc)
        from (select rule, sum(points) as points from lead_activities a
              where a.account = l.account and a.tenant = l.tenant and a.subject = l.subject
              group by rule order by 2 desc limit 3) r) as "most of it"
from leads l order by l.score desc, l.activity_count desc, l.subject limit 8;
\echo 'SENT AGAIN BY THE PLATFORM, and met'
select family, stage as "who met it", count(*) as repeats from wxpipe.duplicate_receipts group by 1, 2 order by 3 desc;
\echo 'Same identity, other bytes: both kept, where others lose one'
select count(*) as identities, coalesce(sum(rows), 0) as rows
from (select count(*) as rows from messages where identity is not null group by account, tenant, identity having count(*) > 1) t;
\echo 'DEAD LETTERS: authentic but unreadable, acknowledged and kept with their bytes'
select stage, reason, count(*) as letters, min(left(detail, 60)) as "for example" from dead_letters group by 1, 2 order by 3 desc;
\echo 'LOGS for operators'
select level, module, count(*) as rows, min(left(message, 60)) as "for example" from system_logs group by 1, 2 order by 3 desc limit 8;
\echo 'FROM CALLBACK TO ROW (to the begin of the transaction that made it visible)'
select round((extract(epoch from percentile_cont(0.5) within group (order by created_at - received_at)) * 1000)::numeric, 1) as "p50 ms",
       round((extract(epoch from percentile_cont(0.9) within group (order by created_at - received_at)) * 1000)::numeric, 1) as "p90 ms",
       round((extract(epoch from percentile_cont(0.99) within group (order by created_at - received_at)) * 1000)::numeric, 1) as "p99 ms"
from messages;
\echo 'CUSTODY: every acknowledged callback is one of these'
select (select count(*) from messages) as stored, (select count(*) from wxpipe.duplicate_receipts) as repeats,
       (select count(*) from dead_letters) as "dead letters",
       (select count(*) from messages) + (select count(*) from wxpipe.duplicate_receipts) + (select count(*) from dead_letters) as "sum";
