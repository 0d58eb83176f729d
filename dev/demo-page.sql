-- What the demo shows at its end: the tables, for people who see them for the first time.
\pset pager off
\pset border 1
\pset linestyle unicode
\pset footer off
\pset null ''
\echo 'WHAT CAME IN: table messages, one row for every callback that was accepted'
select account, platform, count(*) as rows, count(*) filter (where category = 'message') as messages,
       count(*) filter (where category = 'event') as events, count(distinct nullif(subject, '')) as people
from messages group by 1, 2 order by rows desc;
\echo 'The commonest types (docs/event-types.md has all)'
with types as (
  select type, count(*) as rows, string_agg(distinct platform, ', ') as platforms,
         -- one that is worth reading
         (array_agg(left(regexp_replace(content, '\s+', ' ', 'g'), 40)
            order by (length(content) between 8 and 40) desc, event_id) filter (where content <> ''))[1] as example
  from messages group by type)
(select type, rows, platforms, example as "for example" from types order by rows desc, type limit 15)
union all (select '… and ' || count(*) || ' more types', sum(rows), '', ''
           from (select rows from types order by rows desc, type offset 15) t having count(*) > 0);
\echo 'FOLLOWERS AND CUSTOMERS: table followers, a row for each, from the set of their changes'
select platform, coalesce(state, '(not told yet)') as state, count(*) as people,
       count(channel) as "through a known channel", coalesce(mode() within group (order by channel), '') as "most of them through"
from followers group by 1, 2 order by people desc;
\echo 'TOP LEADS, the best of each account: table leads, and what the score is made of (config/scoring.toml)'
with best as (
  select distinct on (account) account, tenant, subject, contact_name, score, activity_count
  from leads order by account, score desc, activity_count desc, subject)
select account, left(subject, 28) as lead, coalesce(contact_name, '') as name, score, activity_count as activities,
       (select string_agg(r.rule || ' ' || r.points, ', ' order by r.points desc, r.rule)
        from (select rule, sum(case when daily_cap > 0 then least(points, daily_cap) else points end) as points
              from wxpipe.lead_daily d
              where d.account = best.account and d.tenant = best.tenant and d.subject = best.subject
              group by rule order by 2 desc, 1 limit 3) r) as "most of it"
from best order by score desc, activity_count desc, account limit 10;
\echo 'SENT TWICE by the platforms, and stored once'
select case family when 'dead_letters' then 'of a dead letter' else 'of a message or event' end as repeat, stage as "met by", count(*) as repeats
from wxpipe.duplicate_receipts group by 1, 2 order by 3 desc;
\echo 'The same identity with other bytes: both kept. Systems that dedupe by identity lose one of them'
select count(*) as identities, coalesce(sum(rows), 0) as rows
from (select count(*) as rows from messages where identity is not null group by account, tenant, identity having count(*) > 1) t;
\echo 'DEAD LETTERS: signed by the platform but unreadable; acknowledged, and kept with their bytes'
select stage, reason, count(*) as letters, min(left(detail, 70)) as "for example" from dead_letters group by 1, 2 order by 3 desc, 2;
\echo 'LOGS for whoever looks after the accounts: table system_logs'
select level, module, count(*) as rows, min(left(message, 70)) as "for example" from system_logs group by 1, 2 order by 3 desc limit 8;
\echo 'HOW LONG IT TOOK from the callback to its row'
select percentile.name as " ", round((extract(epoch from percentile.of) * 1000)::numeric, 0) || ' ms' as "took at most"
from (select percentile_cont(array[0.5, 0.9, 0.99]) within group (order by created_at - received_at) as of from messages) m,
     unnest(array['half of them', '90 %', '99 %'], m.of) as percentile(name, of);
