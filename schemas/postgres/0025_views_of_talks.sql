-- Views over directory, send_records and conversations: ours, and those of other systems that these tables answer now. The rules
-- are those of 0016.

create schema if not exists wework;
create schema if not exists open_platform;
create schema if not exists crm;

create function wxpipe.said_at(occurred_at timestamptz, timeless boolean, received_at timestamptz, attributes jsonb)
  returns timestamptz language sql stable parallel safe as $$
  select coalesce(case when timeless then wxpipe.stated_time(attributes ->> 'timestamp', received_at) end, occurred_at)
$$;
comment on function wxpipe.said_at(timestamptz, boolean, timestamptz, jsonb) is
  'When a row of messages was said, by the best time there is: the platform''s, else the sender''s, else the arrival';

create function wxpipe.answered_at(account text, tenant text, owner text, chat text, since timestamptz) returns timestamptz
  language sql stable parallel safe as $$
  select min(s.at)
  from (
    select wxpipe.said_at(m.occurred_at, m.timeless, m.received_at, m.attributes) as at
    from messages m
    where m.account = $1 and (coalesce(m.conversation, m.subject, m.sender) collate "C") = $4
      and (m.type like 'outgoing.%' or m.reply is not null) and coalesce(m.tenant, '') = $2 and ($3 = '' or m.recipient = $3)
      and wxpipe.said_at(m.occurred_at, m.timeless, m.received_at, m.attributes) >= $5
      and m.occurred_at >= $5 - interval '1 day'
    order by m.occurred_at limit 100) s
  where s.at < $5 + interval '31 days'
$$;
comment on function wxpipe.answered_at(text, text, text, text, timestamptz) is
  'When a conversation was first answered (by a message sent, or a passive reply) since a time; null: not within 31 days. Of the first hundred answers that arrived since, so that it costs the same however many there are';

create function wxpipe.waiting_since(account text, tenant text, owner text, chat text, is_group boolean, answered timestamptz)
  returns timestamptz language sql stable parallel safe as $$
  select min(w.at)
  from (
    (select wxpipe.said_at(m.occurred_at, m.timeless, m.received_at, m.attributes) as at
    from messages m
    where not $5 and m.account = $1 and m.sender = $4 and m.conversation is null and m.category = 'message'
      and m.type not like 'outgoing.%' and coalesce(m.tenant, '') = $2 and ($3 = '' or m.recipient = $3)
      and wxpipe.said_at(m.occurred_at, m.timeless, m.received_at, m.attributes) > $6
      and m.occurred_at >= $6 - interval '1 day'
    order by m.occurred_at limit 100)
    union all
    (select wxpipe.said_at(m.occurred_at, m.timeless, m.received_at, m.attributes)
    from messages m
    where $5 and m.account = $1 and (m.conversation collate "C") = $4 and m.category = 'message'
      and m.type not like 'outgoing.%' and coalesce(m.tenant, '') = $2 and ($3 = '' or m.recipient = $3)
      and wxpipe.said_at(m.occurred_at, m.timeless, m.received_at, m.attributes) > $6
      and m.occurred_at >= $6 - interval '1 day'
    order by m.occurred_at limit 100)) w
$$;
comment on function wxpipe.waiting_since(text, text, text, text, boolean, timestamptz) is
  'Since when a conversation waits for an answer: its first message after the last answer. Of the first hundred that arrived after it, so that it costs the same however many there are';

create function wxpipe.first_response_target() returns interval language sql immutable parallel safe as $$ select interval '30 minutes' $$;
comment on function wxpipe.first_response_target() is
  'Within what time a conversation should be answered: crm.conversations.sla_first_response_at. Replace the function to change it';

create function wxpipe.send_code(status text) returns smallint language sql immutable parallel safe as $$
  select (case status when 'pending' then 0 when 'sending' then 1 when 'sent' then 2 when 'delivered' then 2 when 'read' then 2
    when 'failed' then 3 when 'skipped' then 4 end)::smallint
$$;
comment on function wxpipe.send_code(text) is 'send_records.status as wework.messages and wework.message_receivers number it; null where there is none';

-- Ours.

create view contacts as
select
  d.account, d.tenant, d.part as owner, d.id as subject, d.platform, d.state, d.told #>> '{change,2}' as change,
  nullif(coalesce(d.told #>> '{remark,2}', d.told #>> '{nickname,2}'), '') as name,
  nullif(d.told #>> '{nickname,2}', '') as nickname, nullif(d.told #>> '{remark,2}', '') as remark,
  nullif(d.told #>> '{avatar_url,2}', '') as avatar_url, nullif(d.told #>> '{phone,2}', '') as phone,
  nullif(d.told #>> '{gender,2}', '') as gender, nullif(d.told #>> '{region,2}', '') as region,
  nullif(d.told #>> '{signature,2}', '') as signature,
  nullif(coalesce(d.told #>> '{add_source,2}', d.told #>> '{State,2}', d.told #>> '{Source,2}'), '') as source,
  case when d.told ? 'tags' then wxpipe.list_in(d.told #> '{tags,2}') end as tags,
  wxpipe.told_values(d.told) as told, d.began_at as added_at, d.ended_at, d.first_seen_at, d.last_seen_at
from directory d
where d.kind = 'contact';
comment on view contacts is 'Contacts of instances, and customers of WeWork members, from directory.';
comment on column contacts.account is 'The account''s name in the configuration';
comment on column contacts.tenant is 'The authorised account; empty where there is none';
comment on column contacts.owner is 'Whose contact: WeWork''s member (UserID), or the login of an instance';
comment on column contacts.subject is 'The contact';
comment on column contacts.platform is 'Who told us';
comment on column contacts.state is 'following, left, pending; null: nothing has said yet';
comment on column contacts.change is 'The change that gave the state';
comment on column contacts.name is 'What our side calls the contact, else the nickname';
comment on column contacts.nickname is 'Newest told; null where nobody told it';
comment on column contacts.remark is 'Newest told; null where nobody told it';
comment on column contacts.avatar_url is 'Newest told; null where nobody told it';
comment on column contacts.phone is 'Newest told; null where nobody told it';
comment on column contacts.gender is 'unknown, male, female: newest told';
comment on column contacts.region is 'Newest told; null where nobody told it';
comment on column contacts.signature is 'Newest told; null where nobody told it';
comment on column contacts.source is 'How the contact was made, or the State of the link';
comment on column contacts.tags is 'The newest whole list of tags; null where nobody told one';
comment on column contacts.told is 'All that was told, newest each, by the sender''s names';
comment on column contacts.added_at is 'When the contact was last added';
comment on column contacts.ended_at is 'When the relation last ended';
comment on column contacts.first_seen_at is 'The earliest event known';
comment on column contacts.last_seen_at is 'The latest event known';

create view members as
select
  d.account, d.tenant, d.id as user_id, d.state, d.name, nullif(d.told #>> '{Department,2}', '') as departments,
  nullif(d.told #>> '{MainDepartment,2}', '') as main_department, nullif(d.told #>> '{Position,2}', '') as position,
  nullif(d.told #>> '{Mobile,2}', '') as mobile, nullif(d.told #>> '{Email,2}', '') as email,
  nullif(d.told #>> '{DirectLeader,2}', '') as leader, nullif(d.told #>> '{renamed_to,2}', '') as renamed_to,
  nullif(d.told #>> '{renamed_from,2}', '') as renamed_from, wxpipe.told_values(d.told) as told,
  d.first_began_at as created_at, d.ended_at as removed_at, d.first_seen_at, d.last_seen_at
from directory d
where d.kind = 'member';
comment on view members is 'Members of corporations (change_contact), from directory.';
comment on column members.account is 'The account''s name in the configuration';
comment on column members.tenant is 'The authorised account; empty where there is none';
comment on column members.user_id is 'The member of the corporation (UserID)';
comment on column members.state is 'present, removed; null: nothing has said yet';
comment on column members.name is 'Newest told; null where nobody told it';
comment on column members.departments is 'Ids, with commas between them';
comment on column members.main_department is 'Newest told; null where nobody told it';
comment on column members.position is 'Newest told; null where nobody told it';
comment on column members.mobile is 'Newest told; null where nobody told it';
comment on column members.email is 'Newest told; null where nobody told it';
comment on column members.leader is 'Newest told; null where nobody told it';
comment on column members.renamed_to is 'The new UserID: what comes later is told of that one';
comment on column members.renamed_from is 'The UserID before';
comment on column members.told is 'All that was told, newest each, by the sender''s names';
comment on column members.created_at is 'When the member was made';
comment on column members.removed_at is 'When the member was last removed or renamed';
comment on column members.first_seen_at is 'The earliest event known';
comment on column members.last_seen_at is 'The latest event known';

create view departments as
select
  d.account, d.tenant, d.id as department_id, d.state, d.name, nullif(d.told #>> '{ParentId,2}', '') as parent_id,
  nullif(d.told #>> '{Order,2}', '') as order_in_parent, wxpipe.told_values(d.told) as told,
  d.first_began_at as created_at, d.ended_at as removed_at, d.first_seen_at, d.last_seen_at
from directory d
where d.kind = 'department';
comment on view departments is 'Departments of corporations (change_contact), from directory.';
comment on column departments.account is 'The account''s name in the configuration';
comment on column departments.tenant is 'The authorised account; empty where there is none';
comment on column departments.department_id is 'The department';
comment on column departments.state is 'present, removed; null: nothing has said yet';
comment on column departments.name is 'Newest told; null where nobody told it';
comment on column departments.parent_id is 'Newest told; null where nobody told it';
comment on column departments.order_in_parent is 'Newest told; null where nobody told it';
comment on column departments.told is 'All that was told, newest each, by the sender''s names';
comment on column departments.created_at is 'When it was made';
comment on column departments.removed_at is 'When it was last removed';
comment on column departments.first_seen_at is 'The earliest event known';
comment on column departments.last_seen_at is 'The latest event known';

create view tags as
select
  d.account, d.tenant, d.kind, d.id as tag_id, d.name, nullif(d.told #>> '{TagType,2}', '') as tag_type,
  nullif(d.told #>> '{StrategyId,2}', '') as strategy_id, d.state, wxpipe.told_values(d.told) as told,
  d.first_began_at as created_at, d.ended_at as removed_at, d.first_seen_at, d.last_seen_at
from directory d
where d.kind in ('tag', 'member_tag');
comment on view tags is 'Tags of customers, contacts and members, from directory. Who has a member''s tag is in directory, kind tag_holder.';
comment on column tags.account is 'The account''s name in the configuration';
comment on column tags.tenant is 'The authorised account; empty where there is none';
comment on column tags.kind is 'tag: of customers and contacts; member_tag: of a corporation''s members';
comment on column tags.tag_id is 'The tag; an instance''s tags are named only, so there the name';
comment on column tags.name is 'Null: the platform''s callbacks tell ids only';
comment on column tags.tag_type is 'tag or tag_group, as the platform says';
comment on column tags.strategy_id is 'Newest told; null where nobody told it';
comment on column tags.state is 'present, removed; null: nothing has said yet';
comment on column tags.told is 'All that was told, newest each, by the sender''s names';
comment on column tags.created_at is 'When it was made; null where only its use is known';
comment on column tags.removed_at is 'When it was last removed';
comment on column tags.first_seen_at is 'The earliest event known';
comment on column tags.last_seen_at is 'The latest event known';

create view groups as
select
  d.account, d.tenant, d.id as group_id, d.platform, d.state, d.name,
  nullif(d.told #>> '{group_notice,2}', '') as notice, nullif(d.told #>> '{group_description,2}', '') as description,
  nullif(d.told #>> '{owner_wxid,2}', '') as owner,
  wxpipe.whole_number(d.told #>> '{member_count,2}') as member_count, nullif(d.told #>> '{account,2}', '') as login,
  wxpipe.told_values(d.told) as told, d.first_began_at as created_at,
  case when d.state = 'removed' then d.ended_at end as dismissed_at, d.first_seen_at, d.last_seen_at
from directory d
where d.kind = 'group';
comment on view groups is 'Group chats of instances, and customers'' group chats of WeWork, from directory.';
comment on column groups.account is 'The account''s name in the configuration';
comment on column groups.tenant is 'The authorised account; empty where there is none';
comment on column groups.group_id is 'The group chat';
comment on column groups.platform is 'Who told us';
comment on column groups.state is 'present, removed (dismissed); null: nothing has said yet';
comment on column groups.name is 'Newest told; null where nobody told it';
comment on column groups.notice is 'Newest told; null where nobody told it';
comment on column groups.description is 'Newest told; null where nobody told it';
comment on column groups.owner is 'Newest told; null where nobody told it';
comment on column groups.member_count is 'Newest told; null where nobody told it';
comment on column groups.login is 'The login of the instance that told it last';
comment on column groups.told is 'All that was told, newest each, by the sender''s names';
comment on column groups.created_at is 'When it was made; null where nobody told it';
comment on column groups.dismissed_at is 'When it was dismissed';
comment on column groups.first_seen_at is 'The earliest event known';
comment on column groups.last_seen_at is 'The latest event known';

create view group_members as
select
  d.account, d.tenant, d.id as group_id, d.part as member, d.state,
  nullif(d.told #>> '{nickname,2}', '') as nickname, nullif(d.told #>> '{role,2}', '') as role,
  nullif(d.told #>> '{invite_by,2}', '') as invited_by, nullif(d.told #>> '{JoinScene,2}', '') as join_scene,
  nullif(d.told #>> '{QuitScene,2}', '') as quit_scene, d.first_began_at as first_joined_at, d.began_at as joined_at,
  case when d.state = 'removed' then d.ended_at end as left_at, wxpipe.told_values(d.told) as told, d.first_seen_at,
  d.last_seen_at
from directory d
where d.kind = 'group_member';
comment on view group_members is 'Who is or was in a group chat, as far as joining and leaving were told, from directory. At equal times leaving beats joining.';
comment on column group_members.account is 'The account''s name in the configuration';
comment on column group_members.tenant is 'The authorised account; empty where there is none';
comment on column group_members.group_id is 'The group chat';
comment on column group_members.member is 'The member';
comment on column group_members.state is 'present, removed';
comment on column group_members.nickname is 'Newest told; null where nobody told it';
comment on column group_members.role is 'owner, admin, member: newest told';
comment on column group_members.invited_by is 'Newest told; null where nobody told it';
comment on column group_members.join_scene is 'How the member came, by the platform''s number';
comment on column group_members.quit_scene is 'How the member left, by the platform''s number';
comment on column group_members.first_joined_at is 'The first joining known';
comment on column group_members.joined_at is 'The latest joining';
comment on column group_members.left_at is 'When the member left; null while in the group';
comment on column group_members.told is 'All that was told, newest each, by the sender''s names';
comment on column group_members.first_seen_at is 'The earliest event known';
comment on column group_members.last_seen_at is 'The latest event known';

create view authorizations as
select
  d.account, d.tenant, d.platform, d.state,
  (select jsonb_object_agg(substr(p.key, 12), p.value -> 2) from jsonb_each(d.told) p where p.key like 'permission:%') as permissions,
  d.first_began_at as granted_at, d.began_at as last_granted_at,
  case when d.state = 'revoked' then d.ended_at end as revoked_at, wxpipe.told_values(d.told) as told,
  d.first_seen_at, d.last_seen_at
from directory d
where d.kind = 'authorization';
comment on view authorizations is 'Accounts and corporations that authorised a third-party platform or suite, from directory. At equal times revoked beats updated, updated beats granted.';
comment on column authorizations.account is 'The account''s name in the configuration';
comment on column authorizations.tenant is 'The authorised account; empty where there is none';
comment on column authorizations.platform is 'open_platform: of an official account or mini program; wework: of a corporation';
comment on column authorizations.state is 'granted, revoked; null: only told of';
comment on column authorizations.permissions is 'Function sets that were granted or revoked by themselves, each with granted or revoked; null: none';
comment on column authorizations.granted_at is 'When it was first granted';
comment on column authorizations.last_granted_at is 'When it was last granted';
comment on column authorizations.revoked_at is 'When it was revoked; null while it is granted';
comment on column authorizations.told is 'All that was told, newest each, by the sender''s names';
comment on column authorizations.first_seen_at is 'The earliest event known';
comment on column authorizations.last_seen_at is 'The latest event known';

create view message_tasks as
select
  r.account, r.tenant, r.sent_as as task_uuid, r.status, nullif(r.told #>> '{task_name,2}', '') as name,
  wxpipe.whole_number(r.told #>> '{target_count,2}') as target_count,
  wxpipe.whole_number(r.told #>> '{success_count,2}') as success_count,
  wxpipe.whole_number(r.told #>> '{fail_count,2}') as fail_count, r.error_message,
  nullif(r.told #>> '{account,2}', '') as login, wxpipe.told_values(r.told) as told, r.status_at, r.first_seen_at,
  r.last_seen_at
from send_records r
where r.kind = 'task';
comment on view message_tasks is 'Mass sendings of instances, from send_records.';
comment on column message_tasks.account is 'The account''s name in the configuration';
comment on column message_tasks.tenant is 'The authorised account; empty where there is none';
comment on column message_tasks.task_uuid is 'The sender''s id of the task';
comment on column message_tasks.status is 'pending, running, paused, finished, failed, cancelled: newest told';
comment on column message_tasks.name is 'Newest told; null where nobody told it';
comment on column message_tasks.target_count is 'Newest told; null where nobody told it';
comment on column message_tasks.success_count is 'Newest told; null where nobody told it';
comment on column message_tasks.fail_count is 'Newest told; null where nobody told it';
comment on column message_tasks.error_message is 'Newest told; null where nobody told it';
comment on column message_tasks.login is 'The login of the instance that sends';
comment on column message_tasks.told is 'All that was told, newest each, by the sender''s names';
comment on column message_tasks.status_at is 'When a status was last told';
comment on column message_tasks.first_seen_at is 'The earliest event known';
comment on column message_tasks.last_seen_at is 'The latest event known';

create view message_receivers as
select
  r.account, r.tenant, r.sent_as as task_uuid, r.receiver, r.status,
  nullif(r.told #>> '{message_uuid,2}', '') as message_uuid, r.error_code, r.error_message, r.status_at,
  r.first_seen_at, r.last_seen_at
from send_records r
where r.kind = 'receiver';
comment on view message_receivers is 'Receivers of mass sendings, from send_records.';
comment on column message_receivers.account is 'The account''s name in the configuration';
comment on column message_receivers.tenant is 'The authorised account; empty where there is none';
comment on column message_receivers.task_uuid is 'message_tasks.task_uuid';
comment on column message_receivers.receiver is 'The person or group chat';
comment on column message_receivers.status is 'pending, skipped, sending, sent, failed, delivered, read: forward only';
comment on column message_receivers.message_uuid is 'The message: messages.msg_id';
comment on column message_receivers.error_code is 'Of the status that holds';
comment on column message_receivers.error_message is 'Of the status that holds';
comment on column message_receivers.status_at is 'When a status was last told';
comment on column message_receivers.first_seen_at is 'The earliest event known';
comment on column message_receivers.last_seen_at is 'The latest event known';

-- A session begins with each opening; what comes before the first one known is a session whose opening isn't.
create view conversation_sessions as
select
  e.account, e.tenant, e.subject, e.number::integer as number,
  min(e.occurred_at) filter (where e.step = 1) as opened_at,
  max(e.occurred_at) filter (where e.step = 3) as closed_at,
  (count(*) filter (where e.step = 2))::integer as transfers,
  (array_agg(e.agent order by e.occurred_at desc, e.step desc, e.event_id desc) filter (where e.agent <> ''))[1] as agent,
  (array_agg(e.agent order by e.occurred_at, e.step, e.event_id) filter (where e.agent <> ''))[1] as first_agent,
  wxpipe.answered_at(e.account, e.tenant, '', e.subject, min(e.occurred_at) filter (where e.step = 1)) as first_response_at,
  (array_agg(e.event_id order by e.occurred_at, e.event_id) filter (where e.step = 1))[1] as opened_event_id,
  max(e.occurred_at) as last_at
from (
  select s.*, count(*) filter (where s.step = 1) over (partition by s.account, s.tenant, s.subject
    order by s.occurred_at, s.step, s.event_id) as number
  from (
    select m.account, coalesce(m.tenant, '') as tenant, m.subject, m.occurred_at, m.event_id, m.content as agent,
      case m.type when 'session.opened' then 1 when 'session.transferred' then 2 else 3 end as step
    from messages m
    where m.type in ('session.opened', 'session.transferred', 'session.closed') and m.subject is not null) s) e
group by e.account, e.tenant, e.subject, e.number;
comment on view conversation_sessions is 'Sessions of customer service: opened, handed over, closed; from the journal, through an index of its own. Give account and subject.';
comment on column conversation_sessions.account is 'The account''s name in the configuration';
comment on column conversation_sessions.tenant is 'The authorised account; empty where there is none';
comment on column conversation_sessions.subject is 'The customer';
comment on column conversation_sessions.number is 'Of the customer''s sessions, from 1; 0: its opening isn''t known';
comment on column conversation_sessions.opened_at is 'When it was opened';
comment on column conversation_sessions.closed_at is 'When it was last closed; null while it is open';
comment on column conversation_sessions.transfers is 'How often it was handed over';
comment on column conversation_sessions.agent is 'Who served last: KfAccount';
comment on column conversation_sessions.first_agent is 'Who served first';
comment on column conversation_sessions.first_response_at is 'When the customer was first answered in it, as far as answers come by callbacks; null: none within 31 days';
comment on column conversation_sessions.opened_event_id is 'Its opening: the row of messages';
comment on column conversation_sessions.last_at is 'The last that was told of it';

-- Other systems'.

create or replace view wework.messages as
select
  wxpipe.id8(m.event_id) as id, coalesce(m.msg_id, m.event_id::text) as message_uuid,
  wxpipe.id8(wxpipe.eid('login', m.account,
    case m.platform when 'wework' then m.attributes ->> 'AgentID' else m.recipient end)) as account_id,
  (case m.attributes #>> '{data,chat_type}' when 'private' then 1 when '1' then 1 when 'group' then 2 when '2' then 2
    else case when m.conversation is null then 1 else 2 end end)::smallint as chat_type,
  coalesce(m.conversation, m.subject, m.sender) as chat_wxid,
  case split_part(m.type, '.', 2) when 'shortvideo' then 'video' when 'miniprogrampage' then 'card'
    when 'mini_program' then 'card' when 'mixed' then 'text' else split_part(m.type, '.', 2) end as message_type,
  m.content as message_content,
  coalesce(m.attributes #>> '{data,media_url}', m.attributes ->> 'PicUrl') as media_url,
  wxpipe.whole_number(m.attributes #>> '{data,media_size}') as media_size,
  wxpipe.whole_number(m.attributes #>> '{data,media_duration}') as media_duration,
  m.attributes #>> '{data,thumbnail_url}' as thumbnail_url, m.attributes #>> '{data,file_name}' as file_name,
  m.attributes as message_metadata,
  coalesce(wxpipe.send_code(r.status), 2::smallint) as send_status,
  m.occurred_at as send_time, case when wxpipe.send_code(r.status) = 2 then r.status_at::timestamptz end as receive_time, r.error_code,
  r.error_message, wxpipe.whole_number(r.told #>> '{retry_count,2}')::integer as retry_count,
  case when r.task_uuid is not null then wxpipe.id8(wxpipe.eid('task', m.account, r.task_uuid)) end as task_id,
  (select wxpipe.id8(p.event_id) from messages p
    where p.msg_id = m.attributes #>> '{data,parent_message_uuid}' and p.account = m.account and p.category = 'message'
    order by p.occurred_at, p.event_id limit 1) as parent_message_id,
  case when m.attributes #> '{data,at_members}' is not null then wxpipe.list_in(m.attributes #> '{data,at_members}') end as at_members,
  null::smallint as is_scheduled, null::timestamptz as scheduled_time, m.received_at as created_at,
  greatest(m.received_at, r.last_seen_at) as updated_at, m.account as wx_account, m.tenant as wx_tenant,
  m.sender as wx_sender, m.type as wx_type, m.event_id as wx_event_id
from messages m
left join send_records r on m.type like 'outgoing.%' and r.account = m.account and r.tenant = coalesce(m.tenant, '')
  and r.kind = 'message' and r.sent_as = m.msg_id and r.receiver = ''
where m.platform in ('instance', 'wework', 'bot') and m.category = 'message';
comment on column wework.messages.send_status is '0 pending, 1 sending, 2 sent, 3 failed, 4 skipped, by its receipts, forward only; 2 for what was received or has no receipt';
comment on column wework.messages.receive_time is 'When a receipt last came, of what was sent';
comment on column wework.messages.retry_count is 'As the newest receipt tells; null where none does';
comment on column wework.messages.updated_at is 'When its newest receipt was told; else created_at';

create or replace view wework.contacts as
select
  wxpipe.id8(wxpipe.eid('contact', f.account, f.tenant, f.owner, f.subject)) as id,
  wxpipe.id8(wxpipe.eid('login', f.account, f.owner)) as account_id, f.subject as wxid,
  nullif(p.told ->> 'nickname', '') as nickname, nullif(p.told ->> 'remark', '') as remark,
  nullif(p.told ->> 'avatar_url', '') as avatar_url, nullif(p.told ->> 'phone', '') as phone,
  (case p.told ->> 'gender' when 'unknown' then 0 when 'male' then 1 when 'female' then 2 end)::smallint as gender,
  nullif(p.told ->> 'region', '') as region, nullif(p.told ->> 'signature', '') as signature,
  1::smallint as contact_type,
  (case when f.change = 'removed_by_customer' then 2 when f.state = 'left' then null
    when p.told ->> 'friend_status' = 'blocked' then 3 when p.told ->> 'friend_status' = 'deleted' then 2
    when f.state = 'following' then 1 end)::smallint as friend_status,
  null::smallint as is_star, null::smallint as is_top,
  (case p.told ->> 'friend_status' when 'blocked' then 1 when 'normal' then 0 when 'deleted' then 0 end)::smallint as is_blocked,
  f.scene as add_source, f.subscribed_at as add_time,
  c.last_inbound_at::timestamptz as last_chat_time, coalesce(c.inbound_count, 0)::integer as chat_count,
  case when p.told ? 'tags' then wxpipe.list_in(p.told -> 'tags') end as tags,
  case f.platform when 'instance' then nullif(p.told - array['state', 'change', 'account', 'instance_id', 'wxid', 'nickname', 'remark', 'avatar_url', 'phone', 'gender', 'region', 'signature', 'add_source',
    'friend_status', 'tags'], '{}') end as custom_fields,
  1::smallint as sync_status, f.last_seen_at as last_sync_time, f.first_seen_at as created_at,
  f.last_seen_at as updated_at,
  case when f.state = 'left' and f.change <> 'removed_by_customer' then f.changed_at end as deleted_at,
  f.account as wx_account, f.tenant as wx_tenant, f.owner as wx_owner, f.state as wx_state,
  f.changed_at as wx_changed_at
from followers f
left join lateral (
  select wxpipe.told_values(d.told) as told
  from directory d
  where d.account = f.account and d.tenant = f.tenant and d.kind = 'contact' and d.id = f.subject and d.part = f.owner) p on true
left join conversations c on c.account = f.account and c.tenant = f.tenant and c.owner = f.owner and c.chat = f.subject
where f.platform in ('instance', 'wework') and f.owner <> '';
comment on column wework.contacts.last_chat_time is 'The latest message that the contact wrote in the private chat with this login';
comment on column wework.contacts.chat_count is 'How many messages the contact wrote in the private chat with this login';

drop view wework.groups;
create view wework.groups as
select
  wxpipe.id8(wxpipe.eid('group', g.account, g.tenant, g.id)) as id,
  case when g.told ? 'account' then wxpipe.id8(wxpipe.eid('login', g.account, g.told #>> '{account,2}')) end as account_id,
  g.id as group_wxid, nullif(g.told #>> '{group_name,2}', '') as group_name,
  nullif(g.told #>> '{group_avatar_url,2}', '') as group_avatar_url,
  nullif(g.told #>> '{group_notice,2}', '') as group_notice,
  nullif(g.told #>> '{group_description,2}', '') as group_description,
  wxpipe.whole_number(g.told #>> '{member_count,2}') as member_count, null::integer as max_member_count,
  nullif(g.told #>> '{owner_wxid,2}', '') as owner_wxid,
  (case when g.told #>> '{owner_wxid,2}' = g.told #>> '{account,2}' then 1 else case me.told #>> '{role,2}' when 'owner' then 1 when 'admin' then 2 when 'member' then 3 end end)::smallint as my_role,
  null::smallint as is_muted, null::smallint as is_disturb_off,
  coalesce(me.began_at, g.began_at)::timestamptz as join_time, c.last_message_at::timestamptz as last_message_time,
  c.message_count, (case when g.state = 'removed' then 0 else 1 end)::smallint as is_active, null::jsonb as tags,
  nullif(wxpipe.told_values(g.told) - array['state', 'change', 'account', 'group_name', 'group_avatar_url', 'group_notice', 'group_description',
    'owner_wxid', 'member_count'], '{}') as custom_fields,
  1::smallint as sync_status, g.last_seen_at::timestamptz as last_sync_time,
  g.first_seen_at::timestamptz as created_at, g.last_seen_at::timestamptz as updated_at,
  case when g.state = 'removed' then g.ended_at::timestamptz end as deleted_at, g.account as wx_account,
  g.tenant as wx_tenant
from directory g
left join directory me on me.account = g.account and me.tenant = g.tenant and me.kind = 'group_member' and me.id = g.id
  and me.part = g.told #>> '{account,2}'
left join conversations c on c.account = g.account and c.tenant = g.tenant and c.owner = coalesce(g.told #>> '{account,2}', '')
  and c.chat = g.id
where g.kind = 'group' and g.platform in ('instance', 'wework');
comment on view wework.groups is '群聊表: group chats of instances, and customers'' group chats of WeWork.';
comment on column wework.groups.id is 'From account and group';
comment on column wework.groups.account_id is 'wework_accounts.id of the login that told it last; null for WeWork''s own callbacks';
comment on column wework.groups.group_wxid is 'The group chat';
comment on column wework.groups.group_name is 'Newest told. Null where nobody told it; the platform''s own callbacks never do';
comment on column wework.groups.group_avatar_url is 'Newest told; null where nobody told it';
comment on column wework.groups.group_notice is 'Newest told. Null where nobody told it; the platform''s own callbacks never do';
comment on column wework.groups.group_description is 'Newest told. Null where nobody told it; the platform''s own callbacks never do';
comment on column wework.groups.member_count is 'Newest told. Null where nobody told it; the platform''s own callbacks never do';
comment on column wework.groups.max_member_count is 'Null: in no webhook yet';
comment on column wework.groups.owner_wxid is 'Newest told. Null where nobody told it; the platform''s own callbacks never do';
comment on column wework.groups.my_role is '1 owner, 2 administrator, 3 member: of the login that told of the group last; null where nobody told it';
comment on column wework.groups.is_muted is 'Null: what the client shows, in no webhook';
comment on column wework.groups.is_disturb_off is 'Null: what the client shows, in no webhook';
comment on column wework.groups.join_time is 'When that login joined; else when the group was made; null where nobody told it';
comment on column wework.groups.last_message_time is 'The last message known, of that login''s; null: none yet';
comment on column wework.groups.message_count is 'How many messages are known, of that login''s; null: none yet';
comment on column wework.groups.is_active is '0 dismissed, else 1';
comment on column wework.groups.tags is 'Null: in no webhook yet';
comment on column wework.groups.custom_fields is 'Told fields that have no column here, newest each';
comment on column wework.groups.sync_status is '1: what came is here';
comment on column wework.groups.last_sync_time is 'The latest event known';
comment on column wework.groups.created_at is 'The earliest event known';
comment on column wework.groups.updated_at is 'The latest event known';
comment on column wework.groups.deleted_at is 'When it was dismissed';
comment on column wework.groups.wx_account is 'The account''s name in the configuration';
comment on column wework.groups.wx_tenant is 'The authorised account (AppID or CorpID); null or empty where there is none';

drop view wework.group_members;
create view wework.group_members as
select
  wxpipe.id8(wxpipe.eid('group_member', g.account, g.tenant, g.id, g.part)) as id,
  wxpipe.id8(wxpipe.eid('group', g.account, g.tenant, g.id)) as group_id, g.part as member_wxid,
  nullif(g.told #>> '{nickname,2}', '') as member_nickname,
  nullif(g.told #>> '{group_nickname,2}', '') as group_nickname,
  nullif(g.told #>> '{avatar_url,2}', '') as member_avatar_url,
  (case g.told #>> '{role,2}' when 'owner' then 1 when 'admin' then 2 when 'member' then 3 end)::smallint as role,
  g.began_at::timestamptz as join_time, nullif(g.told #>> '{invite_by,2}', '') as invite_by,
  null::smallint as is_muted, null::timestamptz as mute_until,
  (select max(m.occurred_at) from messages m where m.account = g.account and m.sender = g.part
    and m.conversation = g.id and m.category = 'message') as last_speak_time,
  (select count(*) from messages m where m.account = g.account and m.sender = g.part
    and m.conversation = g.id and m.category = 'message')::integer as speak_count,
  (case when g.state = 'removed' then 0 else 1 end)::smallint as is_active, null::jsonb as tags,
  g.first_seen_at::timestamptz as created_at, g.last_seen_at::timestamptz as updated_at,
  case when g.state = 'removed' then g.ended_at::timestamptz end as left_at, g.account as wx_account,
  g.tenant as wx_tenant, g.id as wx_group
from directory g
where g.kind = 'group_member' and g.platform in ('instance', 'wework');
comment on view wework.group_members is '群成员表: who is or was in a group chat, as far as joining and leaving were told.';
comment on column wework.group_members.id is 'From account, group and member';
comment on column wework.group_members.group_id is 'groups.id';
comment on column wework.group_members.member_wxid is 'The member';
comment on column wework.group_members.member_nickname is 'Newest told. Null where nobody told it; the platform''s own callbacks never do';
comment on column wework.group_members.group_nickname is 'Newest told; null where nobody told it';
comment on column wework.group_members.member_avatar_url is 'Newest told; null where nobody told it';
comment on column wework.group_members.role is '1 owner, 2 administrator, 3 member; null where nobody told it';
comment on column wework.group_members.join_time is 'The newest joining; the group''s making, for its first members';
comment on column wework.group_members.invite_by is 'Newest told. Null where nobody told it; the platform''s own callbacks never do';
comment on column wework.group_members.is_muted is 'Null: in no webhook yet';
comment on column wework.group_members.mute_until is 'Null: in no webhook yet';
comment on column wework.group_members.last_speak_time is 'The member''s latest message in the group';
comment on column wework.group_members.speak_count is 'How many messages of the member are known';
comment on column wework.group_members.is_active is '1 in the group, 0 left. Leaving beats joining at the same time';
comment on column wework.group_members.tags is 'Null: in no webhook yet';
comment on column wework.group_members.created_at is 'The earliest event known';
comment on column wework.group_members.updated_at is 'The latest event known';
comment on column wework.group_members.left_at is 'The newest leaving; null while the member is in the group';
comment on column wework.group_members.wx_account is 'The account''s name in the configuration';
comment on column wework.group_members.wx_tenant is 'The authorised account (AppID or CorpID); null or empty where there is none';
comment on column wework.group_members.wx_group is 'groups.group_wxid: with wx_account the way into an index';

create function wxpipe.planned_time(written text) returns timestamptz language sql stable parallel safe as $$
  select wxpipe.stated_time(written, '9999-01-01 00:00:00Z')
$$;
comment on function wxpipe.planned_time(text) is 'A time as a sender wrote it, in the future too (RFC 3339, Unix seconds or milliseconds); null where it is none';

drop view wework.message_tasks;
create view wework.message_tasks as
select
  wxpipe.id8(wxpipe.eid('task', t.account, t.sent_as)) as id, t.sent_as as task_uuid,
  nullif(t.told #>> '{task_name,2}', '') as task_name, nullif(t.told #>> '{task_type,2}', '') as task_type,
  case when t.told ? 'account' then wxpipe.id8(wxpipe.eid('login', t.account, t.told #>> '{account,2}')) end as account_id,
  nullif(t.told #>> '{message_type,2}', '') as message_type,
  nullif(t.told #>> '{message_content,2}', '') as message_content,
  wxpipe.whole_number(t.told #>> '{template_id,2}') as template_id,
  t.told #> '{template_variables,2}' as template_variables,
  wxpipe.whole_number(t.told #>> '{target_count,2}') as target_count,
  wxpipe.whole_number(t.told #>> '{success_count,2}') as success_count,
  wxpipe.whole_number(t.told #>> '{fail_count,2}') as fail_count,
  (case when wxpipe.whole_number(t.told #>> '{target_count,2}') > 0
    then least(100, greatest(0, 100.0 * (coalesce(wxpipe.whole_number(t.told #>> '{success_count,2}'), 0) + coalesce(wxpipe.whole_number(t.told #>> '{fail_count,2}'), 0))
      / wxpipe.whole_number(t.told #>> '{target_count,2}'))) end)::numeric(5, 2) as progress,
  (case t.status when 'pending' then 0 when 'running' then 1 when 'failed' then 3 when 'cancelled' then 4 when 'paused' then 5 else 2 end)::smallint as status,
  (case when t.told #>> '{priority,2}' ~ '^[0-9]{1,4}$' then (t.told #>> '{priority,2}')::smallint end) as priority,
  (case when t.told #>> '{send_interval,2}' ~ '^[0-9]{1,9}$' then (t.told #>> '{send_interval,2}')::integer end) as send_interval,
  (case when t.told #>> '{max_retry,2}' ~ '^[0-9]{1,9}$' then (t.told #>> '{max_retry,2}')::integer end) as max_retry,
  wxpipe.planned_time(t.told #>> '{scheduled_time,2}') as scheduled_time,
  wxpipe.planned_time(t.told #>> '{started_at,2}') as started_at,
  case when t.status in ('finished', 'failed', 'cancelled') then t.status_at::timestamptz end as completed_at,
  nullif(t.error_message, '') as error_message, null::bigint as created_by,
  t.first_seen_at::timestamptz as created_at, t.last_seen_at::timestamptz as updated_at, t.account as wx_account
from send_records t
where t.kind = 'task' and t.platform = 'instance';
comment on view wework.message_tasks is '消息任务表: mass sendings of instances: their plan, progress and end, as far as these were told.';
comment on column wework.message_tasks.id is 'From account and task';
comment on column wework.message_tasks.task_uuid is 'The sender''s id of the task';
comment on column wework.message_tasks.task_name is 'Newest told';
comment on column wework.message_tasks.task_type is 'Of the plan, newest told; null where the sender told none';
comment on column wework.message_tasks.account_id is 'wework_accounts.id of the login that sent';
comment on column wework.message_tasks.message_type is 'Of the plan, newest told; null where the sender told none';
comment on column wework.message_tasks.message_content is 'Of the plan, newest told; null where the sender told none';
comment on column wework.message_tasks.template_id is 'Of the plan, newest told; null where the sender told none';
comment on column wework.message_tasks.template_variables is 'Of the plan, newest told; null where the sender told none';
comment on column wework.message_tasks.target_count is 'Newest told';
comment on column wework.message_tasks.success_count is 'Newest told';
comment on column wework.message_tasks.fail_count is 'Newest told';
comment on column wework.message_tasks.progress is 'Percent of the targets that are done';
comment on column wework.message_tasks.status is '0 pending, 1 running, 2 finished, 3 failed, 4 cancelled, 5 paused: newest told';
comment on column wework.message_tasks.priority is 'Of the plan, newest told; null where the sender told none';
comment on column wework.message_tasks.send_interval is 'Of the plan, newest told; null where the sender told none';
comment on column wework.message_tasks.max_retry is 'Of the plan, newest told; null where the sender told none';
comment on column wework.message_tasks.scheduled_time is 'Of the plan, newest told; null where the sender told none';
comment on column wework.message_tasks.started_at is 'Of the plan, newest told; null where the sender told none';
comment on column wework.message_tasks.completed_at is 'When its end was told; null while it goes on';
comment on column wework.message_tasks.error_message is 'Newest told';
comment on column wework.message_tasks.created_by is 'Null: people''s, in no callback';
comment on column wework.message_tasks.created_at is 'The earliest event known';
comment on column wework.message_tasks.updated_at is 'The latest event known';
comment on column wework.message_tasks.wx_account is 'The account''s name in the configuration';

drop view wework.message_receivers;
create view wework.message_receivers as
select
  wxpipe.id8(wxpipe.eid('receiver', r.account, r.sent_as, r.receiver)) as id,
  wxpipe.id8(wxpipe.eid('task', r.account, r.sent_as)) as task_id,
  (case when g.id is not null then 2 else 1 end)::smallint as receiver_type, r.receiver as receiver_wxid,
  coalesce(g.name, c.name) as receiver_name,
  (select wxpipe.id8(p.event_id) from messages p
    where p.msg_id = r.told #>> '{message_uuid,2}' and p.account = r.account and p.category = 'message'
    order by p.occurred_at, p.event_id limit 1) as message_id,
  coalesce(wxpipe.send_code(r.status), 0::smallint) as send_status, r.status_at::timestamptz as send_time,
  r.error_code, r.error_message, wxpipe.whole_number(r.told #>> '{retry_count,2}')::integer as retry_count,
  r.told #> '{variables,2}' as variables, r.first_seen_at::timestamptz as created_at,
  r.last_seen_at::timestamptz as updated_at, r.account as wx_account
from send_records r
left join directory g on g.account = r.account and g.tenant = r.tenant and g.kind = 'group' and g.id = r.receiver and g.part = ''
left join directory c on c.account = r.account and c.tenant = r.tenant and c.kind = 'contact' and c.id = r.receiver
  and c.part = r.told #>> '{login,2}'
where r.kind = 'receiver' and r.platform = 'instance';
comment on view wework.message_receivers is '消息接收者表: receivers of mass sendings, from the plan and from the receipts that name a task.';
comment on column wework.message_receivers.id is 'From account, task and receiver';
comment on column wework.message_receivers.task_id is 'message_tasks.id';
comment on column wework.message_receivers.receiver_type is '2 a group chat that is known; else 1, a contact';
comment on column wework.message_receivers.receiver_wxid is 'The receiver';
comment on column wework.message_receivers.receiver_name is 'Newest told: the group''s, or the contact''s of the login that sent';
comment on column wework.message_receivers.message_id is 'messages.id';
comment on column wework.message_receivers.send_status is '0 pending, 1 sending, 2 sent, 3 failed, 4 skipped: forward only';
comment on column wework.message_receivers.send_time is 'When a receipt last came with a status';
comment on column wework.message_receivers.error_code is 'Of the status that holds';
comment on column wework.message_receivers.error_message is 'Of the status that holds';
comment on column wework.message_receivers.retry_count is 'As the newest receipt tells; null where none does';
comment on column wework.message_receivers.variables is 'Of the plan, newest told; null where the sender told none';
comment on column wework.message_receivers.created_at is 'The earliest receipt known';
comment on column wework.message_receivers.updated_at is 'The latest receipt known';
comment on column wework.message_receivers.wx_account is 'The account''s name in the configuration';

drop view open_platform.account_message_send_records;
create view open_platform.account_message_send_records as
select
  wxpipe.id8(wxpipe.eid('send', r.tenant, r.sent_as, r.to_whom)) as account_message_send_record_id,
  wxpipe.id8(wxpipe.eid('official_account', r.tenant)) as official_account_id, r.template_id,
  r.told #>> '{content,2}' as content, r.to_whom as receiver_user, 1::smallint as status,
  r.last_seen_at::timestamptz as updated_at, r.first_seen_at::timestamptz as created_at, r.account as wx_account,
  r.sent_as as wx_msg_id
from send_records r
where r.kind = 'message' and r.platform = 'wechat' and r.tenant <> '';
comment on view open_platform.account_message_send_records is '公众号消息发送记录表: template and subscription messages of authorised accounts whose receipts came.';
comment on column open_platform.account_message_send_records.account_message_send_record_id is 'From account, the platform''s id of the message, and receiver';
comment on column open_platform.account_message_send_records.official_account_id is 'official_accounts.official_account_id';
comment on column open_platform.account_message_send_records.template_id is 'Of subscription messages; receipts of template messages don''t name it';
comment on column open_platform.account_message_send_records.content is 'What was sent, where its sender told it; receipts don''t';
comment on column open_platform.account_message_send_records.receiver_user is 'The follower';
comment on column open_platform.account_message_send_records.status is '1: it exists. What became of it is in wechat_message_receipt_records, and in send_records';
comment on column open_platform.account_message_send_records.updated_at is 'The latest receipt';
comment on column open_platform.account_message_send_records.created_at is 'The earliest receipt';
comment on column open_platform.account_message_send_records.wx_account is 'The account''s name in the configuration';
comment on column open_platform.account_message_send_records.wx_msg_id is 'wechat_message_receipt_records.msg_id';

drop view open_platform.official_accounts;
create view open_platform.official_accounts as
select
  wxpipe.id8(wxpipe.eid('official_account', a.id)) as official_account_id, null::text as nickname,
  null::text as avartar_url, null::smallint as service_type_id, null::smallint as verify_type_id,
  null::text as original_id, null::text as principal_name, null::text as alias,
  null::smallint as business_info_open_store, null::smallint as business_info_open_scan,
  null::smallint as business_info_open_pay, null::smallint as business_info_open_card,
  null::smallint as business_info_open_shake, null::text as qrcode_url, a.id as appid,
  (select string_agg(substr(p.key, 12), ',' order by p.key collate "C") from jsonb_each(a.told) p
    where p.key like 'permission:%' and p.value ->> 2 = 'granted') as func_ids,
  (case a.state when 'revoked' then -2 else 1 end)::smallint as status, a.last_seen_at::timestamptz as updated_at,
  coalesce(a.first_began_at, a.first_seen_at)::timestamptz as created_at, a.account as wx_account
from directory a
where a.kind = 'authorization' and a.platform = 'open_platform' and a.state is not null;
comment on view open_platform.official_accounts is '公众号授权信息表: who authorised the platform, by the newest of granted, updated and revoked.';
comment on column open_platform.official_accounts.official_account_id is 'From the AppID';
comment on column open_platform.official_accounts.nickname is 'Null: no callback has it, the platform''s account API does';
comment on column open_platform.official_accounts.avartar_url is 'Null: no callback has it, the platform''s account API does';
comment on column open_platform.official_accounts.service_type_id is 'Null: no callback has it, the platform''s account API does';
comment on column open_platform.official_accounts.verify_type_id is 'Null: no callback has it, the platform''s account API does';
comment on column open_platform.official_accounts.original_id is 'Null: authorisations don''t name it; the account''s own callbacks do (wechat_message_receipt_records.to_user_name)';
comment on column open_platform.official_accounts.principal_name is 'Null: no callback has it, the platform''s account API does';
comment on column open_platform.official_accounts.alias is 'Null: no callback has it, the platform''s account API does';
comment on column open_platform.official_accounts.business_info_open_store is 'Null: no callback has it, the platform''s account API does';
comment on column open_platform.official_accounts.business_info_open_scan is 'Null: no callback has it, the platform''s account API does';
comment on column open_platform.official_accounts.business_info_open_pay is 'Null: no callback has it, the platform''s account API does';
comment on column open_platform.official_accounts.business_info_open_card is 'Null: no callback has it, the platform''s account API does';
comment on column open_platform.official_accounts.business_info_open_shake is 'Null: no callback has it, the platform''s account API does';
comment on column open_platform.official_accounts.qrcode_url is 'Null: no callback has it, the platform''s account API does';
comment on column open_platform.official_accounts.appid is 'The authorised account';
comment on column open_platform.official_accounts.func_ids is 'Function sets that were granted by themselves; null: callbacks name none, the platform''s account API does';
comment on column open_platform.official_accounts.status is '1 authorised, -2 revoked. At the same time revoked beats updated, updated beats granted';
comment on column open_platform.official_accounts.updated_at is 'The newest of them';
comment on column open_platform.official_accounts.created_at is 'The first time it was granted; else the first event known';
comment on column open_platform.official_accounts.wx_account is 'The account''s name in the configuration';

create or replace view crm.messages as
select
  x.id, x.conversation_id, x.sender_type, x.sender_id, x.content_type, x.content, x.media_url, x.metadata,
  null::boolean as ai_generated, null::double precision as ai_confidence, null::jsonb as ai_sources, x.status collate "default" as status,
  x.external_message_id, x.occurred_at as created_at, x.account as wx_account, x.tenant as wx_tenant,
  x.sender as wx_sender, x.conversation as wx_conversation, x.event_id as wx_event_id
from (
  select m.event_id as id, wxpipe.eid('conversation', m.account, m.tenant, case m.platform when 'instance' then m.recipient end,
    coalesce(m.conversation, m.subject, m.sender)) as conversation_id,
    case when m.type like 'outgoing.%' then 'agent' else 'customer' end as sender_type, m.sender as sender_id,
    case split_part(m.type, '.', 2) when 'shortvideo' then 'video' when 'link' then 'card' when 'mini_program' then 'card'
    when 'miniprogrampage' then 'card' when 'mixed' then 'text' else split_part(m.type, '.', 2) end as content_type,
    m.content, coalesce(m.attributes #>> '{data,media_url}', m.attributes ->> 'PicUrl') as media_url, m.attributes as metadata,
    case when m.type not like 'outgoing.%' then 'delivered' else coalesce((
      select case r.status when 'skipped' then 'failed' when 'sending' then 'pending' else r.status end from send_records r
      where r.account = m.account and r.tenant = coalesce(m.tenant, '') and r.kind = 'message' and r.sent_as = m.msg_id
        and r.receiver = ''), 'sent') end as status, m.msg_id as external_message_id, m.occurred_at,
    m.account, m.tenant, m.sender, m.conversation, m.event_id
  from messages m
  where m.category = 'message'
  union all
  select wxpipe.eid('reply', m.event_id::text), wxpipe.eid('conversation', m.account, m.tenant, case m.platform when 'instance' then m.recipient end,
    coalesce(m.conversation, m.subject, m.sender)), 'system', m.recipient, 'text', m.reply, null, '{}', 'sent', null,
    m.occurred_at, m.account, m.tenant, m.sender, m.conversation, m.event_id
  from messages m
  where m.reply is not null
  union all
  select m.event_id, wxpipe.eid('conversation', m.account, m.tenant, case m.platform when 'instance' then m.recipient end,
    coalesce(m.conversation, m.subject, m.sender)), 'system', m.sender, 'system', m.content, null, m.attributes, 'delivered', null,
    m.occurred_at, m.account, m.tenant, m.sender, m.conversation, m.event_id
  from messages m
  where m.type in ('session.opened', 'session.transferred', 'session.closed')) x;
comment on column crm.messages.conversation_id is 'conversations.id';
comment on column crm.messages.status is 'delivered for what came to us; of ours what receipts say: pending, sent, delivered, read, failed; sent where there is none';

create view crm.conversations as
select
  wxpipe.eid('conversation', c.account, c.tenant, c.owner, c.chat) as id, null::uuid as org_id,
  null::uuid as customer_id, wxpipe.eid('account', c.account) as channel_id,
  case c.platform when 'wework' then 'wechat_work' when 'instance' then 'wechat_work' when 'bot' then 'wechat_work'
    when 'wechat' then 'wechat_mp' when 'open_platform' then 'wechat_mp' else 'other' end as channel_type,
  c.chat as external_chat_id, null::uuid as agent_id,
  case when s.step = 3 and s.occurred_at >= c.last_message_at then 'closed' when c.last_inbound_at > coalesce(c.last_outbound_at, '-infinity') then 'pending'
    else 'active' end as status,
  'medium'::text as priority, null::boolean as ai_enabled, null::text as ai_summary, null::text as ai_sentiment,
  c.first_inbound_at + wxpipe.first_response_target() as sla_first_response_at,
  null::timestamptz as sla_resolve_deadline, null::text[] as tags, null::integer as satisfaction_score,
  null::text as satisfaction_comment, c.message_count::integer as message_count, c.last_message_at,
  c.last_preview as last_message_preview,
  case when c.first_inbound_at is not null then wxpipe.answered_at(c.account, c.tenant, c.owner, c.chat, c.first_inbound_at) end as first_response_at,
  null::timestamptz as resolved_at, case when s.step = 3 then s.occurred_at end as closed_at,
  c.first_message_at as created_at, c.last_message_at as updated_at, c.account as wx_account, c.tenant as wx_tenant,
  c.owner as wx_owner, s.agent as wx_agent,
  case when c.last_inbound_at > c.last_outbound_at then wxpipe.waiting_since(c.account, c.tenant, c.owner, c.chat, c.is_group, c.last_outbound_at)
    when c.last_outbound_at is null then c.first_inbound_at end as wx_waiting_since
from conversations c
left join lateral (
  select m.occurred_at, case m.type when 'session.opened' then 1 when 'session.transferred' then 2 else 3 end as step, m.content as agent
  from messages m
  where m.type in ('session.opened', 'session.transferred', 'session.closed') and m.account = c.account and m.subject = c.chat
    and coalesce(m.tenant, '') = c.tenant and c.owner = ''
  order by m.occurred_at desc, 2 desc, m.event_id desc limit 1) s on true;
comment on view crm.conversations is '会话: private and group conversations of all platforms, from conversations.';
comment on column crm.conversations.id is 'From account, login and chat: messages.conversation_id';
comment on column crm.conversations.org_id is 'Null: which organisation an account belongs to is nowhere yet';
comment on column crm.conversations.customer_id is 'Null: who is one person over several accounts is decided elsewhere';
comment on column crm.conversations.channel_id is 'channels.id';
comment on column crm.conversations.channel_type is 'As channels.platform';
comment on column crm.conversations.external_chat_id is 'The group chat, or the other person';
comment on column crm.conversations.agent_id is 'Null: people''s ids are an application''s; wx_agent names who served';
comment on column crm.conversations.status is 'pending: the last word is the customer''s; active: it is ours; closed: a session was closed after the last message';
comment on column crm.conversations.priority is 'medium: nothing tells of another';
comment on column crm.conversations.ai_enabled is 'Null: an application''s';
comment on column crm.conversations.ai_summary is 'Null: an application''s';
comment on column crm.conversations.ai_sentiment is 'Null: an application''s';
comment on column crm.conversations.sla_first_response_at is 'By when the customer should be answered first: wxpipe.first_response_target() after the first message';
comment on column crm.conversations.sla_resolve_deadline is 'Null: an application''s';
comment on column crm.conversations.tags is 'Null: an application''s';
comment on column crm.conversations.satisfaction_score is 'Null: an application''s';
comment on column crm.conversations.satisfaction_comment is 'Null: an application''s';
comment on column crm.conversations.message_count is 'Messages received and sent; passive replies count too';
comment on column crm.conversations.last_message_at is 'The last message';
comment on column crm.conversations.last_message_preview is 'Its first 100 characters';
comment on column crm.conversations.first_response_at is 'When the customer was first answered; null: not within 31 days of the first message';
comment on column crm.conversations.resolved_at is 'Null: an application''s';
comment on column crm.conversations.closed_at is 'When its last session was closed; null while one is open, or none is known';
comment on column crm.conversations.created_at is 'The first message';
comment on column crm.conversations.updated_at is 'The last message';
comment on column crm.conversations.wx_account is 'The account''s name in the configuration';
comment on column crm.conversations.wx_tenant is 'The authorised account (AppID or CorpID); empty where there is none';
comment on column crm.conversations.wx_owner is 'The login of an instance; else empty';
comment on column crm.conversations.wx_agent is 'Who served in the last session: KfAccount';
comment on column crm.conversations.wx_waiting_since is 'Since when the customer waits for an answer; null: the last word is ours';
