-- The lines of wxpipe's own log stand in system_logs, too: of which process, and which delivery they are about. They are
-- looked up by their trace, so the column is compared by bytes (0008). No row is rewritten.
alter table system_logs alter column trace_id type text collate "C";
alter table system_logs add column instance text, add column span_id text;
create index system_logs_trace on system_logs (trace_id, occurred_at) where trace_id is not null;
create index system_logs_trouble on system_logs (occurred_at) where level <> 'info';
comment on table system_logs is
  'Happenings for operators, and the lines of wxpipe''s own log. Partitioned by day (UTC): system_logs_YYYYMMDD.';
comment on column system_logs.log_id is 'From the event, or from process and number of the line: equal on every repetition';
comment on column system_logs_default.log_id is 'From the event, or from process and number of the line: equal on every repetition';
comment on column system_logs.module is 'authorization, audit, job, application, quota …; of our own lines, which part of the role';
comment on column system_logs_default.module is 'authorization, audit, job, application, quota …; of our own lines, which part of the role';
comment on column system_logs.action is 'The event''s type, or the happening: the line''s event';
comment on column system_logs_default.action is 'The event''s type, or the happening: the line''s event';
comment on column system_logs.instance is 'Of our own lines the process that wrote it, as [instance] name says';
comment on column system_logs_default.instance is 'Of our own lines the process that wrote it, as [instance] name says';
comment on column system_logs.span_id is 'W3C span id of the delivery that the line is about';
comment on column system_logs_default.span_id is 'W3C span id of the delivery that the line is about';

-- What commands do that change Kafka comes by way of logs.v1, too (sinks/logs/logs.sql).
comment on column audit_logs.operation is 'The command: dlq retry, topics apply …; of a process: configuration taken';

-- Calls that programs make: of APIs, and of language models. Whoever calls writes them on calls.v1.
create table api_calls (
  call_id          uuid           not null,
  event_id         uuid,
  occurred_at      timestamptz(6) not null,
  service          text           not null collate "C",
  account          text,
  tenant           text,
  request_id       text           collate "C",
  parent_id        text,
  method           text,
  url              text           not null,
  parameters       text,
  request_headers  text,
  request_body     text,
  response_headers text,
  response_body    text,
  http_status      integer,
  code             text,
  message          text,
  request_bytes    bigint,
  response_bytes   bigint,
  duration_ms      integer,
  trace_id         text           collate "C",
  created_at       timestamptz(6) not null default now(),
  updated_at       timestamptz(6) not null default now(),
  primary key (call_id, occurred_at)
) partition by range (occurred_at);
create index api_calls_service on api_calls (service, occurred_at);
create index api_calls_request on api_calls (request_id) where request_id is not null;
create index api_calls_trace on api_calls (trace_id) where trace_id is not null;
comment on table api_calls is 'Calls of APIs. Partitioned by month (UTC): api_calls_YYYYMM.';
comment on column api_calls.call_id is 'Of the call, made by whoever calls: the same however often it is sent';
comment on column api_calls.event_id is 'The row of messages that led to the call';
comment on column api_calls.occurred_at is 'When the request was sent, by the caller''s clock';
comment on column api_calls.service is 'The program that called';
comment on column api_calls.account is 'The account''s name in the configuration, if it was for one';
comment on column api_calls.tenant is 'The authorised account; null where there is none';
comment on column api_calls.request_id is 'The caller''s own id of the request';
comment on column api_calls.parent_id is 'The request_id of the call that this one belongs to';
comment on column api_calls.method is 'GET, POST …';
comment on column api_calls.url is 'The address, without its query';
comment on column api_calls.parameters is 'The query, without credentials';
comment on column api_calls.request_headers is 'As text, without credentials';
comment on column api_calls.request_body is 'As text, without credentials; perhaps only its beginning';
comment on column api_calls.response_headers is 'As text, without credentials';
comment on column api_calls.response_body is 'As text, without credentials; perhaps only its beginning';
comment on column api_calls.http_status is 'The answer''s HTTP status; null: no answer came';
comment on column api_calls.code is 'What the API itself says: errcode and the like';
comment on column api_calls.message is 'What the API itself says in words: errmsg and the like';
comment on column api_calls.request_bytes is 'Length of the whole request body';
comment on column api_calls.response_bytes is 'Length of the whole response body';
comment on column api_calls.duration_ms is 'From the request to the end of the answer';
comment on column api_calls.trace_id is 'W3C trace id';
comment on column api_calls.created_at is 'When the row was made';
comment on column api_calls.updated_at is 'When the row was changed; never';

-- `like`, because comments on columns aren't inherited; behind them, so that it takes them over.
create table api_calls_default (like api_calls including all);
alter table api_calls attach partition api_calls_default default;
comment on table api_calls_default is
  'Rows of months that have no partition: empty in good order. `wxpipe partitions apply` moves them out.';

create table ai_calls (
  call_id         uuid           not null,
  event_id        uuid,
  occurred_at     timestamptz(6) not null,
  service         text           not null,
  account         text,
  tenant          text,
  subject         text,
  user_id         text           collate "C",
  provider        text           not null,
  model           text,
  request_id      text,
  call_type       text           not null,
  request_tokens  bigint,
  response_tokens bigint,
  total_tokens    bigint,
  user_input      text,
  trace_id        text           collate "C",
  created_at      timestamptz(6) not null default now(),
  updated_at      timestamptz(6) not null default now(),
  primary key (call_id, occurred_at)
) partition by range (occurred_at);
create index ai_calls_user on ai_calls (user_id, occurred_at) where user_id is not null;
create index ai_calls_occurred_at on ai_calls (occurred_at);
create index ai_calls_trace on ai_calls (trace_id) where trace_id is not null;
comment on table ai_calls is 'Calls of language models. Partitioned by month (UTC): ai_calls_YYYYMM.';
comment on column ai_calls.call_id is 'Of the call, made by whoever asks: the same however often it is sent';
comment on column ai_calls.event_id is 'The row of messages that led to the call';
comment on column ai_calls.occurred_at is 'When the model was asked, by the caller''s clock';
comment on column ai_calls.service is 'The program that asked';
comment on column ai_calls.account is 'The account''s name in the configuration, if it was for one';
comment on column ai_calls.tenant is 'The authorised account; null where there is none';
comment on column ai_calls.subject is 'Whom it is about, as the account names them';
comment on column ai_calls.user_id is 'For whom it was asked: the application''s user, whose limits count it';
comment on column ai_calls.provider is 'Whose model it is';
comment on column ai_calls.model is 'The model, as its provider names it';
comment on column ai_calls.request_id is 'The request_id of the call in api_calls';
comment on column ai_calls.call_type is 'user: a person asked. system: a program of its own accord';
comment on column ai_calls.request_tokens is 'Tokens of what was asked';
comment on column ai_calls.response_tokens is 'Tokens of the answer';
comment on column ai_calls.total_tokens is 'All tokens, where the provider counts more than these two';
comment on column ai_calls.user_input is 'What was asked, in the person''s words';
comment on column ai_calls.trace_id is 'W3C trace id';
comment on column ai_calls.created_at is 'When the row was made';
comment on column ai_calls.updated_at is 'When the row was changed; never';

-- `like`, because comments on columns aren't inherited; behind them, so that it takes them over.
create table ai_calls_default (like ai_calls including all);
alter table ai_calls attach partition ai_calls_default default;
comment on table ai_calls_default is
  'Rows of months that have no partition: empty in good order. `wxpipe partitions apply` moves them out.';
