-- Views for other systems (0016) of what 0032 made. They are of production's tables, as those are: hence the schemas.
create schema if not exists wework;
create schema if not exists tb_core;

create view wework.system_logs as
select
  wxpipe.id8(l.log_id) as id, l.log_id::text as log_uuid, upper(l.level) as level, l.service, l.module, l.action,
  l.message, l.context, l.trace_id, l.span_id, null::bigint as user_id,
  case when l.platform = 'instance' then wxpipe.id8(wxpipe.eid('account', l.account)) end as instance_id,
  null::text as ip_address, null::text as user_agent, null::text as request_url, null::text as request_method,
  null::integer as response_code, null::integer as response_time, null::text as error_stack,
  l.occurred_at as created_at, l.account as wx_account, l.tenant as wx_tenant, l.event_id as wx_event_id,
  l.instance as wx_instance
from system_logs l;
comment on view wework.system_logs is '系统日志表: happenings for operators, and the lines of wxpipe''s own log.';
comment on column wework.system_logs.id is 'From log_uuid';
comment on column wework.system_logs.log_uuid is 'Equal on every repetition';
comment on column wework.system_logs.level is 'INFO, WARN, ERROR';
comment on column wework.system_logs.service is 'The platform or role that speaks';
comment on column wework.system_logs.module is 'authorization, audit, job, alert …; of wxpipe''s own lines, which part of the role';
comment on column wework.system_logs.action is 'The event''s type, or the happening: the line''s event';
comment on column wework.system_logs.message is 'For people';
comment on column wework.system_logs.context is 'Details';
comment on column wework.system_logs.trace_id is 'W3C trace id';
comment on column wework.system_logs.span_id is 'W3C span id of the delivery that a line of wxpipe''s own log is about';
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
comment on column wework.system_logs.wx_event_id is 'The row of messages; of wxpipe''s own lines none has it';
comment on column wework.system_logs.wx_instance is 'Of wxpipe''s own lines the process that wrote it';

create or replace view tb_core.wt_api_channel_records as
select
  wxpipe.id8(c.id) as id, c.created_at, c.service as created_by, c.created_at as updated_at,
  c.service as updated_by, c.trace_id as created_trace_id, c.trace_id as updated_trace_id, false as del_flag,
  c.request_id as api_req_id, c.parent_id as api_req_parent_id, c.url as api_req_url, c.parameters as api_req_parameters,
  c.request_headers as api_req_headers, c.request_body as api_req_body, c.response_headers as api_resp_headers,
  c.response_body as api_resp_body, c.http_status as api_resp_http_code, c.code as api_resp_code, c.message as api_resp_msg,
  c.request_bytes as api_req_body_size, c.response_bytes as api_resp_body_size, c.account as wx_account,
  c.at as wx_received_at
from (
  select m.event_id as id, m.created_at, 'wxpipe'::text as service, m.received_at as at, m.trace_id, m.receipt as request_id,
    m.trace_id as parent_id, m.account,
    '/callback/' || m.account || coalesce('/' || case m.platform when 'wechat' then m.tenant end, '') as url,
    null::text as parameters, null::text as request_headers, m.body as request_body, null::text as response_headers,
    m.reply as response_body, null::integer as http_status, 'stored'::text as code, null::text as message,
    octet_length(m.body)::bigint as request_bytes, octet_length(m.reply)::bigint as response_bytes
  from messages m
  union all
  select d.dead_letter_id, d.created_at, 'wxpipe', d.failed_at, d.trace_id, d.receipt, d.trace_id, d.account,
    '/callback/' || d.account || coalesce('/' || (d.context ->> 'tenant'), ''), d.context ->> 'query', null, null, null, null,
    null, d.reason, d.detail, length(d.body)::bigint, null
  from dead_letters d
  where d.stage = 'ingest'
  union all
  select a.call_id, a.created_at, a.service collate "default", a.occurred_at, a.trace_id collate "default",
    coalesce(a.request_id, a.call_id::text), coalesce(a.parent_id, a.trace_id) collate "default", a.account, a.url, a.parameters, a.request_headers, a.request_body, a.response_headers,
    a.response_body, a.http_status, a.code, a.message, coalesce(a.request_bytes, octet_length(a.request_body)),
    coalesce(a.response_bytes, octet_length(a.response_body))
  from api_calls a) c;
comment on view tb_core.wt_api_channel_records is 'API 调用记录表: every callback as the call that it was, and the calls that programs tell of (api_calls).';
comment on column tb_core.wt_api_channel_records.id is 'From the event, dead letter or call';
comment on column tb_core.wt_api_channel_records.created_by is 'wxpipe; of a call the program that called';
comment on column tb_core.wt_api_channel_records.updated_by is 'wxpipe; of a call the program that called';
comment on column tb_core.wt_api_channel_records.api_req_id is 'The callback''s receipt; of a call the caller''s own id, else call_id';
comment on column tb_core.wt_api_channel_records.api_req_parent_id is 'The trace: it groups what belongs together; of a call what the caller says';
comment on column tb_core.wt_api_channel_records.api_req_url is 'Of a callback the path of the address; of suites without the corporation that may stand behind it';
comment on column tb_core.wt_api_channel_records.api_req_parameters is 'The query, of dead letters and calls; of accepted callbacks null: it only proved who sent it';
comment on column tb_core.wt_api_channel_records.api_req_headers is 'Of calls; of accepted callbacks not kept';
comment on column tb_core.wt_api_channel_records.api_req_body is 'The decrypted body, credentials sealed; of a call what the caller tells; of dead letters null: dead_letters.body has their bytes';
comment on column tb_core.wt_api_channel_records.api_resp_headers is 'Of calls; of callbacks not kept';
comment on column tb_core.wt_api_channel_records.api_resp_body is 'The passive reply; null: the plain success answer. Of calls what the caller tells';
comment on column tb_core.wt_api_channel_records.api_resp_http_code is 'Of calls; of callbacks null: which success code a sender asks for isn''t kept, and all were answered with success';
comment on column tb_core.wt_api_channel_records.api_resp_code is 'stored, or the reason of the dead letter; of calls what the API says';
comment on column tb_core.wt_api_channel_records.api_resp_msg is 'Of dead letters: why; of calls what the API says';
comment on column tb_core.wt_api_channel_records.api_req_body_size is 'Bytes of the body';
comment on column tb_core.wt_api_channel_records.wx_received_at is 'When it was received, or the call made: ask for a range of it';

create view tb_core.wt_ai_call_records as
select
  wxpipe.id8(a.call_id) as id, a.created_at, a.service as created_by, a.updated_at, a.service as updated_by,
  a.trace_id as created_trace_id, a.trace_id as updated_trace_id, false as del_flag, coalesce(a.user_id, '') as user_id,
  a.provider as provider_code, coalesce(a.request_id, '') as request_id, coalesce(a.request_tokens, 0) as request_tokens,
  coalesce(a.response_tokens, 0) as response_tokens,
  coalesce(a.total_tokens, coalesce(a.request_tokens, 0) + coalesce(a.response_tokens, 0)) as total_tokens,
  coalesce(a.model, '') as ai_model, coalesce(a.user_input, '') as user_input, a.call_type, a.account as wx_account,
  a.subject as wx_subject, a.occurred_at as wx_occurred_at
from ai_calls a;
comment on view tb_core.wt_ai_call_records is 'AI 调用记录表: the calls of language models that programs tell of (ai_calls).';
comment on column tb_core.wt_ai_call_records.id is 'From the call';
comment on column tb_core.wt_ai_call_records.created_at is 'When the row was made';
comment on column tb_core.wt_ai_call_records.created_by is 'The program that asked';
comment on column tb_core.wt_ai_call_records.updated_at is 'When the row was made: it isn''t changed';
comment on column tb_core.wt_ai_call_records.updated_by is 'The program that asked';
comment on column tb_core.wt_ai_call_records.created_trace_id is 'W3C trace id';
comment on column tb_core.wt_ai_call_records.updated_trace_id is 'W3C trace id';
comment on column tb_core.wt_ai_call_records.del_flag is 'False: rows are never deleted softly';
comment on column tb_core.wt_ai_call_records.user_id is 'For whom it was asked; empty: not told';
comment on column tb_core.wt_ai_call_records.provider_code is 'Whose model it is';
comment on column tb_core.wt_ai_call_records.request_id is 'Of the call in wt_api_channel_records; empty: not told';
comment on column tb_core.wt_ai_call_records.request_tokens is 'Tokens of what was asked; 0: not told';
comment on column tb_core.wt_ai_call_records.response_tokens is 'Tokens of the answer; 0: not told';
comment on column tb_core.wt_ai_call_records.total_tokens is 'As told; else the sum of both';
comment on column tb_core.wt_ai_call_records.ai_model is 'The model, as its provider names it; empty: not told';
comment on column tb_core.wt_ai_call_records.user_input is 'What was asked, in the person''s words; empty: not told';
comment on column tb_core.wt_ai_call_records.call_type is 'user or system';
comment on column tb_core.wt_ai_call_records.wx_account is 'The account''s name in the configuration; null where it was for none';
comment on column tb_core.wt_ai_call_records.wx_subject is 'Whom it is about';
comment on column tb_core.wt_ai_call_records.wx_occurred_at is 'When the model was asked: ask for a range of it';
