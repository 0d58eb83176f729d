-- What 0004, 0016, 0019 and 0028 had wrong.

-- Alerts have their ids by it, so side schemas need it too. They don't have the views of 0016.
create or replace function wxpipe.eid(kind text, variadic key text[]) returns uuid language sql stable parallel safe as $$
  select encode(substr(sha256(convert_to(kind || E'\x1f' || array_to_string(key, E'\x1f', ''), 'UTF8')), 1, 16), 'hex')::uuid
$$;

-- Halving a thousand times leaves nothing, and power() refuses what is smaller than a double can hold: an activity of
-- long ago under a short half-life would have kept every later one out.
create or replace function wxpipe.faded_points(points bigint, daily_cap integer, half_life_days integer, age_days integer)
returns bigint language sql immutable parallel safe as $$
  select round(
      case when daily_cap = 0 then greatest(-1000000, least(1000000, points))
           else greatest(-abs(daily_cap), least(abs(daily_cap), points)) end
      * 1000000.0::double precision
      * case when half_life_days = 0 then 1.0::double precision
             else power(0.5::double precision, least(1000, age_days::double precision / half_life_days)) end)::bigint
$$;

-- A verdict may bring back other links of an identity, to customers that nobody named. They are taken along.
create or replace function wxpipe.rebuild_customers(which uuid[]) returns bigint language plpgsql as $$
declare
  seen uuid[] := which;
  left_over uuid[] := array(
    select i.identity_id from (select distinct w.customer_id from unnest(which) as w(customer_id)) w
    cross join lateral (select i.identity_id from identities i where i.customer_id = w.customer_id offset 0) i
    order by 1);
  found uuid[];
  also uuid[];
  made uuid[] := '{}';
begin
  while cardinality(left_over) > 0 loop
    with recursive reached(identity_id) as (
      select left_over[1]
      union
      select l.identity_id from reached r cross join lateral wxpipe.linked_identities(r.identity_id) as l(identity_id))
    select array_agg(r.identity_id order by r.identity_id) into found from reached r;
    also := array(
      select distinct i.customer_id from unnest(found) as f(identity_id)
      cross join lateral (select i.customer_id from identities i where i.identity_id = f.identity_id offset 0) i
      where i.customer_id <> all (seen));
    update identities set customer_id = found[1], updated_at = now()
    where identity_id = any (found) and customer_id <> found[1];
    made := made || found[1];
    left_over := array(select u.identity_id from unnest(left_over) as u(identity_id) where u.identity_id <> all (found) order by 1);
    if cardinality(also) > 0 then
      seen := seen || also;
      left_over := left_over || array(
        select i.identity_id from unnest(also) as a(customer_id)
        cross join lateral (select i.identity_id from identities i where i.customer_id = a.customer_id offset 0) i
        where i.identity_id <> all (found) order by 1);
    end if;
  end loop;
  return wxpipe.show_customers(seen || made);
end $$;

-- An erasure that was cut is known elsewhere before anything was erased there. And its words were gone with step 1.
alter table wxpipe.erasures
  add column erased_here boolean not null default true,
  add column words text[];
comment on column wxpipe.erasures.erased_here is
  'Whether this database''s rows of the person were erased; false: it was told of the erasure by another one, and keeps the person out';
comment on column wxpipe.erasures.words is
  'By what operators may have named the person, until the command has ended; then null';
comment on table wxpipe.timeless_ids is
  'Events of platforms that give no time: the first delivery''s arrival stands for it, and a later delivery finds it here, so that it meets its own row. Kept for the window of [sink] timeless_window, and as long again as topics keep records: a replay finds it too.';

-- These are merged from all that comes, repeats too. A repeat changes nothing, so it writes nothing. (What other columns
-- have is computed from these.)
create function wxpipe.leave_row() returns trigger language plpgsql as $$ begin return null; end $$;
comment on function wxpipe.leave_row() is 'Of a trigger: the row stays as it was';
create trigger repeats before update on instances for each row
  when ((new.told, new.first_seen_at, new.last_seen_at, new.heartbeat_at, new.online_at, new.created_trace_id,
      new.updated_trace_id)
    is not distinct from (old.told, old.first_seen_at, old.last_seen_at, old.heartbeat_at, old.online_at,
      old.created_trace_id, old.updated_trace_id))
  execute function wxpipe.leave_row();
create trigger repeats before update on instance_health for each row
  when ((new.first_seen_at, new.last_seen_at, new.active_minutes)
    is not distinct from (old.first_seen_at, old.last_seen_at, old.active_minutes))
  execute function wxpipe.leave_row();
create trigger repeats before update on alert_records for each row
  when ((new.told, new.opened_at, new.last_told_at, new.resolved_at, new.created_trace_id, new.updated_trace_id)
    is not distinct from (old.told, old.opened_at, old.last_told_at, old.resolved_at, old.created_trace_id,
      old.updated_trace_id))
  execute function wxpipe.leave_row();
