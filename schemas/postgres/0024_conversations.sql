-- Conversations: a row for each, merged by the messages sink from the rows that it inserts (sinks/messages/messages.sql). Sums,
-- least and greatest commute. When somebody was answered first, and since when somebody waits, doesn't: an earlier message may
-- still come. So these are looked up in the journal when they are asked for, through the indexes below
-- (wxpipe.first_response_at, wxpipe.pending_since).

create table conversations (
  account           text           not null collate "C",
  tenant            text           not null default '' collate "C",
  owner             text           not null default '' collate "C",
  chat              text           not null collate "C",
  platform          text           not null,
  is_group          boolean        not null,
  message_count     bigint         not null,
  inbound_count     bigint         not null,
  first_message_at  timestamptz(6) not null,
  first_inbound_at  timestamptz(6),
  last_inbound_at   timestamptz(6),
  first_outbound_at timestamptz(6),
  last_outbound_at  timestamptz(6),
  last_message_at   timestamptz(6) not null,
  last_event_id     uuid           not null,
  last_turn         integer        not null,
  last_type         text           not null,
  last_sender       text,
  last_preview      text,
  created_trace_id  text,
  updated_trace_id  text,
  created_at        timestamptz(6) not null default now(),
  updated_at        timestamptz(6) not null default now(),
  primary key (account, chat, owner, tenant)
)
  with (fillfactor = 80);
create index conversations_last_message_at on conversations (account, last_message_at);
comment on table conversations is 'Each conversation, private or in a group: counts, first and last messages. Merged from new messages by the messages sink.';
comment on column conversations.account is 'The account''s name in the configuration';
comment on column conversations.tenant is 'The authorised account; empty where there is none';
comment on column conversations.owner is 'The login of an instance that takes part; else empty: then it is the account itself';
comment on column conversations.chat is 'The group chat, or the other person';
comment on column conversations.platform is 'Who told us';
comment on column conversations.is_group is 'Whether it is a group chat';
comment on column conversations.message_count is 'Messages received and sent; passive replies count too';
comment on column conversations.inbound_count is 'Of them, received';
comment on column conversations.first_message_at is 'The first message, by the best time there is: the platform''s, else the sender''s, else the arrival';
comment on column conversations.first_inbound_at is 'The first that was received';
comment on column conversations.last_inbound_at is 'The last that was received';
comment on column conversations.first_outbound_at is 'The first that was sent';
comment on column conversations.last_outbound_at is 'The last that was sent';
comment on column conversations.last_message_at is 'The last message';
comment on column conversations.last_event_id is 'Its row of messages';
comment on column conversations.last_turn is '0: the message of that row; 1: the passive reply to it, which comes after it';
comment on column conversations.last_type is 'What it is, as messages.type; of a passive reply reply';
comment on column conversations.last_sender is 'Who wrote it';
comment on column conversations.last_preview is 'Its first 100 characters';
comment on column conversations.created_trace_id is 'W3C trace id of the earliest event';
comment on column conversations.updated_trace_id is 'W3C trace id of the latest event';
comment on column conversations.created_at is 'When the row was made';
comment on column conversations.updated_at is 'When an event was last merged';

-- Answers are few, groups' messages have no other way by conversation, sessions are rare: partial, so that another message costs
-- a comparison.
create index messages_answers on messages (account, (coalesce(conversation, subject, sender) collate "C"), occurred_at)
  where type like 'outgoing.%' or reply is not null;
create index messages_conversation on messages (account, (conversation collate "C"), occurred_at) where conversation is not null;
create index messages_session on messages (account, subject, occurred_at) where type in ('session.opened', 'session.transferred', 'session.closed');

-- From the messages that are there already. What their senders stated isn't a column; the arrival stands for it.
insert into conversations (account, tenant, owner, chat, platform, is_group, message_count, inbound_count, first_message_at,
  first_inbound_at, last_inbound_at, first_outbound_at, last_outbound_at, last_message_at, last_event_id, last_turn, last_type,
  last_sender, last_preview, created_trace_id, updated_trace_id)
select t.account, t.tenant, t.owner, t.chat, min(t.platform), bool_or(t.is_group), count(*), count(*) filter (where t.inbound),
  min(t.at), min(t.at) filter (where t.inbound), max(t.at) filter (where t.inbound), min(t.at) filter (where not t.inbound),
  max(t.at) filter (where not t.inbound), max(t.at), (array_agg(t.event_id order by t.at desc, t.event_id desc, t.turn desc))[1],
  (array_agg(t.turn order by t.at desc, t.event_id desc, t.turn desc))[1],
  (array_agg(t.type order by t.at desc, t.event_id desc, t.turn desc))[1],
  (array_agg(t.sender order by t.at desc, t.event_id desc, t.turn desc))[1],
  (array_agg(t.preview order by t.at desc, t.event_id desc, t.turn desc))[1],
  nullif((array_agg(t.trace_id order by t.at, t.trace_id))[1], ''),
  nullif((array_agg(t.trace_id order by t.at desc, t.trace_id desc))[1], '')
from (
  select m.account, coalesce(m.tenant, '') collate "C" as tenant,
    case when m.platform = 'instance' then coalesce(m.recipient, '') else '' end collate "C" as owner,
    coalesce(m.conversation, m.subject, m.sender) collate "C" as chat, m.platform collate "C" as platform,
    m.conversation is not null as is_group, m.occurred_at as at, m.event_id, said.turn, said.inbound, said.type,
    case said.turn when 0 then m.sender else m.recipient end as sender, left(said.content, 100) as preview,
    coalesce(m.trace_id, '') collate "C" as trace_id
  from messages m
  cross join lateral (
    select 0 as turn, m.type not like 'outgoing.%' as inbound, m.type, m.content where m.category = 'message'
    union all
    select 1, false, 'reply', m.reply where m.reply is not null) said
  where coalesce(m.conversation, m.subject, m.sender) is not null) t
group by t.account, t.tenant, t.owner, t.chat;
