-- The journal: every accepted callback, message or event, has exactly one row here, or one in dead_letters.

create table messages (
  event_id     uuid           not null,
  occurred_at  timestamptz(6) not null,
  received_at  timestamptz(6) not null,
  created_at   timestamptz(6) not null default now(),
  updated_at   timestamptz(6) not null default now(),
  normaliser   integer        not null default 1,
  timeless     boolean        not null default false,
  platform     text           not null,
  account      text           not null,
  tenant       text,
  category     text           not null,
  type         text           not null,
  msg_type     text,
  event        text,
  change_type  text,
  msg_id       text,
  identity     text,
  subject      text,
  sender       text,
  recipient    text,
  conversation text,
  content      text,
  reply        text,
  attributes   jsonb          not null default '{}',
  body         text           not null,
  receipt      text,
  trace_id     text,
  primary key (event_id, occurred_at)
) partition by range (occurred_at);
create index messages_account on messages (account, occurred_at);
create index messages_sender on messages (account, sender, occurred_at);

comment on table messages is
  'Every accepted callback, once. Partitioned by the platform''s time, a month (UTC) each: messages_YYYYMM.';
comment on column messages.event_id is 'From account and decrypted bytes: equal bytes, equal id. Begins with the platform''s time';
comment on column messages.occurred_at is 'When it happened, by the platform''s clock; when it was first received, where the platform gives no time (timeless)';
comment on column messages.received_at is 'When the first delivery of it was received';
comment on column messages.created_at is 'When the row was made';
comment on column messages.updated_at is 'When the row was changed; never';
comment on column messages.normaliser is 'Version of the code that made this row out of body';
comment on column messages.timeless is 'The platform gives no time for this kind of event';
comment on column messages.platform is 'wechat, open_platform, wework, bot, instance, channel';
comment on column messages.account is 'The account''s name in the configuration, as in the callback address';
comment on column messages.tenant is 'The authorised account (AppID or CorpID) where several come in through one; else null';
comment on column messages.category is 'message or event';
comment on column messages.type is 'What it is, in wxpipe''s words: message.text, follower.subscribed, unknown.…';
comment on column messages.msg_type is 'The platform''s MsgType, verbatim; null for third-party platform and suite events';
comment on column messages.event is 'The platform''s Event (or InfoType), verbatim';
comment on column messages.change_type is 'The platform''s ChangeType, verbatim';
comment on column messages.msg_id is 'The message''s own MsgId; receipts'' MsgID is in attributes';
comment on column messages.identity is 'What a person would call the same event. Equal identities with different bytes are different rows';
comment on column messages.subject is 'Whom it is about: the follower, customer or group chat';
comment on column messages.sender is 'FromUserName, verbatim ("sys" too)';
comment on column messages.recipient is 'ToUserName, verbatim';
comment on column messages.conversation is 'Group chat or customer-service session';
comment on column messages.content is 'What a person would read';
comment on column messages.reply is 'The passive reply it was answered with';
comment on column messages.attributes is 'Everything else of it, by the platform''s names; repeated ones as arrays. Enriched names are in snake_case (menu_name, channel)';
comment on column messages.body is 'The decrypted payload, verbatim but for sealed credentials (sealed:v1:…)';
comment on column messages.receipt is 'Custody: instance/boot/sequence, given when the first delivery was acknowledged';
comment on column messages.trace_id is 'W3C trace id of the first delivery';

-- `like`, because comments on columns aren't inherited; behind them, so that it takes them over.
create table messages_default (like messages including all);
alter table messages attach partition messages_default default;
comment on table messages_default is
  'Rows of months that have no partition: empty in good order. `wxpipe partitions apply` moves them out.';
