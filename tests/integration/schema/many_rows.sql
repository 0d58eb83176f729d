-- Some 50,000 callbacks of 80 days before now, of fifteen accounts, and what becomes of them, for queries_test: shaped like
-- real ones (few accounts are large, most rows are messages, instances tell of themselves), with plain values.
-- The partitions are there already.
insert into messages (event_id, occurred_at, received_at, timeless, platform, account, tenant, category, type, msg_type, event, msg_id,
  identity, subject, sender, recipient, conversation, content, reply, attributes, body, receipt, trace_id)
select md5('event' || n)::uuid, at, at + interval '300 milliseconds', platform = 'instance', platform, account, tenant, category, type,
  category, case category when 'event' then type end, case when category = 'message' or type = 'receipt.message_sent' then 'm' || n end,
  account || '|' || n, case when type like 'group.%' then 'group' || n % 40 when type like 'authorization.%' then null else person end,
  case when type like 'outgoing.%' then 'wxid_desk' when category = 'message' or platform = 'wechat' then person end,
  case platform when 'wechat' then 'gh_' || account when 'instance' then 'wxid_desk' else 'wwcorp' end,
  case when type like 'group.%' or (platform = 'instance' and category = 'message' and n % 7 = 0) then 'group' || n % 40 end,
  case category when 'message' then '第 ' || n || ' 条' end, case when n % 50 = 0 then '欢迎！' end,
  case type
    when 'menu.clicked' then jsonb_build_object('EventKey', 'key' || n % 5, 'menu_name', '菜单' || n % 5)
    when 'receipt.template_sent' then jsonb_build_object('MsgID', n::text, 'Status', 'success')
    when 'group.member_joined' then jsonb_build_object('JoinScene', '3', 'MemChangeList', 'wm1,wm2')
    when 'instance.heartbeat' then jsonb_build_object('data', jsonb_build_object('status', 'online', 'cpu_usage', '21.5'))
    when 'contact.added' then jsonb_build_object('data', jsonb_build_object('nickname', '王' || n))
    else '{}' end,
  '<xml><Content>第 ' || n || ' 条</Content><Filler>' || repeat('x', 400) || '</Filler></xml>', 'edge-1/19ab1f5b2c0/' || n,
  md5('trace' || n)
from (
  select n, now() - interval '80 days' + n * (interval '80 days' / 50000) as at, 'o' || n % 997 as person, a.account, a.platform, a.tenant,
    case when n % 10 < 7 then 'message' else 'event' end as category,
    case
      when n % 10 < 7 then case when a.platform = 'instance' and n % 3 = 0 then 'outgoing.text' else 'message.text' end
      when a.platform = 'wechat' then (array['menu.clicked', 'follower.subscribed', 'receipt.template_sent'])[n % 10 - 6]
      when a.platform = 'wework' then (array['group.member_joined', 'contact.added', 'menu.clicked'])[n % 10 - 6]
      when a.platform = 'instance' then (array['instance.heartbeat', 'contact.added', 'receipt.message_sent'])[n % 10 - 6]
      when a.platform = 'open_platform' then (array['ticket.component', 'authorization.updated', 'audit.passed'])[n % 10 - 6]
      else 'lead.submitted' end as type
  from generate_series(1, 50000) n
  join (values (0, 'shop', 'wechat', null), (1, 'corp', 'wework', null), (2, 'desk', 'instance', null),
    (3, 'authorised', 'wechat', 'wx77'), (4, 'component', 'open_platform', 'wx77'), (5, 'forms', 'channel', null),
    (6, 'shop2', 'wechat', null), (7, 'shop3', 'wechat', null), (8, 'shop4', 'wechat', null), (9, 'shop5', 'wechat', null),
    (10, 'corp2', 'wework', null), (11, 'desk2', 'instance', null), (12, 'shop6', 'wechat', null), (13, 'shop7', 'wechat', null),
    (14, 'shop8', 'wechat', null)) a(number, account, platform, tenant) on a.number = n / 10 % 15) e;

insert into follower_history (account, tenant, subject, owner, event_id, change, occurred_at, received_at, rank, platform, event_type, state,
  scene, channel)
select account, coalesce(tenant, ''), subject, case platform when 'wechat' then '' else 'wxid_desk' end, event_id,
  case type when 'contact.added' then 'added' else 'subscribed' end, occurred_at, received_at, 20, platform, type, 'following', '1001', '海报'
from messages where type in ('follower.subscribed', 'contact.added');
insert into followers (account, tenant, subject, owner, platform, state, change, changed_at, rank, change_event_id, state_told_at,
  subscribed_at, scene, channel, scene_told_at, first_seen_at, last_seen_at, change_count)
select account, tenant, subject, owner, min(platform), 'following', min(change), max(occurred_at), 20,
  (array_agg(event_id order by occurred_at desc))[1], max(occurred_at), max(occurred_at), '1001', '海报', max(occurred_at), min(occurred_at),
  max(occurred_at), count(*)
from follower_history group by account, tenant, subject, owner;

insert into lead_activities (activity_id, event_id, occurred_at, received_at, points, daily_cap, half_life_days, platform, account, tenant,
  subject, event_type, rule, dimension, description)
select md5('activity' || event_id)::uuid, event_id, occurred_at, received_at, 10, 20, 30, platform, account, coalesce(tenant, ''), subject,
  type, 'rule_' || type, 'interest', 'said something'
from messages where category = 'message' or type in ('menu.clicked', 'lead.submitted');
insert into wxpipe.lead_daily (account, tenant, subject, day, rule, daily_cap, half_life_days, dimension, points, activities)
select account, tenant, subject, (occurred_at at time zone 'UTC')::date, rule, 20, 30, 'interest', sum(points), count(*)
from lead_activities group by 1, 2, 3, 4, 5;
insert into leads (account, tenant, subject, platform, score, score_details, scored_on, activity_count, first_activity_at, first_activity_id,
  last_activity_at, last_activity_id, contact_phone, utm_source, utm_campaign, profile)
select account, tenant, subject, min(platform), count(*) % 101, '{}', max(occurred_at)::date, count(*), min(occurred_at),
  (array_agg(activity_id))[1], max(occurred_at), (array_agg(activity_id))[1], '138' || max(substr(subject, 2)),
  case when account = 'forms' then 'baidu' end, case when account = 'forms' then 'spring' end, '{}'
from lead_activities group by account, tenant, subject;

insert into identity_links (account, tenant, subject, kind, value, event_id, identity_id, occurred_at, received_at, links, platform,
  event_type, source)
select h.account, h.tenant, h.subject, k.kind, case k.kind when 'openid' then h.subject when 'tags' then '["展会", "老客户"]' else '王' || substr(h.subject, 2) end,
  h.event_id, wxpipe.eid('identity', h.account, h.tenant, h.subject), h.occurred_at, h.received_at, k.kind = 'openid', h.platform, h.event_type, 'subject'
from follower_history h cross join (values ('openid'), ('remark'), ('tags')) k(kind);
insert into wxpipe.identity_values (identity_id, kind, value, evidence, linking_evidence, first_told_at, first_event_id, last_told_at, last_event_id)
select identity_id, kind, value, count(*), count(*) filter (where links), min(occurred_at), (array_agg(event_id order by occurred_at))[1],
  max(occurred_at), (array_agg(event_id order by occurred_at desc))[1]
from identity_links group by 1, 2, 3;
insert into identities (identity_id, account, tenant, subject, platform, customer_id, first_seen_at, last_seen_at)
select identity_id, account, tenant, subject, min(platform), identity_id, min(occurred_at), max(occurred_at)
from identity_links group by 1, 2, 3, 4;
insert into customers (customer_id, identity_count, first_seen_at, name, phone, wechat)
select identity_id, 1, first_seen_at, '王' || substr(subject, 2), '138' || substr(subject, 2), 'wx' || substr(subject, 2) from identities;

insert into directory_history (account, kind, id, part, event_id, occurred_at, received_at, change, rank, told, platform, event_type, subject)
select account, 'contact', subject, 'wxid_desk', event_id, occurred_at, received_at, 'added', 20,
  jsonb_build_object('nickname', '王' || substr(subject, 2), 'state', 'following'), platform, type, subject
from messages where type = 'contact.added'
union all
select account, 'group_member', subject, who, event_id, occurred_at, received_at, 'joined', 20, '{"state": "present"}', platform, type, subject
from messages, unnest(array['wm1', 'wm2', 'wm' || substr(md5(event_id::text), 1, 4)]) who where type = 'group.member_joined'
union all
select account, 'group', subject, '', event_id, occurred_at, received_at, 'member_joined', 0, '{}', platform, type, subject
from messages where type = 'group.member_joined'
union all
select account, 'authorization', tenant, '', event_id, occurred_at, received_at, 'updated', 10, '{"state": "granted"}', platform, type, ''
from messages where type = 'authorization.updated';
insert into directory (account, kind, id, part, platform, told, first_seen_at, last_seen_at, began_at, change_count)
select account, kind, id, part, min(platform), wxpipe.newest(wxpipe.told_entries(told, wxpipe.told_order(occurred_at, rank), event_id)),
  min(occurred_at), max(occurred_at), max(occurred_at), count(*)
from directory_history group by account, kind, id, part;
insert into receipts (account, kind, sent_as, event_id, occurred_at, received_at, status, attempt, rank, outcome, told, platform, event_type)
select account, 'message', coalesce(attributes ->> 'MsgID', msg_id), event_id, occurred_at, received_at,
  case when type like 'outgoing.%' then null else 'delivered' end, 0, case when type like 'outgoing.%' then 0 else 50 end,
  case when type like 'outgoing.%' then '{}' else '{"status": "delivered"}' end::jsonb, jsonb_build_object('receiver', subject), platform, type
from messages where type like 'receipt.%' or type like 'outgoing.%';
insert into send_records (account, kind, sent_as, platform, told, sent_at, status_at, first_seen_at, last_seen_at, receipt_count)
select account, kind, sent_as, min(platform), wxpipe.newest(wxpipe.told_entries(told || outcome, wxpipe.told_order(occurred_at, 0), event_id)),
  min(occurred_at), max(occurred_at), min(occurred_at), max(occurred_at), count(*)
from receipts group by account, kind, sent_as;
insert into send_records (account, kind, sent_as, receiver, platform, told, first_seen_at, last_seen_at, receipt_count)
select 'desk', 'receiver', 't' || n % 20, 'o' || n, 'instance', wxpipe.told_entries('{"status": "sent"}', wxpipe.outcome_order(0, 30, now()),
  md5('event' || n)::uuid), now(), now(), 1
from generate_series(1, 4000) n;
insert into conversations (account, tenant, owner, chat, platform, is_group, message_count, inbound_count, first_message_at, first_inbound_at,
  last_inbound_at, last_outbound_at, last_message_at, last_event_id, last_turn, last_type, last_preview)
select account, coalesce(tenant, ''), case platform when 'instance' then recipient else '' end, coalesce(conversation, subject), min(platform),
  bool_or(conversation is not null), count(*), count(*) filter (where type not like 'outgoing.%'), min(occurred_at), min(occurred_at),
  max(occurred_at) filter (where type not like 'outgoing.%'), max(occurred_at) filter (where type like 'outgoing.%'), max(occurred_at),
  (array_agg(event_id order by occurred_at desc))[1], 0, 'message.text', max(content)
from messages where category = 'message' group by 1, 2, 3, 4;

insert into system_logs (log_id, event_id, occurred_at, received_at, level, service, module, action, message, platform, account, tenant,
  event_type)
select md5('log' || event_id)::uuid, event_id, occurred_at, received_at, case when type like 'audit.%' then 'warn' else 'info' end, platform,
  split_part(type, '.', 1), type, type, platform, account, tenant, type
from messages where type like 'ticket.%' or type like 'authorization.%' or type like 'audit.%' or type = 'instance.heartbeat';
insert into system_logs (log_id, event_id, occurred_at, received_at, level, service, module, action, message, platform, account,
  event_type, instance, trace_id)
select md5('line' || n)::uuid, md5('line' || n)::uuid, at, at, (array['info', 'warn', 'error'])[n % 3 + 1],
  (array['ingest', 'process', 'sink'])[n % 3 + 1], 'delivery', 'spool_waits', 'spool_waits why=x', 'wxpipe', '', 'spool_waits', 'edge-1', md5(n::text)
from (select n, now() - interval '80 days' + n * (interval '80 days' / 8000) as at from generate_series(1, 8000) n) d;
insert into api_calls (call_id, occurred_at, service, account, request_id, parent_id, url, http_status, code, duration_ms, trace_id)
select md5('api' || n)::uuid, now() - interval '80 days' + n * (interval '80 days' / 8000), (array['crm', 'bot'])[n % 2 + 1], 'shop', 'req-' || n,
  'req-' || n / 10, 'https://api.weixin.qq.com/cgi-bin/x' || n % 5, case when n % 7 = 0 then 500 else 200 end, (n % 3)::text, n % 900, md5(n::text)
from generate_series(1, 8000) n;
insert into ai_calls (call_id, occurred_at, service, account, subject, user_id, provider, model, call_type, request_tokens, response_tokens, trace_id)
select md5('ai' || n)::uuid, now() - interval '80 days' + n * (interval '80 days' / 8000), 'crm', 'shop', 'o' || n % 100, 'u' || n % 200, 'deepseek',
  (array['deepseek-chat', 'deepseek-reasoner'])[n % 2 + 1], 'user', 400, 90, md5(n::text)
from generate_series(1, 8000) n;
insert into dead_letters (dead_letter_id, occurred_at, failed_at, stage, reason, account, topic, body, context, receipt)
select md5('dead' || n)::uuid, at, at, case when n % 2 = 0 then 'ingest' else 'sink.messages' end,
  (array['doctype', 'missing_field', 'too_large'])[n % 3 + 1], 'shop', 'wxpipe.events.v1', '<xml/>', '{}', 'edge-2/19ab1f5b2c0/' || n
from (select n, now() - interval '80 days' + n * (interval '80 days' / 10000) as at from generate_series(1, 10000) n) d;
insert into audit_logs (occurred_at, command_id, operator, address, operation, operation_type, resource_type, filter, affected, reason)
select now() - n * interval '1 hour', gen_random_uuid(), 'li', 'desk7', 'dlq retry', 'UPDATE', 'dead_letters', 'reason=doctype', n, 'fixed'
from generate_series(1, 400) n;
-- A day of much work: partitions of a day are large, too.
insert into system_logs (log_id, event_id, occurred_at, received_at, level, service, module, action, message, platform, account,
  event_type)
select md5('busy' || n)::uuid, md5('busy' || n)::uuid, at, at, case when n % 50 = 0 then 'warn' else 'info' end, 'wechat',
  (array['audit', 'unknown', 'job', 'ticket'])[n % 4 + 1], 'audit.passed', 'audit.passed', 'wechat', 'shop' || n % 30, 'audit.passed'
from (select n, now() - n * interval '20 seconds' as at from generate_series(1, 8000) n) l;
insert into audit_logs (occurred_at, command_id, operator, address, operation, operation_type, resource_type, affected, reason)
select now() - n * interval '30 seconds', gen_random_uuid(), 'op' || n % 40, 'desk7', (array['dlq retry', 'dlq drop'])[n % 2 + 1], 'UPDATE',
  (array['dead_letters', 'account', 'rule', 'topic', 'bookmark', 'replay', 'customer', 'partition'])[n % 8 + 1], n, 'fixed'
from generate_series(1, 6000) n;

insert into account_health (account, day, by_broker, by_spool, first_seen_at, last_seen_at, active_minutes)
select account, (occurred_at at time zone 'UTC')::date, count(*), 0, min(occurred_at), max(occurred_at), repeat('1', 1440)::bit(1440)
from messages group by 1, 2;
insert into instances (account, login, told, first_seen_at, last_seen_at, heartbeat_at)
select account, login, '{"status": ["1", "e", "online"]}', now() - interval '80 days', now(), case when login = '' then now() end
from (select case n when 1 then 'desk' else 'desk' || n end as account from generate_series(1, 60) n) a,
  (select case n when 0 then '' else 'wxid' || n end as login from generate_series(0, 30) n) l;
insert into instance_health (account, day, first_seen_at, last_seen_at, active_minutes)
select account, day, day, day + interval '1 hour', repeat('110', 480)::bit(1440)
from generate_series(now() - interval '80 days', now(), interval '1 day') day, (select 'desk' || n as account from generate_series(1, 20) n
  union all select 'desk') a;
insert into instance_monitors (event_id, metric, occurred_at, account, metric_value, unit, collected_at)
select md5('metric' || account || n)::uuid, metric, at, account, n % 100, '%', at
from (select n, now() - interval '80 days' + n * (interval '80 days' / 1200) as at from generate_series(1, 1200) n) e,
  unnest(array['cpu_usage', 'memory_usage']) metric, (select case n when 1 then 'desk' else 'desk' || n end as account from generate_series(1, 20) n) a;
insert into alert_records (alert_id, alert_uuid, rule, account, told, opened_at, last_told_at, resolved_at)
select md5('alert' || n)::uuid, 'a' || n, case when n % 2 = 0 then 'instance_silent' end, case when n % 50 = 1 then 'desk' else 'desk' || n % 50 end,
  jsonb_build_object('title', jsonb_build_array('1', 'e', 'memory'), 'source_id', jsonb_build_array('1', 'e', 'desk' || n)), at, at,
  case when n % 100 > 0 then at + interval '1 hour' end
from (select n, now() - n * interval '3 hours' as at from generate_series(1, 5000) n) a;
insert into wxpipe.traffic_days (account, tenant, login, day, writer, received, sent, events)
select account, coalesce(tenant, ''), case when platform = 'instance' then recipient else '' end, (occurred_at at time zone 'Asia/Shanghai')::date,
  'sink-' || n, count(*), 0, 0
from messages, generate_series(1, 2) n group by 1, 2, 3, 4, 5;
insert into wxpipe.ledger (minute, account, family, writer, acknowledged, stored)
select date_trunc('minute', received_at), account, 'messages', 'sink-1', count(*), count(*) from messages group by 1, 2;
insert into wxpipe.duplicate_receipts (receipt, event_id, account, family, received_at)
select 'edge-3/19ab1f5b2c0/' || n, md5('event' || n)::uuid, 'shop', 'messages', now() - n * interval '1 minute' from generate_series(1, 5000) n;
insert into wxpipe.custody_marks (instance, boot, number, first_sequence, next_sequence, received_from, received_to, marked_at, last, mark,
  settled_at)
select 'edge-1', '19ab1f5b2c0', n, n * 10, n * 10 + 10, at, at + interval '10 seconds', at + interval '11 seconds', false, '{}', at
from (select n, now() - interval '80 days' + n * (interval '80 days' / 5000) as at from generate_series(1, 5000) n) m;
analyze;
