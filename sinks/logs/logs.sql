--@ logs_audit over fresh
-- What a process took of a changed configuration (operate/live_configuration.hpp) stands among what people did, too.
insert into audit_logs (audit_id, occurred_at, command_id, operator, address, operation, operation_type, resource_type,
  resource_id, affected, details)
select f.log_id, f.occurred_at, (f.context->>'command')::uuid, f.context->>'operator', f.context->>'address',
  'configuration taken', 'UPDATE', f.context->>'kind', f.context->>'name', 1,
  jsonb_build_object('changed', f.context->'changed', 'instance', f.context->'instance')
from facts f
where f.platform = 'wxpipe' and f.action = 'configuration.taken'
on conflict (audit_id, occurred_at) do nothing

--@ logs_operations over fresh
-- What a command did outside of Postgres (operate/operation_record.hpp), too.
insert into audit_logs (audit_id, occurred_at, command_id, operator, address, operation, operation_type, resource_type,
  resource_id, affected, details)
select f.log_id, f.occurred_at, (f.context->>'command')::uuid, f.context->>'operator', f.context->>'address',
  f.context->>'operation', f.context->>'operation_type', f.context->>'resource_type', f.context->>'resource_id',
  (f.context->>'affected')::bigint, jsonb_build_object('changed', f.context->'changed')
from facts f
where f.platform = 'wxpipe' and f.action = 'operation.done'
on conflict (audit_id, occurred_at) do nothing
