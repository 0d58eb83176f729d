-- What each team calls its data: a schema for each of five systems that use these events, with its table and column names,
-- as views over the tables that callbacks fill. Nothing is stored twice. docs/tables.md lists the views, and the tables that
-- have none and why.
--
-- Rules that hold for all of them. A column that nothing knows yet is null, of the right type, and its comment says why. Ids
-- are functions of content (wxpipe.eid), so a view's foreign keys join. Texts are `text`, so that nothing is cut. A number
-- that a sender wrote is read only if it is one: a view never fails on a row. Behind the system's own columns stand ours,
-- wx_…: they lead back to our tables, and to their indexes. Columns are named one by one, so tables can get new ones; a
-- migration that changes a column's type drops the views of that column and makes them anew.

create schema if not exists official_account;
create schema if not exists wework;
create schema if not exists open_platform;
create schema if not exists tb_core;
create schema if not exists crm;
comment on schema official_account is 'Views: the tables of an official account''s back office';
comment on schema wework is 'Views: the tables of a manager of WeWork instances';
comment on schema open_platform is 'Views: the tables of a third-party platform for official accounts';
comment on schema tb_core is 'Views: the tables that keep records of calls';
comment on schema crm is 'Views: the tables of a lead and customer management';


create function wxpipe.eid(kind text, variadic key text[]) returns uuid language sql stable parallel safe as $$
  select encode(substr(sha256(convert_to(kind || E'\x1f' || array_to_string(key, E'\x1f', ''), 'UTF8')), 1, 16), 'hex')::uuid
$$;
comment on function wxpipe.eid(text, text[]) is
  'The id of a thing from what it is and its natural key: equal everywhere and always. Kinds: account, login, follower, lead …';

create function wxpipe.id8(id uuid) returns bigint language sql immutable parallel safe as $$
  select ('x' || encode(substr(uuid_send(id), 9), 'hex'))::bit(64)::bigint & 9223372036854775807
$$;
comment on function wxpipe.id8(uuid) is 'The last 63 bits of an id, for systems whose ids are numbers';

create function wxpipe.whole_number(written text) returns bigint language sql immutable parallel safe as $$
  select case when written ~ '^-?[0-9]{1,18}$' then written::bigint end
$$;
comment on function wxpipe.whole_number(text) is 'A whole number as a sender wrote it; null where it is none';

create function wxpipe.decimal_number(written text) returns numeric language sql immutable parallel safe as $$
  select case when written ~ '^-?[0-9]{1,11}(\.[0-9]{1,30})?$' then round(written::numeric, 4)
              when written ~ '^-?[0-9]{1,2}(\.[0-9]{1,30})?[eE]-?[0-9]$' then round(written::numeric, 4) end
$$;
comment on function wxpipe.decimal_number(text) is 'A number as a sender wrote it, to four places; null where it is none';

-- Only what is surely a date is cast: the cast fails on others, and with it the query.
create function wxpipe.stated_time(written text, received_at timestamptz) returns timestamptz
  language sql stable parallel safe as $$
  select case when at >= '2011-01-01 00:00:00Z' and at <= received_at + interval '1 day' then at end
  from (select case
    when written ~ '^[0-9]{10}(\.[0-9]{1,6})?$' then to_timestamp(written::double precision)
    when written ~ '^[0-9]{13}(\.[0-9]{1,6})?$' then to_timestamp(written::double precision / 1000)
    when written ~ '^[12]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?([Zz]|[+-](0\d|1[0-4]):?[0-5]\d)$'
    then case when substr(written, 9, 2)::int <= extract(day from
        make_date(substr(written, 1, 4)::int, substr(written, 6, 2)::int, 1) + interval '1 month - 1 day')
      then written::timestamptz end end as at) read
$$;
comment on function wxpipe.stated_time(text, timestamptz) is
  'The time that a sender states (RFC 3339, Unix seconds or milliseconds), by the rule of follower_history.stated_at; null where it states none';

create function wxpipe.journal_told_at(occurred_at timestamptz, timeless boolean, received_at timestamptz, attributes jsonb)
  returns timestamptz language sql stable parallel safe as $$
  select wxpipe.told_at(occurred_at, timeless,
    case when timeless then wxpipe.stated_time(attributes ->> 'timestamp', received_at) end)
$$;
comment on function wxpipe.journal_told_at(timestamptz, boolean, timestamptz, jsonb) is
  'wxpipe.told_at for a row of messages: the time by which the newest value wins';

create function wxpipe.newest_key(told_at timestamptz, event_id uuid) returns text language sql stable parallel safe as $$
  select (to_char(told_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US ') || event_id::text) collate "C"
$$;
comment on function wxpipe.newest_key(timestamptz, uuid) is 'A text that sorts by time, then id: (max(array[newest_key(…), value]))[2] is the newest value';

create function wxpipe.object_in(value jsonb) returns jsonb language sql immutable parallel safe as $$
  select case when jsonb_typeof(value) = 'object' then value else '{}' end
$$;
comment on function wxpipe.object_in(jsonb) is 'The value where it is an object, else an empty one';

create function wxpipe.list_in(value jsonb) returns jsonb language sql immutable parallel safe as $$
  select case when value is null or jsonb_typeof(value) = 'null' then '[]'
              when jsonb_typeof(value) = 'array' then value else jsonb_build_array(value) end
$$;
comment on function wxpipe.list_in(jsonb) is 'The value where it is a list, a list of it where it is anything else, an empty list where there is none';

-- Strict, and so not taken into the query: there the planner would expect a hundred members of every list.
create function wxpipe.members_in(attributes jsonb) returns setof jsonb language sql stable strict parallel safe rows 5 as $$
  select wxpipe.object_in(each.value) from jsonb_array_elements(wxpipe.list_in(attributes #> '{data,members}')) each
  union all
  select jsonb_build_object('wxid', each.value)
  from jsonb_array_elements_text(wxpipe.list_in(attributes #> '{MemChangeList,Item}')) each
  union all
  select jsonb_build_object('wxid', each)
  from string_to_table(case when jsonb_typeof(attributes -> 'MemChangeList') = 'string' then attributes ->> 'MemChangeList' end,
    ',') each
$$;
comment on function wxpipe.members_in(jsonb) is
  'Who joined or left a group chat, an object each with its wxid: an instance''s data.members, the platform''s MemChangeList';

-- Followers: the state as of a time, and the first and latest of what happened to each.

create function wxpipe.follower_state(account text, tenant text, subject text, owner text, at timestamptz)
  returns table (state text, change text, changed_at timestamptz, told_at timestamptz, rank integer, event_id uuid)
  language sql stable parallel safe rows 1 as $$
  select h.state, h.change, h.occurred_at, wxpipe.told_at(h.occurred_at, h.timeless, h.stated_at), h.rank, h.event_id
  from follower_history h
  where h.account = $1 and h.tenant = $2 and h.subject = $3 and h.owner = $4 and h.state is not null
    and wxpipe.told_at(h.occurred_at, h.timeless, h.stated_at) <= $5
  order by wxpipe.told_at(h.occurred_at, h.timeless, h.stated_at) desc, h.rank desc, h.event_id desc, h.change desc
  limit 1
$$;
comment on function wxpipe.follower_state(text, text, text, text, timestamptz) is
  'A follower''s state as of a time, by the rule that followers is merged by: of the changes told up to then, the greatest (told_at, rank, event_id, change). No row: no change had said yet. tenant and owner are empty where there is none';

-- A source with the time that it was told in front: so the least is the first, the greatest is the last, as followers
-- has it.
create view follower_times as
select
  h.account, h.tenant, h.subject, h.owner, min(h.occurred_at) filter (where h.begins) as first_subscribed_at,
  max(h.occurred_at) filter (where h.begins) as last_subscribed_at,
  min(h.occurred_at) filter (where h.state = 'left') as first_unsubscribed_at,
  max(h.occurred_at) filter (where h.state = 'left') as last_unsubscribed_at,
  count(*) filter (where h.begins) as subscribe_count, count(*) filter (where h.state = 'left') as unsubscribe_count,
  (min(h.source) filter (where h.source is not null))[2] as first_scene,
  nullif((min(h.source) filter (where h.source is not null))[3], '') as first_channel,
  (max(h.source) filter (where h.source is not null))[2] as last_scene,
  nullif((max(h.source) filter (where h.source is not null))[3], '') as last_channel
from (
  select c.account, c.tenant, c.subject, c.owner, c.occurred_at, c.state, c.change in ('subscribed', 'added') as begins,
    case when c.scene is not null then array[to_char(wxpipe.told_at(c.occurred_at, c.timeless, c.stated_at) at time zone 'UTC',
      'YYYY-MM-DD HH24:MI:SS.US'), c.scene, coalesce(c.channel, '')] end as source
  from follower_history c) h
group by h.account, h.tenant, h.subject, h.owner;
comment on view follower_times is 'The first and the latest of what happened to each follower or customer, from follower_history.';
comment on column follower_times.account is 'The account''s name in the configuration';
comment on column follower_times.tenant is 'The authorised account; empty where there is none';
comment on column follower_times.subject is 'The follower: openid, or external user id';
comment on column follower_times.owner is 'Whose customer; empty for official accounts';
comment on column follower_times.first_subscribed_at is 'The first change that began the relation (subscribed, added); null where only others are known';
comment on column follower_times.last_subscribed_at is 'The latest of them: followers.subscribed_at';
comment on column follower_times.first_unsubscribed_at is 'The first change to left';
comment on column follower_times.last_unsubscribed_at is 'The latest of them: followers.unsubscribed_at';
comment on column follower_times.subscribe_count is 'How often the relation began';
comment on column follower_times.unsubscribe_count is 'How often it ended';
comment on column follower_times.first_scene is 'The source that was told first: QR scene, State or other';
comment on column follower_times.first_channel is 'What the account''s configuration calls it';
comment on column follower_times.last_scene is 'The source that was told last: followers.scene';
comment on column follower_times.last_channel is 'What the account''s configuration calls it: followers.channel';

-- official_account: an official account's back office.

create view official_account.wechat_message as
select
  wxpipe.id8(m.event_id) as id, lower(coalesce(m.msg_type, m.category)) as type, m.body as payload, m.content,
  (m.occurred_at at time zone 'UTC')::timestamp(6) as create_time, m.reply, coalesce(m.subject, m.sender) as open_id,
  coalesce(m.recipient, '') as account_id, m.account as wx_account, m.tenant as wx_tenant, m.sender as wx_sender,
  m.type as wx_type, m.occurred_at as wx_occurred_at, m.event_id as wx_event_id
from messages m
where m.platform = 'wechat';
comment on view official_account.wechat_message is '公众号消息: every message and event of official accounts and mini programs, own and authorised.';
comment on column official_account.wechat_message.id is 'From event_id';
comment on column official_account.wechat_message.type is 'The platform''s MsgType in small letters: text, image, event …';
comment on column official_account.wechat_message.payload is 'The decrypted payload; credentials sealed';
comment on column official_account.wechat_message.content is 'What a person would read';
comment on column official_account.wechat_message.create_time is 'The platform''s time, in UTC. Ask for a range by wx_occurred_at: only that tells which partitions to read';
comment on column official_account.wechat_message.reply is 'The passive reply it was answered with';
comment on column official_account.wechat_message.open_id is 'Whom it is about; where it is about nobody, who the platform says sent it';
comment on column official_account.wechat_message.account_id is 'The account''s original id (gh_…): ToUserName';
comment on column official_account.wechat_message.wx_account is 'The account''s name in the configuration';
comment on column official_account.wechat_message.wx_tenant is 'The authorised account (AppID or CorpID); null or empty where there is none';
comment on column official_account.wechat_message.wx_sender is 'FromUserName: with wx_account the way into an index';
comment on column official_account.wechat_message.wx_type is 'What it is, in wxpipe''s words';
comment on column official_account.wechat_message.wx_occurred_at is 'create_time with its zone';
comment on column official_account.wechat_message.wx_event_id is 'The row of messages';

create view official_account.wechat_follower as
select
  wxpipe.id8(wxpipe.eid('follower', f.account, f.tenant, f.subject, f.owner)) as id, f.subject as open_id,
  null::text as nick_name, (f.subscribed_at at time zone 'UTC')::timestamp(6) as subscribe_time,
  (f.unsubscribed_at at time zone 'UTC')::timestamp(6) as unsubscribe_time,
  case f.state when 'following' then 1 when 'left' then 0 when 'pending' then 2 else 9 end as state,
  null::boolean as chatbot_enabled,
  (select m.recipient from messages m
    where m.event_id = f.change_event_id and m.occurred_at = f.changed_at) as account_id,
  null::text as avatar, (f.first_seen_at at time zone 'UTC')::timestamp(6) as create_time, f.account as wx_account,
  f.tenant as wx_tenant, coalesce(f.channel, f.scene) as wx_channel, f.changed_at as wx_changed_at,
  f.state as wx_state
from followers f
where f.platform = 'wechat';
comment on view official_account.wechat_follower is '公众号粉丝: followers of official accounts. An account that is attached twice (by its own address and through a platform) shows a follower twice: see wx_account.';
comment on column official_account.wechat_follower.id is 'From the follower''s key';
comment on column official_account.wechat_follower.open_id is 'The follower';
comment on column official_account.wechat_follower.nick_name is 'Null: no callback has it, the platform''s user API does';
comment on column official_account.wechat_follower.subscribe_time is 'The latest subscription, in UTC; null where only a scan told of the follower';
comment on column official_account.wechat_follower.unsubscribe_time is 'The latest time of leaving, in UTC';
comment on column official_account.wechat_follower.state is '1 following, 0 left, 2 pending, 9 no change has said yet';
comment on column official_account.wechat_follower.chatbot_enabled is 'Null: the application''s setting';
comment on column official_account.wechat_follower.account_id is 'The account''s original id (gh_…), from the event that gave the state';
comment on column official_account.wechat_follower.avatar is 'Null: no callback has it, the platform''s user API does';
comment on column official_account.wechat_follower.create_time is 'The earliest change known, in UTC';
comment on column official_account.wechat_follower.wx_account is 'The account''s name in the configuration';
comment on column official_account.wechat_follower.wx_tenant is 'The authorised account (AppID or CorpID); null or empty where there is none';
comment on column official_account.wechat_follower.wx_channel is 'The newest source, as the configuration calls it, else as the platform does';
comment on column official_account.wechat_follower.wx_changed_at is 'When the state changed: with wx_account and state the way into an index';
comment on column official_account.wechat_follower.wx_state is 'following, left, pending';

-- wework: a manager of WeWork instances. data.… are fields of the instances' webhooks.

-- A message's receipt is looked up by its id, from a day before it (it may overtake the message) to a month after.
create view wework.messages as
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
  (case when m.type like 'outgoing.%' then coalesce(nullif(r.status, 0), 2) else 2 end)::smallint as send_status,
  m.occurred_at as send_time, case when r.status = 2 then r.occurred_at end as receive_time, r.error_code,
  r.error_message, null::integer as retry_count,
  case when r.task_uuid is not null then wxpipe.id8(wxpipe.eid('task', m.account, r.task_uuid)) end as task_id,
  (select wxpipe.id8(p.event_id) from messages p
    where p.msg_id = m.attributes #>> '{data,parent_message_uuid}' and p.account = m.account and p.category = 'message'
    order by p.occurred_at, p.event_id limit 1) as parent_message_id,
  case when m.attributes #> '{data,at_members}' is not null then wxpipe.list_in(m.attributes #> '{data,at_members}') end as at_members,
  null::smallint as is_scheduled, null::timestamptz as scheduled_time, m.received_at as created_at,
  greatest(m.received_at, r.received_at) as updated_at, m.account as wx_account, m.tenant as wx_tenant,
  m.sender as wx_sender, m.type as wx_type, m.event_id as wx_event_id
from messages m
left join lateral (
  select s.status, s.occurred_at, s.received_at, s.error_code, s.error_message, s.task_uuid
  from (
    select each.occurred_at, each.received_at, each.event_id, each.attributes #>> '{data,error_code}' as error_code,
      each.attributes #>> '{data,error_message}' as error_message, each.attributes #>> '{data,task_uuid}' as task_uuid,
      case each.attributes #>> '{data,send_status}' when 'sending' then 1 when 'sent' then 2 when 'failed' then 3 else 0 end as status,
      wxpipe.journal_told_at(each.occurred_at, each.timeless, each.received_at, each.attributes) as told_at
    from messages each
    where m.type like 'outgoing.%' and each.msg_id = m.msg_id and each.account = m.account
      and each.type = 'receipt.message_sent' and each.occurred_at >= m.occurred_at - interval '1 day'
      and each.occurred_at < m.occurred_at + interval '31 days') s
  order by s.status desc, s.told_at desc, s.event_id desc limit 1) r on true
where m.platform in ('instance', 'wework', 'bot') and m.category = 'message';
comment on view wework.messages is '消息记录表: messages of instances, WeWork applications and bots, received and sent.';
comment on column wework.messages.id is 'From event_id';
comment on column wework.messages.message_uuid is 'The sender''s id of the message; event_id where it has none';
comment on column wework.messages.account_id is 'wework_accounts.id: whom the instance is logged in as; of applications the agent, of bots the bot';
comment on column wework.messages.chat_type is '1 private, 2 group';
comment on column wework.messages.chat_wxid is 'The group chat, or the other person';
comment on column wework.messages.message_type is 'text, image, video, file, link, card, location; voice too';
comment on column wework.messages.message_content is 'What a person would read';
comment on column wework.messages.media_url is 'Where the file is; of applications only pictures have one, others have a MediaId in message_metadata';
comment on column wework.messages.media_size is 'Bytes';
comment on column wework.messages.media_duration is 'Seconds';
comment on column wework.messages.thumbnail_url is 'Where the small picture is';
comment on column wework.messages.file_name is 'The file''s name';
comment on column wework.messages.message_metadata is 'Everything else of it';
comment on column wework.messages.send_status is '1 sending, 2 sent, 3 failed, by its receipts, forward only; 2 for what was received or has no receipt';
comment on column wework.messages.send_time is 'When it was sent; when it was first received, where the sender gives no time';
comment on column wework.messages.receive_time is 'When the receipt of success came';
comment on column wework.messages.error_code is 'Of the receipt';
comment on column wework.messages.error_message is 'Of the receipt';
comment on column wework.messages.retry_count is 'Null: no webhook has it yet';
comment on column wework.messages.task_id is 'message_tasks.id, from the receipt';
comment on column wework.messages.parent_message_id is 'messages.id of the message that this one answers';
comment on column wework.messages.at_members is 'Who was mentioned: a list of wxids';
comment on column wework.messages.is_scheduled is 'Null: the sender''s plan, known to it alone';
comment on column wework.messages.scheduled_time is 'Null: the sender''s plan, known to it alone';
comment on column wework.messages.created_at is 'When it was received';
comment on column wework.messages.updated_at is 'When its newest receipt was received; else created_at';
comment on column wework.messages.wx_account is 'The account''s name in the configuration';
comment on column wework.messages.wx_tenant is 'The authorised account (AppID or CorpID); null or empty where there is none';
comment on column wework.messages.wx_sender is 'Who wrote it: with wx_account the way into an index';
comment on column wework.messages.wx_type is 'message.… received, outgoing.… sent';
comment on column wework.messages.wx_event_id is 'The row of messages';

-- An object keeps the last value of a key that comes twice: so jsonb_object_agg in the order of told_at has the
-- newest of each field.
create view wework.contacts as
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
  (select max(m.occurred_at) from messages m where m.account = f.account and m.sender = f.subject
    and m.category = 'message' and m.conversation is null and (m.recipient = f.owner or m.platform <> 'instance')) as last_chat_time,
  (select count(*) from messages m where m.account = f.account and m.sender = f.subject
    and m.category = 'message' and m.conversation is null and (m.recipient = f.owner or m.platform <> 'instance'))::integer as chat_count,
  case when p.told ? 'tags' then wxpipe.list_in(p.told -> 'tags') end as tags,
  nullif(p.told - array['account', 'instance_id', 'wxid', 'nickname', 'remark', 'avatar_url', 'phone', 'gender', 'region', 'signature', 'add_source',
    'friend_status', 'tags'], '{}') as custom_fields,
  1::smallint as sync_status, f.last_seen_at as last_sync_time, f.first_seen_at as created_at,
  f.last_seen_at as updated_at,
  case when f.state = 'left' and f.change <> 'removed_by_customer' then f.changed_at end as deleted_at,
  f.account as wx_account, f.tenant as wx_tenant, f.owner as wx_owner, f.state as wx_state,
  f.changed_at as wx_changed_at
from followers f
left join lateral (
  select jsonb_object_agg(field.key, field.value
    order by wxpipe.told_at(h.occurred_at, h.timeless, h.stated_at), h.event_id) as told
  from follower_history h
  join messages m on m.event_id = h.event_id and m.occurred_at = h.occurred_at
  cross join jsonb_each(wxpipe.object_in(m.attributes -> 'data')) field
  where h.account = f.account and h.tenant = f.tenant and h.subject = f.subject and h.owner = f.owner) p on true
where f.platform in ('instance', 'wework') and f.owner <> '';
comment on view wework.contacts is '联系人表: contacts of instances, and customers of WeWork members. Staff who see an application are none.';
comment on column wework.contacts.id is 'From account, owner and contact';
comment on column wework.contacts.account_id is 'wework_accounts.id: whose contact';
comment on column wework.contacts.wxid is 'The contact';
comment on column wework.contacts.nickname is 'Newest told. Null where nobody told it; the platform''s own callbacks never do';
comment on column wework.contacts.remark is 'Newest told. Null where nobody told it; the platform''s own callbacks never do';
comment on column wework.contacts.avatar_url is 'Newest told. Null where nobody told it; the platform''s own callbacks never do';
comment on column wework.contacts.phone is 'Newest told. Null where nobody told it; the platform''s own callbacks never do';
comment on column wework.contacts.gender is '0 unknown, 1 male, 2 female; null where nobody told it';
comment on column wework.contacts.region is 'Newest told. Null where nobody told it; the platform''s own callbacks never do';
comment on column wework.contacts.signature is 'Newest told. Null where nobody told it; the platform''s own callbacks never do';
comment on column wework.contacts.contact_type is '1: a friend. Members of groups who are no contacts are in group_members';
comment on column wework.contacts.friend_status is '1 normal, 2 the contact removed us, 3 blocked; null: we removed the contact, or it is half made';
comment on column wework.contacts.is_star is 'Null: what the client shows, in no webhook';
comment on column wework.contacts.is_top is 'Null: what the client shows, in no webhook';
comment on column wework.contacts.is_blocked is '1 blocked, 0 not, by the newest friend_status; null where nobody told it';
comment on column wework.contacts.add_source is 'Source, State or data.add_source: the newest told';
comment on column wework.contacts.add_time is 'The latest time of adding';
comment on column wework.contacts.last_chat_time is 'The latest message that the contact wrote in the private chat';
comment on column wework.contacts.chat_count is 'How many messages the contact wrote in the private chat';
comment on column wework.contacts.tags is 'The newest whole list of tags; null where nobody told one';
comment on column wework.contacts.custom_fields is 'Told fields that have no column here, newest each';
comment on column wework.contacts.sync_status is '1: what came is here';
comment on column wework.contacts.last_sync_time is 'The latest change known';
comment on column wework.contacts.created_at is 'The earliest change known';
comment on column wework.contacts.updated_at is 'The latest change known';
comment on column wework.contacts.deleted_at is 'When our side removed the contact or handed it over';
comment on column wework.contacts.wx_account is 'The account''s name in the configuration';
comment on column wework.contacts.wx_tenant is 'The authorised account (AppID or CorpID); null or empty where there is none';
comment on column wework.contacts.wx_owner is 'Whose contact: the member, or the wxid that the instance is logged in with';
comment on column wework.contacts.wx_state is 'following, left, pending: with wx_account the way into an index';
comment on column wework.contacts.wx_changed_at is 'When the state changed';

create view wework.groups as
select
  wxpipe.id8(wxpipe.eid('group', g.account, g.tenant, g.subject)) as id,
  case when g.told ? 'account' then wxpipe.id8(wxpipe.eid('login', g.account, g.told ->> 'account')) end as account_id,
  g.subject as group_wxid, nullif(g.told ->> 'group_name', '') as group_name, null::text as group_avatar_url,
  nullif(g.told ->> 'group_notice', '') as group_notice,
  nullif(g.told ->> 'group_description', '') as group_description,
  wxpipe.whole_number(g.told ->> 'member_count') as member_count, null::integer as max_member_count,
  nullif(g.told ->> 'owner_wxid', '') as owner_wxid,
  (case when g.told ->> 'owner_wxid' = g.told ->> 'account' then 1 end)::smallint as my_role,
  null::smallint as is_muted, null::smallint as is_disturb_off, null::timestamptz as join_time,
  null::timestamptz as last_message_time, null::bigint as message_count,
  (case when g.dismissed_at is null then 1 else 0 end)::smallint as is_active, null::jsonb as tags,
  nullif(g.told - array['account', 'instance_id', 'group_wxid', 'group_name', 'group_notice', 'group_description', 'owner_wxid',
    'member_count', 'members'], '{}') as custom_fields,
  1::smallint as sync_status, g.last_at as last_sync_time, g.first_at as created_at, g.last_at as updated_at,
  g.dismissed_at as deleted_at, g.account as wx_account, g.tenant as wx_tenant
from (
  select m.account, m.tenant, m.subject, min(m.occurred_at) as first_at, max(m.occurred_at) as last_at,
    max(m.occurred_at) filter (where m.type = 'group.dismissed') as dismissed_at,
    coalesce(jsonb_object_agg(field.key, field.value
      order by wxpipe.journal_told_at(m.occurred_at, m.timeless, m.received_at, m.attributes), m.event_id)
      filter (where field.key is not null), '{}') as told
  from messages m
  left join lateral jsonb_each(wxpipe.object_in(m.attributes -> 'data')) field on true
  where m.type like 'group.%' and m.subject is not null and m.platform in ('instance', 'wework')
  group by m.account, m.tenant, m.subject) g;
comment on view wework.groups is '群聊表: group chats of instances, and customers'' group chats of WeWork.';
comment on column wework.groups.id is 'From account and group';
comment on column wework.groups.account_id is 'wework_accounts.id of the login that told it last; null for WeWork''s own callbacks';
comment on column wework.groups.group_wxid is 'The group chat';
comment on column wework.groups.group_name is 'Newest told. Null where nobody told it; the platform''s own callbacks never do';
comment on column wework.groups.group_avatar_url is 'Null: in no webhook yet';
comment on column wework.groups.group_notice is 'Newest told. Null where nobody told it; the platform''s own callbacks never do';
comment on column wework.groups.group_description is 'Newest told. Null where nobody told it; the platform''s own callbacks never do';
comment on column wework.groups.member_count is 'Newest told. Null where nobody told it; the platform''s own callbacks never do';
comment on column wework.groups.max_member_count is 'Null: in no webhook yet';
comment on column wework.groups.owner_wxid is 'Newest told. Null where nobody told it; the platform''s own callbacks never do';
comment on column wework.groups.my_role is '1: the login owns it; else null: group_members has what is known';
comment on column wework.groups.is_muted is 'Null: what the client shows, in no webhook';
comment on column wework.groups.is_disturb_off is 'Null: what the client shows, in no webhook';
comment on column wework.groups.join_time is 'Null: group_members has it, where the login''s own joining was told';
comment on column wework.groups.last_message_time is 'Null: the journal has no index by conversation yet; docs/tables.md has the query';
comment on column wework.groups.message_count is 'Null: the journal has no index by conversation yet; docs/tables.md has the query';
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

create view wework.group_members as
select
  wxpipe.id8(wxpipe.eid('group_member', g.account, g.tenant, g.subject, g.member)) as id,
  wxpipe.id8(wxpipe.eid('group', g.account, g.tenant, g.subject)) as group_id, g.member as member_wxid,
  g.nickname as member_nickname, null::text as group_nickname, null::text as member_avatar_url,
  (case g.role when 'owner' then 1 when 'admin' then 2 when 'member' then 3 end)::smallint as role,
  g.joined_at as join_time, g.invite_by, null::smallint as is_muted, null::timestamptz as mute_until,
  (select max(m.occurred_at) from messages m where m.account = g.account and m.sender = g.member
    and m.conversation = g.subject and m.category = 'message') as last_speak_time,
  (select count(*) from messages m where m.account = g.account and m.sender = g.member
    and m.conversation = g.subject and m.category = 'message')::integer as speak_count,
  (case when g.left_told_at >= g.joined_told_at or g.joined_told_at is null then 0 else 1 end)::smallint as is_active,
  null::jsonb as tags, g.first_at as created_at, g.last_at as updated_at,
  case when g.left_told_at >= g.joined_told_at or g.joined_told_at is null then g.left_at end as left_at,
  g.account as wx_account, g.tenant as wx_tenant, g.subject as wx_group
from (
  select e.account, e.tenant, e.subject, e.member, min(e.occurred_at) as first_at, max(e.occurred_at) as last_at,
    max(e.told_at) filter (where e.type <> 'group.member_left') as joined_told_at,
    max(e.told_at) filter (where e.type = 'group.member_left') as left_told_at,
    (array_agg(e.occurred_at order by e.told_at desc, e.event_id desc) filter (where e.type <> 'group.member_left'))[1] as joined_at,
    (array_agg(e.occurred_at order by e.told_at desc, e.event_id desc) filter (where e.type = 'group.member_left'))[1] as left_at,
    (max(array[e.newest_key, e.nickname]) filter (where e.nickname <> ''))[2] as nickname,
    (max(array[e.newest_key, e.role]) filter (where e.role <> ''))[2] as role,
    (max(array[e.newest_key, e.invite_by]) filter (where e.invite_by <> ''))[2] as invite_by
  from (
    select each.account, each.tenant, each.subject, each.type, each.event_id, each.occurred_at, each.told_at, each.who ->> 'wxid' as member,
      each.who ->> 'nickname' as nickname, each.who ->> 'role' as role, each.who ->> 'invite_by' as invite_by,
      wxpipe.newest_key(each.told_at, each.event_id) as newest_key
    from (
      select m.account, m.tenant, m.subject, m.type, m.event_id, m.occurred_at, who,
        wxpipe.journal_told_at(m.occurred_at, m.timeless, m.received_at, m.attributes) as told_at
      from messages m
      cross join wxpipe.members_in(m.attributes) who
      where m.type like 'group.%' and m.type in ('group.created', 'group.member_joined', 'group.member_left')
        and m.subject is not null and m.platform in ('instance', 'wework')) each
    where each.who ->> 'wxid' <> '') e
  group by e.account, e.tenant, e.subject, e.member) g;
comment on view wework.group_members is '群成员表: who is or was in a group chat, as far as joining and leaving were told.';
comment on column wework.group_members.id is 'From account, group and member';
comment on column wework.group_members.group_id is 'groups.id';
comment on column wework.group_members.member_wxid is 'The member';
comment on column wework.group_members.member_nickname is 'Newest told. Null where nobody told it; the platform''s own callbacks never do';
comment on column wework.group_members.group_nickname is 'Null: in no webhook yet';
comment on column wework.group_members.member_avatar_url is 'Null: in no webhook yet';
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

-- Accounts are found by steps through the index. Of each, only the last hour of what arrived is read: a heartbeat
-- every 30 seconds makes a long journal.
create view wework.wework_instances as
with recursive instance_event as not materialized (
  select m.account, m.type, m.event_id, m.occurred_at, m.received_at, m.timeless, m.attributes
  from messages m
  where m.platform = 'instance' and m.category = 'event'),
instance as (
  select min(m.account) as account from instance_event m
  union all
  select (select min(m.account) from instance_event m where m.account > i.account) from instance i where i.account is not null)
select
  wxpipe.id8(wxpipe.eid('account', i.account)) as id, p.told ->> 'instance_id' as instance_uuid, i.account as name,
  null::text as description, p.told ->> 'version' as version,
  (case when p.heartbeat_at < now() - interval '90 seconds' and p.heartbeat_at = p.last_at then 0
    else case p.told ->> 'status' when 'offline' then 0 when 'online' then 1 when 'maintenance' then 3 else 2 end end)::smallint as status,
  null::text as api_url, '/callback/' || i.account as webhook_url, null::text as proxy_host,
  null::integer as proxy_port, null::text as proxy_username, null::text as proxy_password_encrypted,
  null::integer as max_accounts, wxpipe.whole_number(p.told ->> 'current_accounts') as current_accounts,
  null::integer as heartbeat_interval, p.last_at as last_heartbeat, p.told ->> 'error_message' as error_message,
  null::integer as restart_count, null::timestamptz as last_restart_time, null::bigint as total_messages,
  (select count(*) from messages m where m.account = i.account and m.category = 'message'
    and m.occurred_at >= date_trunc('day', now() at time zone 'Asia/Shanghai') at time zone 'Asia/Shanghai')::integer as today_messages,
  null::bigint as created_by, null::timestamptz as created_at, p.last_at as updated_at,
  null::timestamptz as deleted_at, i.account as wx_account
from instance i
cross join lateral (
  select max(e.received_at) as last_at, max(e.received_at) filter (where e.type = 'instance.heartbeat') as heartbeat_at,
    jsonb_object_agg(field.key, field.value
      order by wxpipe.journal_told_at(e.occurred_at, e.timeless, e.received_at, e.attributes), e.event_id) as told
  from (values ('instance.heartbeat'), ('instance.status_changed')) kind(type)
  cross join lateral (
    select max(m.occurred_at) as at from instance_event m where m.account = i.account and m.type = kind.type) newest
  join instance_event e on e.account = i.account and e.type = kind.type and e.occurred_at >= newest.at - interval '1 hour'
  cross join jsonb_each(wxpipe.object_in(e.attributes -> 'data')) field) p
where p.last_at is not null;
comment on view wework.wework_instances is '企微实例表: instances that told of themselves, by their newest heartbeats and changes of status.';
comment on column wework.wework_instances.id is 'From the account';
comment on column wework.wework_instances.instance_uuid is 'Newest told; the configuration''s instance_id';
comment on column wework.wework_instances.name is 'The account''s name in the configuration';
comment on column wework.wework_instances.description is 'Null: how the instance is run, in no webhook';
comment on column wework.wework_instances.version is 'Newest told';
comment on column wework.wework_instances.status is '0 offline, or no heartbeat for 90 seconds; 1 online, 2 error or another word, 3 maintenance';
comment on column wework.wework_instances.api_url is 'Null: how the instance is run, in no webhook';
comment on column wework.wework_instances.webhook_url is 'The path of its callback address; the host is the operator''s';
comment on column wework.wework_instances.proxy_host is 'Null: how the instance is run, in no webhook';
comment on column wework.wework_instances.proxy_port is 'Null: how the instance is run, in no webhook';
comment on column wework.wework_instances.proxy_username is 'Null: how the instance is run, in no webhook';
comment on column wework.wework_instances.proxy_password_encrypted is 'Null: secrets are kept nowhere';
comment on column wework.wework_instances.max_accounts is 'Null: how the instance is run, in no webhook';
comment on column wework.wework_instances.current_accounts is 'Newest told';
comment on column wework.wework_instances.heartbeat_interval is 'Null: how the instance is run, in no webhook';
comment on column wework.wework_instances.last_heartbeat is 'When it last told of itself, by our clock';
comment on column wework.wework_instances.error_message is 'Newest told';
comment on column wework.wework_instances.restart_count is 'Null: in no webhook yet';
comment on column wework.wework_instances.last_restart_time is 'Null: in no webhook yet';
comment on column wework.wework_instances.total_messages is 'Null: no table has the sum yet, and counting would read the whole journal';
comment on column wework.wework_instances.today_messages is 'Messages since midnight in Shanghai, received and sent';
comment on column wework.wework_instances.created_by is 'Null: people''s, in no callback';
comment on column wework.wework_instances.created_at is 'Null: the configuration doesn''t say when';
comment on column wework.wework_instances.updated_at is 'When it last told of itself';
comment on column wework.wework_instances.deleted_at is 'Null: the configuration doesn''t say when';
comment on column wework.wework_instances.wx_account is 'The account''s name in the configuration';

create view wework.instance_monitors as
select
  wxpipe.id8(wxpipe.eid('monitor', m.event_id::text, v.name)) as id,
  wxpipe.id8(wxpipe.eid('account', m.account)) as instance_id, v.name as metric_name,
  wxpipe.decimal_number(v.value)::numeric(15, 4) as metric_value, '%'::text as metric_unit,
  m.occurred_at as collected_at, m.account as wx_account, m.event_id as wx_event_id
from messages m
cross join lateral (values ('cpu_usage', m.attributes #>> '{data,cpu_usage}'),
  ('memory_usage', m.attributes #>> '{data,memory_usage}')) v(name, value)
where m.platform = 'instance' and m.category = 'event' and m.type = 'instance.heartbeat'
  and wxpipe.decimal_number(v.value) is not null;
comment on view wework.instance_monitors is '实例监控表: what instances measured, from their heartbeats.';
comment on column wework.instance_monitors.id is 'From the event and the metric';
comment on column wework.instance_monitors.instance_id is 'wework_instances.id';
comment on column wework.instance_monitors.metric_name is 'cpu_usage, memory_usage';
comment on column wework.instance_monitors.metric_value is 'As it was measured';
comment on column wework.instance_monitors.metric_unit is 'Percent';
comment on column wework.instance_monitors.collected_at is 'When the heartbeat was received: ask for a range of it';
comment on column wework.instance_monitors.wx_account is 'The account''s name in the configuration';
comment on column wework.instance_monitors.wx_event_id is 'The row of messages';

create view wework.wework_accounts as
select
  wxpipe.id8(wxpipe.eid('login', a.account, a.wxid)) as id,
  wxpipe.id8(wxpipe.eid('account', a.account)) as instance_id, a.wxid, null::text as nickname,
  null::text as avatar_url, null::text as phone, null::text as email, null::smallint as gender, null::text as region,
  null::text as signature, null::text as qr_code_url,
  (case a.status when 'offline' then 0 when 'online' then 1 when 'banned' then 3 else 2 end)::smallint as status,
  (case a.status when 'online' then 1 else 0 end)::smallint as is_logged_in, null::text as login_method,
  a.online_at as last_login_time, null::timestamptz as last_sync_time,
  (select count(*) from followers f where f.account = a.account and f.owner = a.wxid and f.state = 'following')::integer as contact_count,
  null::integer as group_count, null::bigint as total_messages,
  (select count(*) from messages m where m.account = a.account and m.recipient = a.wxid and m.category = 'message'
    and m.occurred_at >= date_trunc('day', now() at time zone 'Asia/Shanghai') at time zone 'Asia/Shanghai')::integer as today_messages,
  null::text as remark, null::jsonb as tags, a.first_at as created_at, a.last_at as updated_at,
  null::timestamptz as deleted_at, a.account as wx_account
from (
  select m.account, m.recipient as wxid, min(m.occurred_at) as first_at, max(m.occurred_at) as last_at,
    max(m.occurred_at) filter (where m.attributes #>> '{data,status}' = 'online') as online_at,
    (array_agg(m.attributes #>> '{data,status}'
      order by wxpipe.journal_told_at(m.occurred_at, m.timeless, m.received_at, m.attributes) desc, m.event_id desc))[1] as status
  from messages m
  where m.platform = 'instance' and m.category = 'event' and m.type = 'account.status_changed' and m.recipient is not null
  group by m.account, m.recipient) a;
comment on view wework.wework_accounts is '企微账号表: the WeChat ids that instances are logged in with, by their changes of status.';
comment on column wework.wework_accounts.id is 'From account and wxid';
comment on column wework.wework_accounts.instance_id is 'wework_instances.id';
comment on column wework.wework_accounts.wxid is 'The login';
comment on column wework.wework_accounts.nickname is 'Null: the login''s profile, in no webhook yet';
comment on column wework.wework_accounts.avatar_url is 'Null: the login''s profile, in no webhook yet';
comment on column wework.wework_accounts.phone is 'Null: the login''s profile, in no webhook yet';
comment on column wework.wework_accounts.email is 'Null: the login''s profile, in no webhook yet';
comment on column wework.wework_accounts.gender is 'Null: the login''s profile, in no webhook yet';
comment on column wework.wework_accounts.region is 'Null: the login''s profile, in no webhook yet';
comment on column wework.wework_accounts.signature is 'Null: the login''s profile, in no webhook yet';
comment on column wework.wework_accounts.qr_code_url is 'Null: the login''s profile, in no webhook yet';
comment on column wework.wework_accounts.status is '0 offline, 1 online, 2 error or another word, 3 banned: the newest told';
comment on column wework.wework_accounts.is_logged_in is '1 online';
comment on column wework.wework_accounts.login_method is 'Null: in no webhook yet';
comment on column wework.wework_accounts.last_login_time is 'The latest change to online';
comment on column wework.wework_accounts.last_sync_time is 'Null: in no webhook yet';
comment on column wework.wework_accounts.contact_count is 'Contacts that are friends now';
comment on column wework.wework_accounts.group_count is 'Null: whether the login is in a group is known only where its own joining was told';
comment on column wework.wework_accounts.total_messages is 'Null: no table has the sum yet, and counting would read the whole journal';
comment on column wework.wework_accounts.today_messages is 'Messages since midnight in Shanghai, received and sent';
comment on column wework.wework_accounts.remark is 'Null: people''s, in no callback';
comment on column wework.wework_accounts.tags is 'Null: people''s, in no callback';
comment on column wework.wework_accounts.created_at is 'The earliest change known';
comment on column wework.wework_accounts.updated_at is 'The latest change known';
comment on column wework.wework_accounts.deleted_at is 'Null: no webhook says that a login is gone for good';
comment on column wework.wework_accounts.wx_account is 'The account''s name in the configuration';

create view wework.message_tasks as
select
  wxpipe.id8(wxpipe.eid('task', t.account, t.task_uuid)) as id, t.task_uuid, t.told ->> 'task_name' as task_name,
  null::text as task_type,
  case when t.told ? 'account' then wxpipe.id8(wxpipe.eid('login', t.account, t.told ->> 'account')) end as account_id,
  null::text as message_type, null::text as message_content, null::bigint as template_id,
  null::jsonb as template_variables, t.target as target_count, t.success as success_count, t.fail as fail_count,
  (case when t.target > 0
    then least(100, greatest(0, 100.0 * (coalesce(t.success, 0) + coalesce(t.fail, 0)) / t.target)) end)::numeric(5, 2) as progress,
  (case t.told ->> 'status' when 'failed' then 3 when 'cancelled' then 4 when 'paused' then 5 else 2 end)::smallint as status,
  null::smallint as priority, null::integer as send_interval, null::integer as max_retry,
  null::timestamptz as scheduled_time, null::timestamptz as started_at,
  case when coalesce(t.told ->> 'status', '') <> 'paused' then t.last_at end as completed_at,
  t.told ->> 'error_message' as error_message, null::bigint as created_by, t.first_at as created_at,
  t.last_at as updated_at, t.account as wx_account
from (
  select e.account, e.task_uuid, e.first_at, e.last_at, e.told, wxpipe.whole_number(e.told ->> 'target_count') as target,
    wxpipe.whole_number(e.told ->> 'success_count') as success, wxpipe.whole_number(e.told ->> 'fail_count') as fail
  from (
    select m.account, m.attributes #>> '{data,task_uuid}' as task_uuid, min(m.occurred_at) as first_at, max(m.occurred_at) as last_at,
      jsonb_object_agg(field.key, field.value
        order by wxpipe.journal_told_at(m.occurred_at, m.timeless, m.received_at, m.attributes), m.event_id) as told
    from messages m
    cross join jsonb_each(wxpipe.object_in(m.attributes -> 'data')) field
    where m.platform = 'instance' and m.category = 'event' and m.type = 'job.finished'
      and m.attributes #>> '{data,task_uuid}' <> ''
    group by m.account, m.attributes #>> '{data,task_uuid}') e) t;
comment on view wework.message_tasks is '消息任务表: mass sendings of instances, as far as their ends were told.';
comment on column wework.message_tasks.id is 'From account and task';
comment on column wework.message_tasks.task_uuid is 'The sender''s id of the task';
comment on column wework.message_tasks.task_name is 'Newest told';
comment on column wework.message_tasks.task_type is 'Null: the sender''s plan; webhooks tell only how it ended';
comment on column wework.message_tasks.account_id is 'wework_accounts.id of the login that sent';
comment on column wework.message_tasks.message_type is 'Null: the sender''s plan; webhooks tell only how it ended';
comment on column wework.message_tasks.message_content is 'Null: the sender''s plan; webhooks tell only how it ended';
comment on column wework.message_tasks.template_id is 'Null: the sender''s plan; webhooks tell only how it ended';
comment on column wework.message_tasks.template_variables is 'Null: the sender''s plan; webhooks tell only how it ended';
comment on column wework.message_tasks.target_count is 'Newest told';
comment on column wework.message_tasks.success_count is 'Newest told';
comment on column wework.message_tasks.fail_count is 'Newest told';
comment on column wework.message_tasks.progress is 'Percent of the targets that are done';
comment on column wework.message_tasks.status is '2 finished, 3 failed, 4 cancelled, 5 paused; 0 and 1 are told by no webhook yet';
comment on column wework.message_tasks.priority is 'Null: the sender''s plan; webhooks tell only how it ended';
comment on column wework.message_tasks.send_interval is 'Null: the sender''s plan; webhooks tell only how it ended';
comment on column wework.message_tasks.max_retry is 'Null: the sender''s plan; webhooks tell only how it ended';
comment on column wework.message_tasks.scheduled_time is 'Null: the sender''s plan; webhooks tell only how it ended';
comment on column wework.message_tasks.started_at is 'Null: the sender''s plan; webhooks tell only how it ended';
comment on column wework.message_tasks.completed_at is 'When its end was told';
comment on column wework.message_tasks.error_message is 'Newest told';
comment on column wework.message_tasks.created_by is 'Null: people''s, in no callback';
comment on column wework.message_tasks.created_at is 'The earliest event known';
comment on column wework.message_tasks.updated_at is 'The latest event known';
comment on column wework.message_tasks.wx_account is 'The account''s name in the configuration';

create view wework.message_receivers as
select
  wxpipe.id8(wxpipe.eid('receiver', r.account, r.task_uuid, r.receiver)) as id,
  wxpipe.id8(wxpipe.eid('task', r.account, r.task_uuid)) as task_id, null::smallint as receiver_type,
  r.receiver as receiver_wxid, null::text as receiver_name,
  (select wxpipe.id8(p.event_id) from messages p
    where p.msg_id = r.newest ->> 0 and p.account = r.account and p.category = 'message'
    order by p.occurred_at, p.event_id limit 1) as message_id,
  r.status::smallint as send_status, (r.newest ->> 1)::timestamptz as send_time, r.newest ->> 2 as error_code,
  r.newest ->> 3 as error_message, null::integer as retry_count, null::jsonb as variables, r.first_at as created_at,
  r.last_at as updated_at, r.account as wx_account
from (
  select e.account, e.task_uuid, e.receiver, min(e.occurred_at) as first_at, max(e.occurred_at) as last_at, max(e.status) as status,
    (array_agg(e.shown order by e.status desc, e.told_at desc, e.event_id desc))[1] as newest
  from (
    select m.account, m.attributes #>> '{data,task_uuid}' as task_uuid, m.subject as receiver, m.event_id, m.occurred_at,
      case m.attributes #>> '{data,send_status}' when 'sending' then 1 when 'sent' then 2 when 'failed' then 3 else 0 end as status,
      wxpipe.journal_told_at(m.occurred_at, m.timeless, m.received_at, m.attributes) as told_at,
      jsonb_build_array(m.msg_id, m.occurred_at, m.attributes #>> '{data,error_code}', m.attributes #>> '{data,error_message}') as shown
    from messages m
    where m.platform = 'instance' and m.category = 'event' and m.type = 'receipt.message_sent'
      and m.attributes #>> '{data,task_uuid}' <> '' and m.subject is not null) e
  group by e.account, e.task_uuid, e.receiver) r;
comment on view wework.message_receivers is '消息接收者表: receivers of mass sendings, from the receipts that name a task.';
comment on column wework.message_receivers.id is 'From account, task and receiver';
comment on column wework.message_receivers.task_id is 'message_tasks.id';
comment on column wework.message_receivers.receiver_type is 'Null: receipts don''t say whether it is a group';
comment on column wework.message_receivers.receiver_wxid is 'The receiver';
comment on column wework.message_receivers.receiver_name is 'Null: contacts and groups have it';
comment on column wework.message_receivers.message_id is 'messages.id';
comment on column wework.message_receivers.send_status is '1 sending, 2 sent, 3 failed: forward only; 0 and 4 are told by no webhook yet';
comment on column wework.message_receivers.send_time is 'When the receipt of that status came';
comment on column wework.message_receivers.error_code is 'Of that receipt';
comment on column wework.message_receivers.error_message is 'Of that receipt';
comment on column wework.message_receivers.retry_count is 'Null: no webhook has it yet';
comment on column wework.message_receivers.variables is 'Null: the sender''s plan; webhooks tell only how it ended';
comment on column wework.message_receivers.created_at is 'The earliest receipt known';
comment on column wework.message_receivers.updated_at is 'The latest receipt known';
comment on column wework.message_receivers.wx_account is 'The account''s name in the configuration';

create view wework.system_logs as
select
  wxpipe.id8(l.log_id) as id, l.log_id::text as log_uuid, upper(l.level) as level, l.service, l.module, l.action,
  l.message, l.context, l.trace_id, null::text as span_id, null::bigint as user_id,
  case when l.platform = 'instance' then wxpipe.id8(wxpipe.eid('account', l.account)) end as instance_id,
  null::text as ip_address, null::text as user_agent, null::text as request_url, null::text as request_method,
  null::integer as response_code, null::integer as response_time, null::text as error_stack,
  l.occurred_at as created_at, l.account as wx_account, l.tenant as wx_tenant, l.event_id as wx_event_id
from system_logs l;
comment on view wework.system_logs is '系统日志表: happenings for operators.';
comment on column wework.system_logs.id is 'From log_uuid';
comment on column wework.system_logs.log_uuid is 'Equal on every repetition';
comment on column wework.system_logs.level is 'INFO, WARN, ERROR';
comment on column wework.system_logs.service is 'The platform or role that speaks';
comment on column wework.system_logs.module is 'authorization, audit, job, alert …';
comment on column wework.system_logs.action is 'The event''s type, or the happening';
comment on column wework.system_logs.message is 'For people';
comment on column wework.system_logs.context is 'Details';
comment on column wework.system_logs.trace_id is 'W3C trace id';
comment on column wework.system_logs.span_id is 'Null: rows keep the trace only; traceparent on the topics has it';
comment on column wework.system_logs.user_id is 'Null: people''s ids are an application''s';
comment on column wework.system_logs.instance_id is 'wework_instances.id, where an instance told it';
comment on column wework.system_logs.ip_address is 'Null: requests are counted (metrics), not logged one by one';
comment on column wework.system_logs.user_agent is 'Null: requests are counted (metrics), not logged one by one';
comment on column wework.system_logs.request_url is 'Null: requests are counted (metrics), not logged one by one';
comment on column wework.system_logs.request_method is 'Null: requests are counted (metrics), not logged one by one';
comment on column wework.system_logs.response_code is 'Null: requests are counted (metrics), not logged one by one';
comment on column wework.system_logs.response_time is 'Null: requests are counted (metrics), not logged one by one';
comment on column wework.system_logs.error_stack is 'Null: wxpipe has no stacks to tell';
comment on column wework.system_logs.created_at is 'When, by the platform''s clock: ask for a range of it';
comment on column wework.system_logs.wx_account is 'The account''s name in the configuration';
comment on column wework.system_logs.wx_tenant is 'The authorised account (AppID or CorpID); null or empty where there is none';
comment on column wework.system_logs.wx_event_id is 'The row of messages';

create view wework.audit_logs as
select
  wxpipe.id8(a.audit_id) as id, a.audit_id::text as audit_uuid, null::bigint as user_id, a.operator as username,
  a.operation, a.resource_type, a.resource_id, null::text as resource_name, a.operation_type,
  null::jsonb as old_values, nullif(a.details, '{}') as new_values, 'SUCCESS'::text as result,
  null::text as error_message, a.address as ip_address, null::text as user_agent, null::text as session_id,
  a.command_id::text as request_id,
  jsonb_strip_nulls(jsonb_build_object('affected', a.affected, 'filter', a.filter, 'reason', a.reason)) as extra_info,
  a.occurred_at as created_at
from audit_logs a;
comment on view wework.audit_logs is '操作审计表: what people did with wxpipe''s commands.';
comment on column wework.audit_logs.id is 'From audit_uuid';
comment on column wework.audit_logs.audit_uuid is 'A step of a command';
comment on column wework.audit_logs.user_id is 'Null: people''s ids are an application''s';
comment on column wework.audit_logs.username is 'The login of the person who ran the command';
comment on column wework.audit_logs.operation is 'The command';
comment on column wework.audit_logs.resource_type is 'What it was done to';
comment on column wework.audit_logs.resource_id is 'Its id; null if a filter chose them';
comment on column wework.audit_logs.resource_name is 'Null: commands name no things';
comment on column wework.audit_logs.operation_type is 'CREATE, READ, UPDATE, DELETE';
comment on column wework.audit_logs.old_values is 'Null: wxpipe overwrites nothing by command';
comment on column wework.audit_logs.new_values is 'Further figures';
comment on column wework.audit_logs.result is 'SUCCESS: the row is written in the transaction of its effect, so a failure leaves none';
comment on column wework.audit_logs.error_message is 'Null: a failure leaves no row';
comment on column wework.audit_logs.ip_address is 'The machine it ran on, by its name';
comment on column wework.audit_logs.user_agent is 'Null: a command has none';
comment on column wework.audit_logs.session_id is 'Null: a command has none';
comment on column wework.audit_logs.request_id is 'The same for all steps of one command';
comment on column wework.audit_logs.extra_info is 'How many it changed, what chose them, why';
comment on column wework.audit_logs.created_at is 'When it was done: ask for a range of it';

create view wework.alert_records as
select
  wxpipe.id8(wxpipe.eid('alert', a.account, a.alert_uuid)) as id, a.alert_uuid, a.told ->> 'title' as rule_name,
  a.told ->> 'level' as alert_level, a.told ->> 'title' as alert_title, a.told ->> 'message' as alert_message,
  a.told ->> 'metric_name' as metric_name,
  wxpipe.decimal_number(a.told ->> 'metric_value')::numeric(15, 4) as metric_value,
  wxpipe.decimal_number(a.told ->> 'threshold_value')::numeric(15, 4) as threshold_value,
  wxpipe.id8(wxpipe.eid('account', a.account)) as instance_id,
  case when a.told ? 'account' then 'account' else 'instance' end as source_type,
  coalesce(a.told ->> 'account', a.told ->> 'instance_id', a.account) as source_id,
  case when a.resolved_at is null then 'ACTIVE' else 'RESOLVED' end as status, null::bigint as acknowledged_by,
  null::timestamptz as acknowledged_at, null::text as acknowledged_comment, null::bigint as resolved_by,
  a.resolved_at, null::text as resolved_comment, null::smallint as notification_sent, a.account as wx_account,
  a.raised_at as wx_raised_at
from (
  select m.account, m.attributes #>> '{data,alert_uuid}' as alert_uuid, min(m.occurred_at) as raised_at,
    min(m.occurred_at) filter (where m.type = 'alert.resolved') as resolved_at,
    jsonb_object_agg(field.key, field.value
      order by wxpipe.journal_told_at(m.occurred_at, m.timeless, m.received_at, m.attributes), m.event_id) as told
  from messages m
  cross join jsonb_each(wxpipe.object_in(m.attributes -> 'data')) field
  where m.platform = 'instance' and m.category = 'event' and m.type in ('alert.raised', 'alert.resolved')
    and m.attributes #>> '{data,alert_uuid}' <> ''
  group by m.account, m.attributes #>> '{data,alert_uuid}') a;
comment on view wework.alert_records is '告警记录表: alerts that instances raised and resolved.';
comment on column wework.alert_records.id is 'From account and alert';
comment on column wework.alert_records.alert_uuid is 'The sender''s id of the alert';
comment on column wework.alert_records.rule_name is 'The title: webhooks name no rule';
comment on column wework.alert_records.alert_level is 'INFO, WARNING, ERROR, CRITICAL: newest told';
comment on column wework.alert_records.alert_title is 'Newest told';
comment on column wework.alert_records.alert_message is 'Newest told';
comment on column wework.alert_records.metric_name is 'Newest told';
comment on column wework.alert_records.metric_value is 'Newest told';
comment on column wework.alert_records.threshold_value is 'Newest told';
comment on column wework.alert_records.instance_id is 'wework_instances.id';
comment on column wework.alert_records.source_type is 'account where a login is named, else instance';
comment on column wework.alert_records.source_id is 'The login, or the instance';
comment on column wework.alert_records.status is 'ACTIVE, RESOLVED: forward only';
comment on column wework.alert_records.acknowledged_by is 'Null: people acknowledge in an application';
comment on column wework.alert_records.acknowledged_at is 'Null: people acknowledge in an application';
comment on column wework.alert_records.acknowledged_comment is 'Null: people acknowledge in an application';
comment on column wework.alert_records.resolved_by is 'Null: people''s ids are an application''s';
comment on column wework.alert_records.resolved_at is 'When its end was told';
comment on column wework.alert_records.resolved_comment is 'Null: in no webhook yet';
comment on column wework.alert_records.notification_sent is 'Null: wxpipe sends no notifications';
comment on column wework.alert_records.wx_account is 'The account''s name in the configuration';
comment on column wework.alert_records.wx_raised_at is 'When it was first told';

-- open_platform: a third-party platform for official accounts.

create view open_platform.wechat_message_receipt_records as
select
  wxpipe.id8(case when item.number = 1 then m.event_id else wxpipe.eid('receipt', m.event_id::text, item.number::text) end) as wechat_message_receipt_record_id,
  m.tenant as appid, m.recipient as to_user_name, m.sender as from_user_name, m.occurred_at as create_time,
  m.msg_type, m.event, coalesce(m.content, '') as content,
  coalesce(m.msg_id, item.told ->> 'MsgID', m.attributes ->> 'MsgID') as msg_id,
  (case when s.word ~* '^(send *)?success' then 1 when s.word ~* '^failed *: *user *block' then 2
    when s.word ~* '^failed *: *system' or s.word ~* '^send *fail' then 3 when s.word <> '' then 4 end)::smallint as status,
  m.received_at as created_at, m.account as wx_account, m.sender as wx_sender, m.type as wx_type,
  m.event_id as wx_event_id
from messages m
cross join lateral jsonb_array_elements(
  case when m.type = 'receipt.subscription_sent' and jsonb_array_length(wxpipe.list_in(m.attributes -> 'List')) > 0
  then wxpipe.list_in(m.attributes -> 'List') else '[{}]' end) with ordinality item(told, number)
cross join lateral (select case when m.type in ('receipt.template_sent', 'receipt.mass_sent') then m.attributes ->> 'Status'
    when m.type = 'receipt.subscription_sent' then coalesce(nullif(item.told ->> 'ErrorStatus', ''), m.content) end as word) s
where m.platform = 'wechat' and m.tenant is not null;
comment on view open_platform.wechat_message_receipt_records is '公众号微信消息接收记录表: every message and event of authorised accounts; a receipt of several subscription messages has a row for each.';
comment on column open_platform.wechat_message_receipt_records.wechat_message_receipt_record_id is 'From event_id, and the item of a list';
comment on column open_platform.wechat_message_receipt_records.appid is 'The authorised account';
comment on column open_platform.wechat_message_receipt_records.to_user_name is 'The account''s original id';
comment on column open_platform.wechat_message_receipt_records.from_user_name is 'The follower';
comment on column open_platform.wechat_message_receipt_records.create_time is 'The platform''s time: ask for a range of it';
comment on column open_platform.wechat_message_receipt_records.msg_type is 'Verbatim';
comment on column open_platform.wechat_message_receipt_records.event is 'Verbatim';
comment on column open_platform.wechat_message_receipt_records.content is 'What a person would read; of receipts the status word';
comment on column open_platform.wechat_message_receipt_records.msg_id is 'The message''s id; of a receipt the id of what was sent';
comment on column open_platform.wechat_message_receipt_records.status is 'Of receipts: 1 arrived, 2 the follower blocks the account, 3 the platform failed, 4 another word (content has it); else null';
comment on column open_platform.wechat_message_receipt_records.created_at is 'When it was received';
comment on column open_platform.wechat_message_receipt_records.wx_account is 'The account''s name in the configuration';
comment on column open_platform.wechat_message_receipt_records.wx_sender is 'With wx_account the way into an index';
comment on column open_platform.wechat_message_receipt_records.wx_type is 'What it is, in wxpipe''s words';
comment on column open_platform.wechat_message_receipt_records.wx_event_id is 'The row of messages';

create view open_platform.account_message_send_records as
select
  wxpipe.id8(wxpipe.eid('send', r.tenant, r.msg_id, r.receiver)) as account_message_send_record_id,
  wxpipe.id8(wxpipe.eid('official_account', r.tenant)) as official_account_id, r.template_id, null::text as content,
  r.receiver as receiver_user, 1::smallint as status, r.last_at as updated_at, r.first_at as created_at,
  r.account as wx_account, r.msg_id as wx_msg_id
from (
  select m.account, m.tenant, coalesce(item.told ->> 'MsgID', m.attributes ->> 'MsgID') as msg_id, m.sender as receiver,
    max(item.told ->> 'TemplateId') as template_id, min(m.occurred_at) as first_at, max(m.occurred_at) as last_at
  from messages m
  cross join lateral jsonb_array_elements(
    case when m.type = 'receipt.subscription_sent' and jsonb_array_length(wxpipe.list_in(m.attributes -> 'List')) > 0
    then wxpipe.list_in(m.attributes -> 'List') else '[{}]' end) with ordinality item(told, number)
  where m.platform = 'wechat' and m.tenant is not null and m.type in ('receipt.template_sent', 'receipt.subscription_sent')
    and coalesce(item.told ->> 'MsgID', m.attributes ->> 'MsgID') <> ''
  group by m.account, m.tenant, coalesce(item.told ->> 'MsgID', m.attributes ->> 'MsgID'), m.sender) r;
comment on view open_platform.account_message_send_records is '公众号消息发送记录表: template and subscription messages of authorised accounts whose receipts came.';
comment on column open_platform.account_message_send_records.account_message_send_record_id is 'From account, the platform''s id of the message, and receiver';
comment on column open_platform.account_message_send_records.official_account_id is 'official_accounts.official_account_id';
comment on column open_platform.account_message_send_records.template_id is 'Of subscription messages; receipts of template messages don''t name it';
comment on column open_platform.account_message_send_records.content is 'Null: what was sent, which its sender knows';
comment on column open_platform.account_message_send_records.receiver_user is 'The follower';
comment on column open_platform.account_message_send_records.status is '1: it exists. What became of it is in wechat_message_receipt_records';
comment on column open_platform.account_message_send_records.updated_at is 'The latest receipt';
comment on column open_platform.account_message_send_records.created_at is 'The earliest receipt';
comment on column open_platform.account_message_send_records.wx_account is 'The account''s name in the configuration';
comment on column open_platform.account_message_send_records.wx_msg_id is 'wechat_message_receipt_records.msg_id';

create view open_platform.official_accounts as
select
  wxpipe.id8(wxpipe.eid('official_account', a.tenant)) as official_account_id, null::text as nickname,
  null::text as avartar_url, null::smallint as service_type_id, null::smallint as verify_type_id,
  null::text as original_id, null::text as principal_name, null::text as alias,
  null::smallint as business_info_open_store, null::smallint as business_info_open_scan,
  null::smallint as business_info_open_pay, null::smallint as business_info_open_card,
  null::smallint as business_info_open_shake, null::text as qrcode_url, a.tenant as appid, null::text as func_ids,
  (case a.type when 'authorization.revoked' then -2 else 1 end)::smallint as status, a.last_at as updated_at,
  a.first_at as created_at, a.account as wx_account
from (
  select m.account, m.tenant, max(m.occurred_at) as last_at,
    coalesce(min(m.occurred_at) filter (where m.type = 'authorization.granted'), min(m.occurred_at)) as first_at,
    (array_agg(m.type order by m.occurred_at desc,
      case m.type when 'authorization.revoked' then 3 when 'authorization.updated' then 2 else 1 end desc, m.event_id desc))[1] as type
  from messages m
  where m.type like 'authorization.%' and m.type in ('authorization.granted', 'authorization.updated', 'authorization.revoked')
    and m.platform = 'open_platform' and m.tenant is not null
  group by m.account, m.tenant) a;
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
comment on column open_platform.official_accounts.func_ids is 'Null: no callback has it, the platform''s account API does';
comment on column open_platform.official_accounts.status is '1 authorised, -2 revoked. At the same time revoked beats updated, updated beats granted';
comment on column open_platform.official_accounts.updated_at is 'The newest of them';
comment on column open_platform.official_accounts.created_at is 'The first time it was granted; else the first event known';
comment on column open_platform.official_accounts.wx_account is 'The account''s name in the configuration';

create view open_platform.official_account_users as
select
  wxpipe.id8(wxpipe.eid('follower', f.account, f.tenant, f.subject, f.owner)) as official_account_user_id,
  wxpipe.id8(wxpipe.eid('official_account', f.tenant)) as official_account_id, null::bigint as user_wx_info_id,
  f.subject as openid, (case f.state when 'left' then -2 else 1 end)::smallint as status,
  f.first_seen_at as created_at, f.account as wx_account, f.tenant as wx_appid, f.state as wx_state,
  f.changed_at as wx_changed_at
from followers f
where f.platform = 'wechat' and f.tenant <> '';
comment on view open_platform.official_account_users is '所有公众号的用户表: followers of authorised accounts. Who only wrote and never followed is in wechat_message_receipt_records.';
comment on column open_platform.official_account_users.official_account_user_id is 'From the follower''s key';
comment on column open_platform.official_account_users.official_account_id is 'official_accounts.official_account_id';
comment on column open_platform.official_account_users.user_wx_info_id is 'Null: profiles come from the user API';
comment on column open_platform.official_account_users.openid is 'The follower';
comment on column open_platform.official_account_users.status is '1 follows, -2 left';
comment on column open_platform.official_account_users.created_at is 'The earliest change known';
comment on column open_platform.official_account_users.wx_account is 'The account''s name in the configuration';
comment on column open_platform.official_account_users.wx_appid is 'official_accounts.appid';
comment on column open_platform.official_account_users.wx_state is 'following, left, pending: with wx_account the way into an index';
comment on column open_platform.official_account_users.wx_changed_at is 'When the state changed';

-- tb_core: records of calls.

create view tb_core.wt_api_channel_records as
select
  wxpipe.id8(c.id) as id, c.created_at, 'wxpipe'::text as created_by, c.created_at as updated_at,
  'wxpipe'::text as updated_by, c.trace_id as created_trace_id, c.trace_id as updated_trace_id, false as del_flag,
  c.receipt as api_req_id, c.trace_id as api_req_parent_id,
  '/callback/' || c.account || coalesce('/' || c.tenant, '') as api_req_url, c.parameters as api_req_parameters,
  null::text as api_req_headers, c.body as api_req_body, null::text as api_resp_headers, c.reply as api_resp_body,
  null::integer as api_resp_http_code, c.outcome as api_resp_code, c.detail as api_resp_msg,
  c.size::bigint as api_req_body_size, octet_length(c.reply)::bigint as api_resp_body_size, c.account as wx_account,
  c.received_at as wx_received_at
from (
  select m.event_id as id, m.created_at, m.received_at, m.trace_id, m.receipt, m.account,
    case m.platform when 'wechat' then m.tenant end as tenant, null::text as parameters, m.body,
    octet_length(m.body) as size, m.reply, 'stored'::text as outcome, null::text as detail
  from messages m
  union all
  select d.dead_letter_id, d.created_at, d.failed_at, d.trace_id, d.receipt, d.account, d.context ->> 'tenant', d.context ->> 'query',
    null, length(d.body), null, d.reason, d.detail
  from dead_letters d
  where d.stage = 'ingest') c;
comment on view tb_core.wt_api_channel_records is 'API 调用记录表: every callback as the call that it was. Calls to other APIs are made by applications and not known here.';
comment on column tb_core.wt_api_channel_records.id is 'From the event or dead letter';
comment on column tb_core.wt_api_channel_records.created_at is 'When the row was made';
comment on column tb_core.wt_api_channel_records.created_by is 'wxpipe';
comment on column tb_core.wt_api_channel_records.updated_at is 'When the row was made: it isn''t changed';
comment on column tb_core.wt_api_channel_records.updated_by is 'wxpipe';
comment on column tb_core.wt_api_channel_records.created_trace_id is 'W3C trace id';
comment on column tb_core.wt_api_channel_records.updated_trace_id is 'W3C trace id';
comment on column tb_core.wt_api_channel_records.del_flag is 'False: rows are never deleted softly';
comment on column tb_core.wt_api_channel_records.api_req_id is 'The callback''s receipt';
comment on column tb_core.wt_api_channel_records.api_req_parent_id is 'The trace: it groups what belongs together';
comment on column tb_core.wt_api_channel_records.api_req_url is 'The path of the address; of suites without the corporation that may stand behind it';
comment on column tb_core.wt_api_channel_records.api_req_parameters is 'The query, of dead letters; of accepted callbacks null: it only proved who sent it';
comment on column tb_core.wt_api_channel_records.api_req_headers is 'Null: of accepted callbacks not kept';
comment on column tb_core.wt_api_channel_records.api_req_body is 'The decrypted body, credentials sealed; of dead letters null: dead_letters.body has their bytes';
comment on column tb_core.wt_api_channel_records.api_resp_headers is 'Null: not kept';
comment on column tb_core.wt_api_channel_records.api_resp_body is 'The passive reply; null: the plain success answer';
comment on column tb_core.wt_api_channel_records.api_resp_http_code is 'Null: which success code a sender asks for isn''t kept; both kinds were answered with success';
comment on column tb_core.wt_api_channel_records.api_resp_code is 'stored, or the reason of the dead letter';
comment on column tb_core.wt_api_channel_records.api_resp_msg is 'Of dead letters: why';
comment on column tb_core.wt_api_channel_records.api_req_body_size is 'Bytes of the body';
comment on column tb_core.wt_api_channel_records.api_resp_body_size is 'Bytes of api_resp_body';
comment on column tb_core.wt_api_channel_records.wx_account is 'The account''s name in the configuration';
comment on column tb_core.wt_api_channel_records.wx_received_at is 'When it was received: ask for a range of it';

-- crm: a lead and customer management.

create view crm.channels as
select
  wxpipe.eid('account', h.account) as id, null::uuid as org_id,
  (select case m.platform when 'wework' then 'wechat_work' when 'instance' then 'wechat_work' when 'bot' then 'wechat_work'
    when 'wechat' then 'wechat_mp' when 'open_platform' then 'wechat_mp' else 'other' end
    from messages m where m.account = h.account order by m.occurred_at desc limit 1) as platform,
  h.account as name, null::jsonb as config, 'active'::text as status, '/callback/' || h.account as webhook_url,
  null::text as webhook_secret,
  jsonb_build_object('callbacks_7_days', h.week, 'callbacks_30_days', h.month, 'last_seen_at', h.last_at) as stats,
  h.first_at as created_at, h.last_at as updated_at, h.account as wx_account
from (
  select d.account, min(d.first_seen_at) as first_at, max(d.last_seen_at) as last_at,
    coalesce(sum(d.by_broker + d.by_spool) filter (where d.day > (now() at time zone 'UTC')::date - 7), 0) as week,
    coalesce(sum(d.by_broker + d.by_spool) filter (where d.day > (now() at time zone 'UTC')::date - 30), 0) as month
  from account_health d
  group by d.account) h;
comment on view crm.channels is '获客渠道: accounts that callbacks came for, from account_health.';
comment on column crm.channels.id is 'From the account';
comment on column crm.channels.org_id is 'Null: which organisation an account belongs to is nowhere yet';
comment on column crm.channels.platform is 'wechat_work, wechat_mp, other: by the newest event';
comment on column crm.channels.name is 'The account''s name in the configuration';
comment on column crm.channels.config is 'Null: the configuration file has it';
comment on column crm.channels.status is 'active: callbacks came. Whether it is paused is in the configuration';
comment on column crm.channels.webhook_url is 'The path of its address; the host is the operator''s';
comment on column crm.channels.webhook_secret is 'Null: secrets are kept nowhere';
comment on column crm.channels.stats is 'Callbacks of the last 7 and 30 days (UTC), and the last minute with one';
comment on column crm.channels.created_at is 'The first minute with a callback';
comment on column crm.channels.updated_at is 'The last minute with a callback';
comment on column crm.channels.wx_account is 'The account''s name in the configuration';

create view crm.leads as
select
  wxpipe.eid('lead', l.account, l.tenant, l.subject) as id, null::uuid as org_id,
  wxpipe.eid('account', l.account) as channel_id,
  case l.platform when 'wework' then 'wechat_work' when 'instance' then 'wechat_work' when 'bot' then 'wechat_work'
    when 'wechat' then 'wechat_mp' when 'open_platform' then 'wechat_mp' else 'other' end as source_platform,
  (select coalesce(m.attributes ->> 'channel', m.attributes #>> '{data,source_detail}', m.attributes #>> '{data,url}',
      m.attributes #>> '{data,referrer}')
    from lead_activities a join messages m on m.event_id = a.event_id and m.occurred_at = a.occurred_at
    where a.activity_id = l.first_activity_id and a.occurred_at = l.first_activity_at) as source_detail,
  null::uuid as campaign_id, l.utm_source, l.utm_medium, l.utm_campaign, l.utm_content, l.utm_term, l.contact_name,
  l.contact_phone, l.contact_wechat, l.contact_email, null::text as contact_dingtalk, l.company_name,
  l.company_industry, l.company_size, l.province, l.city, l.district, l.score, l.score_details,
  null::jsonb as ai_analysis, null::text as status, null::uuid as assigned_to, null::timestamptz as assigned_at,
  l.profile as raw_data, null::uuid as customer_id, null::timestamptz as converted_at,
  l.first_activity_at as created_at, l.last_activity_at as updated_at, l.account as wx_account,
  l.tenant as wx_tenant, l.subject as wx_subject, l.scored_on as wx_scored_on
from leads l;
comment on view crm.leads is '线索: each lead with its score.';
comment on column crm.leads.id is 'From the lead''s key';
comment on column crm.leads.org_id is 'Null: which organisation an account belongs to is nowhere yet';
comment on column crm.leads.channel_id is 'channels.id';
comment on column crm.leads.source_platform is 'As channels.platform';
comment on column crm.leads.source_detail is 'Of the first activity: what the configuration calls its scene; of forms source_detail, url or referrer';
comment on column crm.leads.campaign_id is 'Null: campaigns are an application''s';
comment on column crm.leads.utm_source is 'Newest told: utm_source';
comment on column crm.leads.utm_medium is 'Newest told: utm_medium';
comment on column crm.leads.utm_campaign is 'Newest told: utm_campaign';
comment on column crm.leads.utm_content is 'Newest told: utm_content';
comment on column crm.leads.utm_term is 'Newest told: utm_term';
comment on column crm.leads.contact_name is 'Newest told: name';
comment on column crm.leads.contact_phone is 'Newest told: phone';
comment on column crm.leads.contact_wechat is 'Newest told: WeChat id';
comment on column crm.leads.contact_email is 'Newest told: e-mail';
comment on column crm.leads.contact_dingtalk is 'Null: no form''s field of that meaning is read yet; messages.attributes has what the form told';
comment on column crm.leads.company_name is 'Newest told: company';
comment on column crm.leads.company_industry is 'Newest told: industry';
comment on column crm.leads.company_size is 'Newest told: size of the company';
comment on column crm.leads.province is 'Newest told: province';
comment on column crm.leads.city is 'Newest told: city';
comment on column crm.leads.district is 'Newest told: district';
comment on column crm.leads.score is '0 to 100 as of wx_scored_on; wxpipe.lead_score() gives it for any day';
comment on column crm.leads.score_details is 'The points behind it by dimension';
comment on column crm.leads.ai_analysis is 'Null: an application''s';
comment on column crm.leads.status is 'Null: what sales does with a lead';
comment on column crm.leads.assigned_to is 'Null: what sales does with a lead';
comment on column crm.leads.assigned_at is 'Null: what sales does with a lead';
comment on column crm.leads.raw_data is 'Everything told, by field, newest each';
comment on column crm.leads.customer_id is 'Null: what sales does with a lead';
comment on column crm.leads.converted_at is 'Null: what sales does with a lead';
comment on column crm.leads.created_at is 'The earliest activity';
comment on column crm.leads.updated_at is 'The latest activity';
comment on column crm.leads.wx_account is 'The account''s name in the configuration';
comment on column crm.leads.wx_tenant is 'The authorised account (AppID or CorpID); null or empty where there is none';
comment on column crm.leads.wx_subject is 'The lead: with wx_account and wx_tenant the way into an index; wx_account and score too';
comment on column crm.leads.wx_scored_on is 'The day that score stands for';

create view crm.lead_activities as
select
  wxpipe.eid('activity', a.event_id::text, a.account, a.tenant, a.subject) as id,
  wxpipe.eid('lead', a.account, a.tenant, a.subject) as lead_id,
  case a.event_type when 'page.viewed' then 'page_view' when 'lead.submitted' then 'form_submit' when 'chat.started' then 'chat_start'
    when 'email.opened' then 'email_open' when 'link.clicked' then 'link_click' when 'menu.link_opened' then 'link_click'
    when 'file.downloaded' then 'download' when 'occasion.attended' then 'event_attend' when 'call.made' then 'call'
    else a.event_type end as type,
  (array_agg(a.description order by abs(a.points) desc, a.rule) filter (where a.description is not null))[1] as description,
  jsonb_strip_nulls(jsonb_build_object('rules', jsonb_agg(jsonb_build_object('rule', a.rule, 'dimension', a.dimension, 'points', a.points)
    order by a.rule), 'profile', (jsonb_agg(a.profile order by a.rule) filter (where a.profile is not null)) -> 0)) as metadata,
  sum(a.points)::integer as score_impact, a.occurred_at as created_at, a.account as wx_account,
  a.tenant as wx_tenant, a.subject as wx_subject, a.event_id as wx_event_id
from lead_activities a
group by a.account, a.tenant, a.subject, a.event_id, a.event_type, a.occurred_at;
comment on view crm.lead_activities is '线索行为记录: what leads did, a row for each event; the rules that it fitted are in metadata.';
comment on column crm.lead_activities.id is 'From the event and the lead';
comment on column crm.lead_activities.lead_id is 'leads.id';
comment on column crm.lead_activities.type is 'page_view, form_submit, chat_start, email_open, link_click, download, event_attend, call; else the event''s type in wxpipe''s words';
comment on column crm.lead_activities.description is 'Of the strongest rule';
comment on column crm.lead_activities.metadata is 'The rules that it fitted, and what a form told';
comment on column crm.lead_activities.score_impact is 'Sum of the points, before caps and fading';
comment on column crm.lead_activities.created_at is 'When, by the platform''s clock: ask for a range of it';
comment on column crm.lead_activities.wx_account is 'The account''s name in the configuration';
comment on column crm.lead_activities.wx_tenant is 'The authorised account (AppID or CorpID); null or empty where there is none';
comment on column crm.lead_activities.wx_subject is 'The lead: with wx_account the way into an index';
comment on column crm.lead_activities.wx_event_id is 'The row of messages';

create view crm.messages as
select
  x.id, x.conversation_id, x.sender_type, x.sender_id, x.content_type, x.content, x.media_url, x.metadata,
  null::boolean as ai_generated, null::double precision as ai_confidence, null::jsonb as ai_sources, x.status,
  x.external_message_id, x.occurred_at as created_at, x.account as wx_account, x.tenant as wx_tenant,
  x.sender as wx_sender, x.conversation as wx_conversation, x.event_id as wx_event_id
from (
  select m.event_id as id, wxpipe.eid('conversation', m.account, m.tenant, case m.platform when 'instance' then m.recipient when 'wework' then m.attributes ->> 'AgentID' end,
    coalesce(m.conversation, m.subject, m.sender)) as conversation_id,
    case when m.type like 'outgoing.%' then 'agent' else 'customer' end as sender_type, m.sender as sender_id,
    case split_part(m.type, '.', 2) when 'shortvideo' then 'video' when 'link' then 'card' when 'mini_program' then 'card'
    when 'miniprogrampage' then 'card' when 'mixed' then 'text' else split_part(m.type, '.', 2) end as content_type,
    m.content, coalesce(m.attributes #>> '{data,media_url}', m.attributes ->> 'PicUrl') as media_url, m.attributes as metadata,
    case when m.type like 'outgoing.%' then 'sent' else 'delivered' end as status, m.msg_id as external_message_id, m.occurred_at,
    m.account, m.tenant, m.sender, m.conversation, m.event_id
  from messages m
  where m.category = 'message'
  union all
  select wxpipe.eid('reply', m.event_id::text), wxpipe.eid('conversation', m.account, m.tenant, case m.platform when 'instance' then m.recipient when 'wework' then m.attributes ->> 'AgentID' end,
    coalesce(m.conversation, m.subject, m.sender)), 'system', m.recipient, 'text', m.reply, null, '{}', 'sent', null,
    m.occurred_at, m.account, m.tenant, m.sender, m.conversation, m.event_id
  from messages m
  where m.reply is not null
  union all
  select m.event_id, wxpipe.eid('conversation', m.account, m.tenant, case m.platform when 'instance' then m.recipient when 'wework' then m.attributes ->> 'AgentID' end,
    coalesce(m.conversation, m.subject, m.sender)), 'system', m.sender, 'system', m.content, null, m.attributes, 'delivered', null,
    m.occurred_at, m.account, m.tenant, m.sender, m.conversation, m.event_id
  from messages m
  where m.type in ('session.opened', 'session.transferred', 'session.closed')) x;
comment on view crm.messages is '消息: what was said, received and sent; a passive reply is a row of its own, opened and closed sessions are rows of the system.';
comment on column crm.messages.id is 'event_id; of a reply an id made of it';
comment on column crm.messages.conversation_id is 'From account, login or agent, and chat: equal for all messages of one conversation';
comment on column crm.messages.sender_type is 'customer, agent, system';
comment on column crm.messages.sender_id is 'Who wrote it, by the platform''s id';
comment on column crm.messages.content_type is 'text, image, voice, video, file, card, location, system';
comment on column crm.messages.content is 'What a person would read';
comment on column crm.messages.media_url is 'Where the file is; a MediaId is in metadata';
comment on column crm.messages.metadata is 'Everything else of it';
comment on column crm.messages.ai_generated is 'Null: no callback says who thought of a text';
comment on column crm.messages.ai_confidence is 'Null: an application''s';
comment on column crm.messages.ai_sources is 'Null: an application''s';
comment on column crm.messages.status is 'delivered for what came to us; sent for ours: wework.messages has what receipts say';
comment on column crm.messages.external_message_id is 'The platform''s id of the message';
comment on column crm.messages.created_at is 'The platform''s time: ask for a range of it';
comment on column crm.messages.wx_account is 'The account''s name in the configuration';
comment on column crm.messages.wx_tenant is 'The authorised account (AppID or CorpID); null or empty where there is none';
comment on column crm.messages.wx_sender is 'With wx_account the way into an index';
comment on column crm.messages.wx_conversation is 'The group chat or session; null in private chats';
comment on column crm.messages.wx_event_id is 'The row of messages';

create view crm.audit_logs as
select
  a.audit_id as id, null::uuid as org_id, null::uuid as user_id, a.operation as action, a.resource_type,
  case when a.resource_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then a.resource_id::uuid end as resource_id,
  jsonb_strip_nulls(jsonb_build_object('affected', a.affected, 'filter', a.filter, 'reason', a.reason)) as changes,
  null::inet as ip_address, null::text as user_agent, a.occurred_at as created_at, a.operator as wx_operator,
  a.address as wx_address
from audit_logs a;
comment on view crm.audit_logs is '操作日志: what people did with wxpipe''s commands.';
comment on column crm.audit_logs.id is 'A step of a command';
comment on column crm.audit_logs.org_id is 'Null: which organisation an account belongs to is nowhere yet';
comment on column crm.audit_logs.user_id is 'Null: people''s ids are an application''s';
comment on column crm.audit_logs.action is 'The command';
comment on column crm.audit_logs.resource_type is 'What it was done to';
comment on column crm.audit_logs.resource_id is 'Its id, where it is a uuid; null if a filter chose them';
comment on column crm.audit_logs.changes is 'How many it changed, what chose them, why';
comment on column crm.audit_logs.ip_address is 'Null: wx_address is the machine''s name';
comment on column crm.audit_logs.user_agent is 'Null: a command has none';
comment on column crm.audit_logs.created_at is 'When it was done: ask for a range of it';
comment on column crm.audit_logs.wx_operator is 'The login of the person who ran the command';
comment on column crm.audit_logs.wx_address is 'The machine it ran on';
