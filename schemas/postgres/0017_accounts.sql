-- Accounts in Postgres ([accounts_from] postgres = true): what stands under [[accounts]] in a configuration file otherwise.
-- `wxpipe accounts` writes it; ingest and process read it every few seconds.

create table wxpipe.accounts (
  name                      text           primary key collate "C",
  kind                      text           not null,
  mode                      text,
  title                     text,
  app_id                    text,
  original_id               text,
  component_app_id          text,
  corp_id                   text,
  agent_id                  bigint,
  suite_id                  text,
  provider_corp_id          text,
  bot_id                    text,
  instance_id               text,
  channel                   text,
  token                     text check (token like 'sealed:v1:%'),
  previous_token            text check (previous_token like 'sealed:v1:%'),
  encoding_aes_key          text check (encoding_aes_key like 'sealed:v1:%'),
  previous_encoding_aes_key text check (previous_encoding_aes_key like 'sealed:v1:%'),
  secret                    text check (secret like 'sealed:v1:%'),
  previous_secret           text check (previous_secret like 'sealed:v1:%'),
  max_timestamp_age         text,
  sender                    text,
  proof                     jsonb,
  envelope                  jsonb,
  fields                    jsonb,
  types                     jsonb,
  answer                    jsonb,
  menu                      jsonb,
  channels                  jsonb,
  replies                   jsonb,
  description               text,
  platform_account          text,
  image                     text,
  verified                  boolean        not null default false,
  enable_custom_message     boolean        not null default false,
  enable_template_message   boolean        not null default false,
  api_url                   text,
  proxy_host                text,
  proxy_port                integer,
  proxy_username            text,
  max_accounts              integer        not null default 10,
  heartbeat_interval        integer        not null default 30 check (heartbeat_interval > 0),
  created_by                text           not null,
  updated_by                text           not null,
  created_at                timestamptz(6) not null default now(),
  updated_at                timestamptz(6) not null default now(),
  rotated_at                timestamptz(6),
  retired_at                timestamptz(6)
);
comment on table wxpipe.accounts is 'Accounts, with [accounts_from] postgres = true; else empty. Secrets are sealed with the sealing key.';
comment on column wxpipe.accounts.name is 'Appears in the address: /callback/<name>';
comment on column wxpipe.accounts.kind is 'official_account, mini_program, open_platform, open_platform_messages, wework_app, wework_suite_command, wework_suite_data, wework_bot, wework_instance or channel';
comment on column wxpipe.accounts.mode is 'plain, compatible or safe; null: safe';
comment on column wxpipe.accounts.title is 'What people call it; facts carry it';
comment on column wxpipe.accounts.app_id is 'official_account, mini_program: the AppID';
comment on column wxpipe.accounts.original_id is 'official_account, mini_program: the original id, gh_…';
comment on column wxpipe.accounts.component_app_id is 'open_platform, open_platform_messages: the third-party platform''s own AppID';
comment on column wxpipe.accounts.corp_id is 'wework_app: the corporation''s id';
comment on column wxpipe.accounts.agent_id is 'wework_app: the application''s AgentID';
comment on column wxpipe.accounts.suite_id is 'wework_suite_command, wework_suite_data: the suite''s id';
comment on column wxpipe.accounts.provider_corp_id is 'wework_suite_command, wework_suite_data: the provider''s own corp id';
comment on column wxpipe.accounts.bot_id is 'wework_bot: the bot''s id';
comment on column wxpipe.accounts.instance_id is 'wework_instance: which instance it is, as the sender calls it';
comment on column wxpipe.accounts.channel is 'channel: which channel it is: web_form, landing_page …';
comment on column wxpipe.accounts.token is 'Sealed: the Token of the platform''s console';
comment on column wxpipe.accounts.previous_token is 'Sealed: accepted besides token while keys are being changed';
comment on column wxpipe.accounts.encoding_aes_key is 'Sealed: the EncodingAESKey of the platform''s console';
comment on column wxpipe.accounts.previous_encoding_aes_key is 'Sealed: accepted besides encoding_aes_key while keys are being changed';
comment on column wxpipe.accounts.secret is 'Sealed: what webhooks are signed with';
comment on column wxpipe.accounts.previous_secret is 'Sealed: accepted besides secret while keys are being changed';
comment on column wxpipe.accounts.max_timestamp_age is 'Callbacks whose signed timestamp is older are refused: 10m; null: the kind''s default';
comment on column wxpipe.accounts.sender is 'wework_instance, channel: who sends, where it isn''t by Standard Webhooks';
comment on column wxpipe.accounts.proof is 'As [accounts.proof] of a configuration file';
comment on column wxpipe.accounts.envelope is 'As [accounts.envelope] of a configuration file';
comment on column wxpipe.accounts.fields is 'As [accounts.fields] of a configuration file';
comment on column wxpipe.accounts.types is 'As [accounts.types] of a configuration file';
comment on column wxpipe.accounts.answer is 'As [accounts.answer] of a configuration file';
comment on column wxpipe.accounts.menu is 'Menu keys and the names that people know them by';
comment on column wxpipe.accounts.channels is 'QR scenes or States, and the channels that they stand for';
comment on column wxpipe.accounts.replies is 'As [[accounts.replies]] of a configuration file: a list, in order';
comment on column wxpipe.accounts.description is 'For people; wxpipe doesn''t read it, nor the columns up to heartbeat_interval';
comment on column wxpipe.accounts.platform_account is 'official_account: its 微信号';
comment on column wxpipe.accounts.image is 'official_account: its picture';
comment on column wxpipe.accounts.verified is 'official_account: whether the platform has verified it';
comment on column wxpipe.accounts.enable_custom_message is 'official_account: whether customer-service messages are on';
comment on column wxpipe.accounts.enable_template_message is 'official_account: whether template messages are on';
comment on column wxpipe.accounts.api_url is 'wework_instance: where its API is';
comment on column wxpipe.accounts.proxy_host is 'wework_instance: the proxy it goes through';
comment on column wxpipe.accounts.proxy_port is 'wework_instance: that proxy''s port';
comment on column wxpipe.accounts.proxy_username is 'wework_instance: the login at that proxy; its password is kept nowhere';
comment on column wxpipe.accounts.max_accounts is 'wework_instance: how many logins it may have';
comment on column wxpipe.accounts.heartbeat_interval is 'wework_instance: seconds between two heartbeats; silent for three of them, it counts as offline';
comment on column wxpipe.accounts.created_by is 'The login of the person who added it';
comment on column wxpipe.accounts.updated_by is 'The login of the person who changed it last';
comment on column wxpipe.accounts.created_at is 'When it was added';
comment on column wxpipe.accounts.updated_at is 'When it was last changed';
comment on column wxpipe.accounts.rotated_at is 'When its keys were last rotated';
comment on column wxpipe.accounts.retired_at is 'Since when its callbacks are refused; null: they are taken';

comment on table audit_logs is
  'What people did with wxpipe''s commands, and which changes of the configuration each process took. Partitioned by day (UTC): audit_logs_YYYYMMDD.';
comment on column audit_logs.operator is 'The login of the person who ran the command, or of the process';
comment on column audit_logs.operation is 'The command: dlq retry, dlq drop …; of a process: configuration taken';
comment on column audit_logs.resource_type is 'What it was done to: dead_letters, account, rule …';
