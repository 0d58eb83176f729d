-- The same calls under the name that others were told: records.wt_… is tb_core.wt_… (0016, 0033).
create schema if not exists records;
comment on schema records is 'The views of tb_core under another name: calls of APIs and of language models';

create view records.wt_api_channel_records as select * from tb_core.wt_api_channel_records;
create view records.wt_ai_call_records as select * from tb_core.wt_ai_call_records;

do $$
declare
  one record;
begin
  for one in
    select t.relname, c.attname, col_description(t.oid, c.attnum) as about, obj_description(t.oid, 'pg_class') as table_about
    from pg_class t join pg_attribute c on c.attrelid = t.oid and c.attnum > 0
    where t.relkind = 'v' and t.relnamespace = 'tb_core'::regnamespace order by t.relname, c.attnum
  loop
    execute format('comment on column records.%I.%I is %L', one.relname, one.attname, one.about);
    execute format('comment on view records.%I is %L', one.relname, one.table_about);
  end loop;
end $$;
