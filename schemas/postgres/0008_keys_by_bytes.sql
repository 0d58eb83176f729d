-- Texts in keys and indexes are compared by their bytes. The order of a language comes from the system's libc and changes with
-- it: after such an update a unique index may let a key in twice, and nobody would see it. Bytes stay as they are, and are
-- compared faster.
do $$
declare
  each record;
begin
  for each in
    select c.attrelid::regclass as of_table, c.attname as name
    from pg_index i join pg_class t on t.oid = i.indrelid join pg_attribute c on c.attrelid = t.oid and c.attnum = any (i.indkey)
    where t.relnamespace in ('public'::regnamespace, 'wxpipe'::regnamespace) and not t.relispartition
      and c.atttypid = 'text'::regtype and c.attcollation <> '"C"'::regcollation
    group by c.attrelid, c.attname
    order by c.attrelid::regclass::text, c.attname
  loop
    execute format('alter table %s alter column %I type text collate "C"', each.of_table, each.name);
  end loop;
end $$;
